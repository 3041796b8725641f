"""The start page, and the target of the search box."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request, url_for

from kamiyo_api import db
from kamiyo_api.explorer.changes import changes_of_last_day
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.explorer.searching import first_agents
from kamiyo_api.explorer.typed import ACCOUNT, GLOBAL_NAME, uuid_in

SHOWN = 6
LONGEST = 200


@page("/")
def home() -> Response:
    """Show the search box, the totals, some agents and the latest changes."""
    totals = db.rows("stats.get_totals_by_chain")
    return rendered(
        "home.html",
        known=totals[0] if totals else None,
        chains=db.rows("chains.list_followed"),
        newest=first_agents(sort="-registered_at", limit=SHOWN),
        changes=changes_of_last_day(),
        proven=first_agents(sort="-reputation_score", limit=SHOWN, min_paying_reviewers=1),
    )


@page("/find")
def find() -> Any:
    """Redirect to the agent or the search that the typed text names."""
    text = request.args.get("q", "").strip()[:LONGEST]
    return redirect(address_of(text), 302)


def address_of(text: str) -> str:
    """Return the URL of the agent that a text names, else of a search for it."""
    agent_uuid = uuid_in(text)
    if agent_uuid:
        return url_for("explorer.show_agent", agent_uuid=agent_uuid)
    if GLOBAL_NAME.fullmatch(text):
        return url_for("explorer.list_agents", agent=text, status="any", claimed="any")
    account = ACCOUNT.fullmatch(text)
    if text.isascii() and text.isdecimal() and len(text) <= 78:
        return url_for("explorer.list_agents", agent_id=text)
    return url_for("explorer.list_agents", q=(account[2] if account else text) or None)
