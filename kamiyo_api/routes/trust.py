"""The score of an agent, with all its figures and its history."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.cache.answers import cached
from kamiyo_api.policies import requires
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import trust as schemas
from kamiyo_api.trust.report import answer_on
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
blueprint = ApiBlueprint("trust", __name__, description="Explain a score.")


@blueprint.get("/<uuid:agent_uuid>/trust")
@requires("read")
@blueprint.response(200, schemas.Trust)
@cached("trust")
def get_agent_trust(agent_uuid: str) -> Any:
    """Return the score of one agent as of now, with all its figures.

    `sentences` explains each figure. `average_score` is the unweighted mean, which anyone can move;
    `difference` is the score minus this mean. `caveats` are reasons for caution, and `not_computed`
    lists the codes that this service does not compute.
    """
    return answer_on(agent_uuid)


@blueprint.get("/<uuid:agent_uuid>/trust/history")
@requires("read")
@blueprint.arguments(schemas.HistoryQuery, location="query")
@blueprint.response(200, schemas.HistoryPage)
def list_trust_history(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the score and level of an agent over time, newest first: one row per day on which its
    level changed, or its score or interval by a whole point."""
    page = pages.ByDay("history", "day", query, agent_uuid)
    days = db.rows("trust.list_history", agent_uuid=agent_uuid, **page.parameters())
    if not days:
        raise errors.AgentNotFound
    return page.answer([day for day in days if day["day"] is not None])
