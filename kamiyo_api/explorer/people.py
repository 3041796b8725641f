"""The pages of reviewers and owners."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from kamiyo_api import db, errors
from kamiyo_api.explorer.addresses import next_page
from kamiyo_api.explorer.pages import as_sent, page, rendered
from kamiyo_api.routes.reviewers import require_reviewer
from kamiyo_api.schemas import pages
from kamiyo_api.schemas.reviewers import ByFirstFeedback

SHOWN = 50


@page("/reviewers/<address:address>")
def show_reviewer(address: str) -> Response:
    """Show a reviewer, with the agents it rated and the amounts it paid them."""
    who = require_reviewer(address)
    walk = ByFirstFeedback("agents", "agent_uuid", query_of(reciprocal=None), address)
    rows = db.rows("reviewers.list_agents", address=address, **walk.parameters())
    listed = walk.answer(rows)
    return rendered(
        "reviewer.html", who=who, rated=listed["agents"], next=next_page(listed["next_cursor"])
    )


@page("/owners/<address:address>")
def show_owner(address: str) -> Response:
    """Show the agents of an owner."""
    walk = pages.NewestFirst("agents", "agent_uuid", query_of(), address)
    parameters = walk.parameters()
    owner = db.row("reviewers.get_owner", address=address)
    if owner is None:
        raise errors.OwnerNotFound
    rows = db.rows("reviewers.list_agents_of_owner", address=address, **parameters)
    listed = walk.answer(rows)
    return rendered(
        "owner.html",
        owner=as_sent(owner),
        agents=as_sent([row["agent"] for row in listed["agents"]]),
        next=next_page(listed["next_cursor"]),
    )


def query_of(**filters: Any) -> dict[str, Any]:
    """Return the parameters of an API list that begins at the cursor in the query string."""
    return {"limit": SHOWN, "cursor": request.args.get("cursor"), **filters}
