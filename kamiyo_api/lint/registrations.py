"""The registrations of a file: they must name its agent, or others could reuse the file."""

from __future__ import annotations

import json
import re
from typing import Any

from kamiyo_api.indexer.files.references import number_of, reference_of
from kamiyo_api.indexer.files.resolving import File
from kamiyo_api.lint.findings import Findings, kind_of, shown
from kamiyo_api.schemas.registration import REFERENCES

REGISTRY = re.compile(r"eip155:[0-9]{1,20}:0x[0-9a-fA-F]{40}", re.ASCII)
# Larger ids are assigned by this service and exist on no chain.
FIRST_LOCAL = 2**256
MOST_ENTRIES = 100


def check_registrations(found: Findings, agent: dict[str, Any], file: dict[str, Any]) -> None:
    """Find whether one entry names this agent in this registry, and malformed entries."""
    entries = file.get("registrations")
    check_reference(found, agent, file)
    for place, entry in enumerate(entries[:MOST_ENTRIES] if isinstance(entries, list) else []):
        check_entry(found, f"registrations[{place}]", entry)


def check_reference(found: Findings, agent: dict[str, Any], file: dict[str, Any]) -> None:
    """Find whether the file proves that it belongs to this agent."""
    number, registry = int(agent["agent_id"]), agent["agent_registry"]
    if number >= FIRST_LOCAL:
        found.add("NOT_ON_CHAIN", "registrations")
        return
    # The numbers of `file` are exact, so its text is not needed.
    reference = reference_of(File(b"", file, "", False, None), registry, number)
    if reference != "verified":
        entry = json.dumps({"agentId": number, "agentRegistry": registry})
        reason = REFERENCES[reference].rstrip(".")
        reason = reason[:1].lower() + reason[1:]
        found.add("NO_REFERENCE", "registrations", reason=reason, entry=entry)


def check_entry(found: Findings, path: str, entry: Any) -> None:
    """Find problems in an entry."""
    if not isinstance(entry, dict):
        expected = "an object with agentId and agentRegistry"
        found.add("WRONG_KIND", path, kind=kind_of(entry), expected=expected)
        return
    number, registry = entry.get("agentId"), entry.get("agentRegistry")
    if isinstance(number, str) and number_of(number) is not None:
        found.add("NUMBER_AS_TEXT", f"{path}.agentId")
    elif number is not None and type(number) is not int:
        found.add("WRONG_KIND", f"{path}.agentId", kind=kind_of(number), expected="a number")
    if not isinstance(registry, str) or not REGISTRY.fullmatch(registry.strip()):
        expected = "the registry such as eip155:8453:0x followed by forty digits"
        found.add("MALFORMED", f"{path}.agentRegistry", value=shown(registry), expected=expected)
