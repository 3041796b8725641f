"""The score of an agent: what it is made of, and how it came about."""

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
blueprint = ApiBlueprint("trust", __name__, description="Why this score?")


@blueprint.get("/<uuid:agent_uuid>/trust")
@requires("read")
@blueprint.response(200, schemas.Trust)
@cached("trust")
def get_agent_trust(agent_uuid: str) -> Any:
    """Return the score of one agent as of now, with everything that it is made of.

    Each figure has its sentence in `sentences`. `average_score` is the plain mean, which anyone can
    move; `difference` says how far the score is from it. `caveats` are what to know beside the
    score, and `not_computed` what this service cannot tell.
    """
    return answer_on(agent_uuid)


@blueprint.get("/<uuid:agent_uuid>/trust/history")
@requires("read")
@blueprint.arguments(schemas.HistoryQuery, location="query")
@blueprint.response(200, schemas.HistoryPage)
def list_trust_history(query: dict[str, Any], agent_uuid: str) -> Any:
    """List what the trust in an agent was, newest first: one row per day on which its level
    changed, or its score or interval by a whole point."""
    page = pages.ByDay("history", "day", query, agent_uuid)
    days = db.rows("trust.list_history", agent_uuid=agent_uuid, **page.parameters())
    if not days:
        raise errors.AgentNotFound
    return page.answer([day for day in days if day["day"] is not None])
