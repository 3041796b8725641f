"""The page that compares agents."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from kamiyo_api import errors
from kamiyo_api.explorer.agent import agent_of, stats_of
from kamiyo_api.explorer.decision import decision_on
from kamiyo_api.explorer.identity import identity_of
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.explorer.typed import uuid_in
from kamiyo_api.explorer.words import why_unknown

MOST = 5


@page("/compare")
def compare() -> Response:
    """Show up to five agents side by side."""
    given = list(dict.fromkeys(request.args.getlist("agent")))
    uuids = [found for text in given if (found := uuid_in(text.strip()))]
    if not 1 <= len(uuids) <= MOST or len(uuids) < len(given):
        reason = f"Give one to {MOST} agents by their uuids: /compare?agent=…&agent=…"
        raise errors.InvalidInput(errors={"agent": [reason]})
    return rendered("compare.html", agents=[compared(each) for each in uuids])


def compared(agent_uuid: str) -> dict[str, Any]:
    """Return the column of an agent in the comparison. Raises AgentNotFound."""
    agent, stats = orjson.loads(agent_of(agent_uuid)), orjson.loads(stats_of(agent_uuid))
    return {
        "agent": agent,
        "stats": stats,
        "who": identity_of(agent),
        "unknown": why_unknown(stats["caveats"]),
        "decision": decision_on(agent_uuid)["decision"],
    }
