"""The lint of a stored registration file: everything that its owner should change."""

from __future__ import annotations

import json
from typing import Any

import orjson

from kamiyo_api.lint.findings import Findings
from kamiyo_api.lint.members import by_meaning, check_members, check_values
from kamiyo_api.lint.registrations import check_registrations
from kamiyo_api.lint.services import check_services
from kamiyo_api.schemas.registration import REASONS


def lint_of(body: bytes) -> dict[str, Any]:
    """Return the findings about the registration file of an agent; `body` is the agent as JSON of
    the API."""
    agent = exactly(body)
    file, found = agent["registration_file"], Findings()
    check_fetch(found, agent)
    if file is not None:
        check_file(found, agent, file)
    return {
        "agent_uuid": agent["agent_uuid"],
        "is_read": file is not None,
        "registration_status": agent["registration_status"],
        "resolved_at": agent["resolved_at"],
        "counts": found.counts(),
        "findings": [each._asdict() for each in found.listed()],
        "is_cut": found.is_cut(),
    }


def exactly(body: bytes) -> dict[str, Any]:
    """Return the object of a JSON text with exact numbers: orjson rounds numbers beyond 64 bits,
    but can read deeper nesting."""
    try:
        read: dict[str, Any] = json.loads(body)
    except RecursionError:
        read = orjson.loads(body)
    return read


def check_fetch(found: Findings, agent: dict[str, Any]) -> None:
    """Find whether a file could be read at all."""
    if agent["registration_status"] == "failed" and agent["registration_reason"] != "empty_uri":
        reason = REASONS[agent["registration_reason"]].rstrip(".")
        found.add("UNREADABLE", None, reason=reason[:1].lower() + reason[1:])
    elif agent["registration_file"] is None:
        found.add("NOT_READ" if (agent["token_uri"] or "").strip() else "NO_URI")


def check_file(found: Findings, agent: dict[str, Any], file: dict[str, Any]) -> None:
    """Find problems in a file."""
    named = by_meaning(file)
    check_members(found, file, named)
    check_values(found, named)
    path, services = named.get("services", ("services", None))
    if isinstance(services, list):
        check_services(found, path, services)
    check_registrations(found, agent, file)
