"""The list of agents: the search of the API, with its parameters in the URL."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from kamiyo_api import db
from kamiyo_api.explorer.addresses import address, next_page, without_empty
from kamiyo_api.explorer.counting import counts_of
from kamiyo_api.explorer.facets import chosen, facets_of
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.explorer.searching import page_of, searching


@page("/agents")
def list_agents() -> Any:
    """Show the agents of a search."""
    return without_empty() or found_agents()


@searching
def found_agents(search: dict[str, Any]) -> Response:
    """Return the page of a search."""
    found = page_of(search)
    refreshed = db.rows("stats.get_totals_by_chain")
    totals = refreshed[0]["totals"] if refreshed else None
    counts = counts_of(search, found, totals)
    uuids = [agent["agent_uuid"] for agent in found["agents"]]
    proofs = db.rows("explorer.list_proofs", agents=uuids, limit=len(uuids))
    return rendered(
        "agents.html",
        search=search,
        found=found,
        proofs={str(each["agent_uuid"]): each for each in proofs},
        facets=facets_of(counts, totals),
        counted=counts.words,
        chosen=chosen,
        first=address(),
        next=next_page(found["next_cursor"]),
        is_later="cursor" in request.args,
    )
