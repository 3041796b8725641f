"""Statistics: of one agent, of its reputation, over all agents."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db
from kamiyo_api.cache.answers import cached
from kamiyo_api.policies import requires
from kamiyo_api.schemas import stats as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("stats", __name__, description="Read statistics and trust levels.")


@blueprint.get("/agents/<uuid:agent_uuid>/stats")
@requires("read")
@blueprint.response(200, schemas.AgentStats)
@cached("stats")
def get_agent_stats(agent_uuid: str) -> Any:
    """Return all statistics of one agent and its trust level, as of now.

    They include all acknowledged feedback and payments. An agent without any is `new`, with counts
    of 0.
    """
    return db.row("stats.get_by_agent", agent_uuid=agent_uuid)


@blueprint.get("/agents/<uuid:agent_uuid>/reputation")
@requires("read")
@blueprint.arguments(schemas.ReputationQuery, location="query")
@blueprint.response(200, schemas.Reputation)
@cached("reputation")
def get_reputation(query: dict[str, Any], agent_uuid: str) -> Any:
    """Return the reputation of one agent as of now, from all feedback or that of the given
    clients and tags."""
    filters = {name: value or None for name, value in query.items()}
    if any(filters.values()):
        return db.row("stats.get_reputation_narrowed", agent_uuid=agent_uuid, **filters)
    return db.row("stats.get_reputation", agent_uuid=agent_uuid)


@blueprint.get("/stats")
@requires("read")
@blueprint.response(200, schemas.Totals)
def get_totals() -> Any:
    """Return the totals over all agents, by chain and status, and their age."""
    refresh = db.rows("stats.get_totals_by_chain")[0]
    times = {name: refresh[name] for name in ("as_of", "refreshed_at", "age_seconds")}
    return refresh["totals"] | times
