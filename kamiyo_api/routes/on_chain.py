"""On-chain data about an agent: its owners, and the summary of its feedback."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.policies import requires
from kamiyo_api.schemas import on_chain as schemas
from kamiyo_api.schemas import pages
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
blueprint = ApiBlueprint("on_chain", __name__, description="Read on-chain data about an agent.")


@blueprint.get("/<uuid:agent_uuid>/reputation/on-chain")
@requires("read")
@blueprint.arguments(schemas.SummaryQuery, location="query")
@blueprint.response(200, schemas.OnChainSummary)
def get_on_chain_reputation(query: dict[str, Any], agent_uuid: str) -> Any:
    """Return the result of getSummary of the reputation registry for an agent at `as_of_block`.

    It is computed here, with the rounding and overflow of the contract: the mean over unrelated
    tags, in the most frequent decimals. GET /agents/{agent_uuid}/reputation has scores from 0 to
    100.
    """
    tags = {name: query[name].encode() for name in ("tag1", "tag2")}
    clients = query["client_address"]
    summary = db.row(
        "reputation_on_chain.get_summary", agent_uuid=agent_uuid, clients=clients, **tags
    )
    return {name: value for name, value in read_from_chain(summary).items() if name != "source"}


@blueprint.get("/<uuid:agent_uuid>/ownership")
@requires("read")
@blueprint.arguments(schemas.OwnershipQuery, location="query")
@blueprint.response(200, schemas.OwnershipPage)
def list_owners(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the owners of an agent, the current one first: one row per transfer."""
    page = pages.ByPlace("epochs", "from_block", query, agent_uuid)
    found = db.rows("ownership.list_by_agent", agent_uuid=agent_uuid, **page.parameters())
    as_of_block = read_from_chain(found[0] if found else None)["as_of_block"]
    epochs = [
        {name: value for name, value in row.items() if name not in ("source", "as_of_block")}
        for row in found
        if row["from_block"] is not None
    ]
    return page.answer(epochs) | {"as_of_block": as_of_block}


def read_from_chain(row: db.Row | None) -> db.Row:
    """Return a row about an agent that was read from a chain. Raises AgentNotFound,
    NotReadFromChain."""
    if row is None:
        raise errors.AgentNotFound
    if row["source"] != "chain":
        raise errors.NotReadFromChain
    return row
