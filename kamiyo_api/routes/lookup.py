"""Lookup: one agent, or up to a hundred at once, by uuid, token or global name."""

from __future__ import annotations

from typing import Any

import orjson

from kamiyo_api import db, errors
from kamiyo_api.access.rate_limits import count_items
from kamiyo_api.cache.answers import cached_agent
from kamiyo_api.chains import find_chain, require_chain
from kamiyo_api.context import services
from kamiyo_api.policies import requires
from kamiyo_api.schemas import lookup as schemas
from kamiyo_api.schemas.agent_answers import Agent
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
blueprint = ApiBlueprint(
    "lookup", __name__, description="Look up agents by uuid, token or global name."
)

# A suggestion for an unknown chain takes two milliseconds.
MOST_HINTS = 5

# The array parameters of the query, each with its field of the items.
NAMES = {
    "agent_uuids": "agent_uuid",
    "chains": "chain",
    "registry_addresses": "registry_address",
    "agent_ids": "agent_id",
}


@blueprint.get("/<chain:chain>/<token_id:agent_id>")
@requires("read")
@blueprint.arguments(schemas.TokenQuery, location="query")
@blueprint.response(200, Agent)
def get_agent_by_token(query: dict[str, Any], chain: str, agent_id: int) -> Any:
    """Return one agent by its chain and token id, with its registration file.

    The chain may be any of its names. The registry is the identity registry of the chain, unless
    you send `registry_address`.
    """
    found = require_chain(chain, db)
    token = {
        "chain": found.name,
        "registry_address": query["registry_address"] or found.identity_registry,
        "agent_id": agent_id,
    }
    agent = db.row("agents.get_uuid_by_token", **token)
    if agent is None:
        raise not_found(token)
    agent_uuid = agent["agent_uuid"]
    return cached_agent("agent", agent_uuid, lambda: db.row("agents.get", agent_uuid=agent_uuid))


@blueprint.post("/lookup")
@requires("read", budget="read")
@blueprint.arguments(schemas.AgentLookup)
@blueprint.response(200, schemas.FoundAgents)
def look_up_agents(lookup: dict[str, Any]) -> Any:
    """Return up to 100 agents, each by its uuid, its chain and token id, or its global name.

    The answers are in the order of the request, each with its own status: 200, 400 for an unknown
    chain, 404 for an unknown agent, or 422 for a malformed name. With `include=stats` each agent
    has its statistics as of now. Each item counts as one request.
    """
    items = lookup["agents"]
    count_items(len(items))
    unknown: set[str] = set()
    items = [with_chain(item, unknown) for item in items]
    names = [item if isinstance(item, dict) else {} for item in items]
    found = db.rows(
        "agents.get_named",
        with_stats="stats" in lookup["include"],
        **{parameter: [name.get(column) for name in names] for parameter, column in NAMES.items()},
    )[0]
    stats = dict(zip(found["places"], found["stats"], strict=True))
    by_place = dict(zip(found["places"], found["agents"], strict=True))
    answers = [
        answer_of(item, by_place.get(place), stats.get(place))
        for place, item in enumerate(items, start=1)
    ]
    return orjson.dumps({"agents": answers, "as_of": found["as_of"]})


def with_chain(
    item: dict[str, Any] | errors.ApiError, unknown: set[str]
) -> dict[str, Any] | errors.ApiError:
    """Return an item with the canonical name of its chain and its registry. If the chain is
    unknown, add its name to `unknown` and return the error."""
    if isinstance(item, errors.ApiError) or item["chain"] is None:
        return item
    chain = find_chain(item["chain"], db)
    if chain is None:
        unknown.add(item["chain"])
        return services().chains.refusal_of(item["chain"], hinted=len(unknown) <= MOST_HINTS)
    registry = item["registry_address"] or chain.identity_registry
    return item | {"chain": chain.name, "registry_address": registry}


def answer_of(
    item: dict[str, Any] | errors.ApiError, agent: str | None, stats: str | None
) -> dict[str, Any]:
    """Return the answer to one item: the agent, or the error."""
    if agent is not None:
        found = {"status": 200, "agent": orjson.Fragment(agent), "code": None, "detail": None}
        return found | ({"stats": orjson.Fragment(stats)} if stats else {})
    error = item if isinstance(item, errors.ApiError) else not_found(item)
    return {"status": error.status, "agent": None, "code": error.code, "detail": error.detail}


def not_found(item: dict[str, Any]) -> errors.ApiError:
    """Return the error for an item whose agent does not exist."""
    if item["chain"] is None:
        return errors.AgentNotFound()
    refusal = require_chain(item["chain"], db).refusal_of(item["registry_address"])
    if refusal is not None:
        reasons = {"registry_address": [refusal]}
        return errors.InvalidInput(f"registry_address: {refusal}", errors=reasons)
    return errors.AgentNotFound(
        f"{item['chain']} has no agent {item['agent_id']} here in the registry "
        f"{item['registry_address']}; name another as registry_address, or search with "
        f"GET /api/v1/agents/?chain={item['chain']}&agent_id={item['agent_id']}."
    )
