"""The services of a registration file: their names, endpoints and versions."""

from __future__ import annotations

import re
from typing import Any

from kamiyo_api.lint.findings import Findings, kind_of, shown
from kamiyo_api.lint.texts import check_text, check_url, is_text

MOST_SERVICES = 100
LONGEST_NAME = 64
# The services whose endpoint is not a URL: its form, and an example.
FORMS = {
    "ens": (re.compile(r"(?:[^\s./:]+\.)+[^\s./:]+"), "an ENS name such as agent.eth"),
    "did": (re.compile(r"did:[a-z0-9]+:\S+"), "a DID such as did:web:agent.example"),
    "email": (
        re.compile(r"(?:mailto:)?[^\s@]+@[^\s@]+\.[^\s@]+"),
        "an address such as a@b.example",
    ),
    "agentwallet": (
        re.compile(r"(?:[a-z0-9-]+:[A-Za-z0-9-]+:)?0x[0-9a-fA-F]{40}"),
        "a wallet such as eip155:8453:0x followed by forty digits",
    ),
}
URLS = ("https", "ipfs", "wss")
VERSIONED = ("a2a", "mcp", "oasf")
ALIASES = {"name": ("type", "protocol", "id"), "endpoint": ("url", "uri", "address")}
WHY = {
    "name": ("clients do not know its protocol", "write web, A2A, MCP or another name"),
    "endpoint": ("nobody can reach it", "write its URL"),
}
DATA_ENDPOINT = {
    "because": "nobody can call",
    "do": "write a URL that clients can call",
}


def check_services(found: Findings, path: str, services: list[Any]) -> None:
    """Find problems in the services."""
    if len(services) > MOST_SERVICES:
        found.add("TOO_MANY", path, length=len(services), most=MOST_SERVICES)
    for place, service in enumerate(services[:MOST_SERVICES]):
        if isinstance(service, dict):
            check_service(found, f"{path}[{place}]", service)
        else:
            expected = "an object with name and endpoint"
            found.add("WRONG_KIND", f"{path}[{place}]", kind=kind_of(service), expected=expected)


def check_service(found: Findings, path: str, service: dict[str, Any]) -> None:
    """Find problems in a service."""
    name, endpoint = (text_of(found, path, service, each) for each in WHY)
    kind = (name or "").strip().lower()
    if name:
        check_text(found, f"{path}.name", name, LONGEST_NAME)
    if endpoint:
        check_endpoint(found, f"{path}.endpoint", kind, endpoint.strip())
    check_version(found, f"{path}.version", kind, service.get("version"))


def text_of(found: Findings, path: str, service: dict[str, Any], member: str) -> str | None:
    """Return a text of a service, also under an alias, and find whether the name is an alias."""
    value = service.get(member)
    if is_text(value):
        return str(value)
    if value is not None and not isinstance(value, str):
        found.add("WRONG_KIND", f"{path}.{member}", kind=kind_of(value), expected="a string")
        return None
    other = next((each for each in ALIASES[member] if is_text(service.get(each))), None)
    if other is None:
        because, do = WHY[member]
        how = "missing" if value is None else "empty"
        found.add("REQUIRED_MISSING", f"{path}.{member}", how=how, because=because, do=do)
        return None
    found.add("RENAMED", f"{path}.{other}", expected=member)
    return str(service[other])


def check_endpoint(found: Findings, path: str, kind: str, endpoint: str) -> None:
    """Find problems in the endpoint of a service."""
    if kind not in FORMS:
        check_url(found, path, endpoint, URLS, DATA_ENDPOINT)
        return
    form, expected = FORMS[kind]
    if len(endpoint) > 2_048 or not form.fullmatch(endpoint):
        found.add("MALFORMED", path, value=shown(endpoint), expected=expected)


def check_version(found: Findings, path: str, kind: str, version: Any) -> None:
    """Find whether a service states the version of its protocol as a string."""
    if version is not None and not isinstance(version, str):
        found.add("WRONG_KIND", path, kind=kind_of(version), expected="a string")
    elif kind in VERSIONED and not is_text(version):
        because, do = "clients have to guess it", "write the version of its protocol"
        found.add("OPTIONAL_MISSING", path, how="missing", because=because, do=do)
