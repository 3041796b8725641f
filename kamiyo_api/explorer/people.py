"""The other side of the graph: who reviews, who owns."""

from __future__ import annotations

from flask import Response

from kamiyo_api import db, errors
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.explorer.searching import first_agents
from kamiyo_api.explorer.typed import WALLET

SHOWN = 50


@page("/reviewers/<address>")
def show_reviewer(address: str) -> Response:
    """Show what a reviewer said of whom, and what it paid them."""
    wallet = wallet_of(address)
    found = db.row("explorer.get_reviewer", client_address=wallet)
    rated = db.rows("explorer.list_rated", client_address=wallet, limit=SHOWN)
    if found is None and not rated:
        raise errors.NotFound("Nobody with this address has given feedback to an agent known here.")
    return rendered("reviewer.html", address=wallet, who=found, rated=rated, most=SHOWN)


@page("/owners/<address>")
def show_owner(address: str) -> Response:
    """Show the agents of an owner."""
    wallet = wallet_of(address)
    everything = {"owner_address": wallet, "status": "any", "claimed": "any", "active": "any"}
    agents = first_agents(**everything, sort="-reputation_score", limit=SHOWN)
    if not agents:
        raise errors.NotFound("Nobody with this address owns an agent that is known here.")
    return rendered("owner.html", address=wallet, agents=agents, everything=everything, most=SHOWN)


def wallet_of(text: str) -> str:
    """Return an address in the form that is stored. Raises NotFound."""
    if not WALLET.fullmatch(text):
        raise errors.NotFound("An address is 0x and 40 hex digits.")
    return text.lower()
