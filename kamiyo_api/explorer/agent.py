"""The page of one agent: its claims, their proofs, and whether to trust it."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response

from kamiyo_api import db
from kamiyo_api.cache.answers import cached_agent
from kamiyo_api.explorer.decision import decision_on
from kamiyo_api.explorer.identity import identity_of
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.explorer.voices import courses_of, evidence_of
from kamiyo_api.explorer.words import why_unknown
from kamiyo_api.lint.registration import lint_of
from kamiyo_api.trust.report import report_on

SHOWN = 20
LONGEST = 2_048


@page("/agents/<uuid:agent_uuid>")
def show_agent(agent_uuid: str) -> Response:
    """Show one agent."""
    body = agent_of(agent_uuid)
    agent = orjson.loads(body)
    stats = orjson.loads(stats_of(agent_uuid))
    trust = orjson.loads(trust_in(agent_uuid))
    return rendered(
        "agent.html",
        agent=agent,
        trust=trust,
        **decision_on(agent_uuid),
        stats=stats,
        who=identity_of(agent),
        lint=lint_of(body),
        unknown=why_unknown(stats["caveats"]),
        **evidence_of(agent_uuid),
        **courses_of(agent_uuid),
        **records_of(agent_uuid),
    )


def agent_of(agent_uuid: str) -> bytes:
    """Return an agent with its registration file. Raises AgentNotFound."""
    return cached_agent("agent", agent_uuid, lambda: db.row("agents.get", agent_uuid=agent_uuid))


def stats_of(agent_uuid: str) -> bytes:
    """Return the statistics of an agent as of now. Raises AgentNotFound."""
    return cached_agent(
        "stats", agent_uuid, lambda: db.row("stats.get_by_agent", agent_uuid=agent_uuid)
    )


def trust_in(agent_uuid: str) -> bytes:
    """Return the report on the score of an agent. Raises AgentNotFound."""

    def compute() -> db.Row | None:
        report = report_on(agent_uuid)
        return report and {"body": orjson.dumps(report).decode()}

    return cached_agent("trust", agent_uuid, compute)


def records_of(agent_uuid: str) -> dict[str, Any]:
    """Return the newest records about an agent, by kind."""
    return db.rows("pages.get_records", agent_uuid=agent_uuid, limit=SHOWN, longest=LONGEST)[0]
