"""The claims of an agent about itself, and which of them are proved."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson

from kamiyo_api.schemas.registration import REASONS, REFERENCES

LONGEST_FILE = 16_000
MOST_SERVICES = 30
ZERO = "0x" + "0" * 40


class Claim(NamedTuple):
    """A claim of an agent, whether it is proved, and why."""

    what: str
    is_proved: bool
    because: str


def identity_of(agent: dict[str, Any]) -> dict[str, Any]:
    """Return the name, the claims and the file of an agent for its page."""
    file = agent["registration_file"] or {}
    return {
        "name": text_in(file, "name") or f"Agent {agent['agent_id'][:12]}",
        "is_named": bool(text_in(file, "name")),
        "description": text_in(file, "description"),
        "claims": [owner_claim(agent), wallet_claim(agent), file_claim(agent), domain_claim(agent)],
        "services": services_in(file),
        "file": text_of(file) if agent["registration_file"] else None,
        "file_limit": LONGEST_FILE,
    }


def text_of(file: dict[str, Any]) -> str:
    """Return a registration file as indented JSON."""
    try:
        return orjson.dumps(file, option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONEncodeError:
        return "The file nests too deep to show it here."


def text_in(file: dict[str, Any], name: str) -> str | None:
    """Return a member of a registration file if it is a text that is not blank."""
    value = file.get(name)
    return value if isinstance(value, str) and value.strip() else None


def services_in(file: dict[str, Any]) -> list[dict[str, str]]:
    """Return the first services of a registration file."""
    listed = file.get("services") or file.get("endpoints")
    entries = (
        [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    )
    return [
        {"name": str(each.get("name", "")), "endpoint": str(each.get("endpoint", ""))}
        for each in entries[:MOST_SERVICES]
    ]


def owner_claim(agent: dict[str, Any]) -> Claim:
    """Return whether the owner is proved."""
    if agent["claimed"]:
        return Claim("owner", False, "only registered here; no chain has confirmed it")
    if agent["source"] == "chain":
        return Claim("owner", True, "read from the chain")
    return Claim("owner", True, "imported from the registry, or registered here by its wallet")


def wallet_claim(agent: dict[str, Any]) -> Claim:
    """Return whether the wallet that receives payments is proved."""
    wallet = agent["agent_wallet"]
    if wallet and wallet != ZERO:
        return Claim("wallet", True, "set on chain, signed by the wallet itself")
    return Claim("wallet", False, "no wallet is set on chain")


def file_claim(agent: dict[str, Any]) -> Claim:
    """Return whether the registration file is proved."""
    if agent["verified"]:
        return Claim("file", True, "the file at its URI names this agent")
    if agent["registration_reason"]:
        return Claim("file", False, REASONS[agent["registration_reason"]])
    reference = agent["registration_reference"]
    return Claim("file", False, REFERENCES[reference] if reference else "not fetched yet")


def domain_claim(agent: dict[str, Any]) -> Claim:
    """Return whether the domain of its first service is proved."""
    if agent["domain"] is None:
        return Claim("domain", False, "no service names a domain that was checked")
    if agent["domain_proof"] == "verified":
        return Claim(agent["domain"], True, "the domain names this agent")
    if agent["domain_reason"]:
        return Claim(agent["domain"], False, REASONS[agent["domain_reason"]])
    proof = agent["domain_proof"]
    return Claim(agent["domain"], False, REFERENCES[proof] if proof else "not checked yet")
