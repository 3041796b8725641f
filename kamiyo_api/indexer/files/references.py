"""Check what a registration file says of its agent, and find the domains that may prove it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from kamiyo_api.indexer.files.resolving import File

DIGITS = re.compile(r"[0-9]{1,78}")
MAX_ENTRIES = 1000
# Each takes a request to a host that a stranger names.
MOST_DOMAINS = 5
WELL_KNOWN = "https://{domain}/.well-known/agent-registration.json"
DOMAIN = re.compile(r"(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}(?::[0-9]{1,5})?")


def reference_of(file: File, registry: str, agent_id: int) -> str:
    """Return what the registrations of a file say of an agent: one of REFERENCES.

    One entry must name both the registry and the agent: checked apart, the file of another agent
    would pass.
    """
    entries = entries_in(exact_registrations(file))
    if not entries:
        return "no_registrations"
    ids = [each.get("agentId") for each in entries if names(each, registry)]
    if not ids:
        return "names_no_agent_of_this_registry"
    if any(number_of(each) == agent_id for each in ids):
        return "verified"
    return "names_another_agent" if any(each is not None for each in ids) else "id_missing"


def exact_registrations(file: File) -> Any:
    """Return the registrations of a file with exact numbers: orjson rounds those beyond 64 bit."""
    registrations = file.fields.get("registrations")
    if any(isinstance(each.get("agentId"), float) for each in entries_in(registrations)):
        with suppress(ValueError, RecursionError):
            return json.loads(file.text)["registrations"]
    return registrations


def entries_in(registrations: Any) -> list[dict[str, Any]]:
    """Return the entries of the registrations of a file."""
    if not isinstance(registrations, list):
        return []
    return [each for each in registrations[:MAX_ENTRIES] if isinstance(each, dict)]


def names(entry: dict[str, Any], registry: str) -> bool:
    """Return whether an entry names a registry, in any case of letters."""
    named = entry.get("agentRegistry")
    return isinstance(named, str) and named.strip().lower() == registry


def number_of(value: Any) -> int | None:
    """Return the number of an agent, as JSON or as decimal digits; else None."""
    if isinstance(value, str) and DIGITS.fullmatch(value.strip()):
        return int(value)
    return value if type(value) is int else None


def domains_of(fields: dict[str, Any]) -> list[str]:
    """Return the domains of the services that have an https endpoint, the first MOST_DOMAINS."""
    found: dict[str, None] = {}
    for name in ("services", "endpoints"):
        for service in entries_in(fields.get(name)):
            endpoint = service.get("endpoint")
            if isinstance(endpoint, str) and endpoint.lower().startswith("https://"):
                domain = domain_in(endpoint)
                if domain is not None:
                    found.setdefault(domain)
    return list(found)[:MOST_DOMAINS]


def domain_in(url: str) -> str | None:
    """Return the domain in a URL; None if it has none or an unusual one."""
    try:
        domain = urlsplit(url).netloc.lower()
    except ValueError:
        return None
    return domain if len(domain) <= 255 and DOMAIN.fullmatch(domain) else None
