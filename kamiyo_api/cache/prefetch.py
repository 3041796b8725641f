"""The keys of the cache, and which of them a request will look up, if that is sure before its view
runs: the round trip that counts the request then brings the answer along."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Request

from kamiyo_api.context import services
from kamiyo_api.policies import Policy

SEARCH = "search"
SEARCH_KEY = "search:{}"
SEARCH_VERSION = "search:version"
AGENT_KEYS = {
    "agent": "agent:{}",
    "stats": "agent:{}:stats",
    "reputation": "agent:{}:reputation",
}
SEARCHES_AT_MOST = 10_000
LONGEST_KNOWN_SEARCH = 500


def agent_keys(agent_uuid: str) -> list[str]:
    """Return every key under which something of an agent is cached."""
    return [key.format(agent_uuid) for key in AGENT_KEYS.values()]


def cache_key_of(request: Request, policy: Policy) -> str | None:
    """Return the key that the view of a request will look up, if that is sure."""
    resource = policy.cached
    if resource is None or request.method not in ("GET", "HEAD"):
        return None
    if resource == SEARCH:
        search = services().known_searches.get(request.query_string)
        return None if search is None else SEARCH_KEY.format(search)
    if request.query_string:
        return None
    return AGENT_KEYS[resource].format((request.view_args or {})["agent_uuid"])


def canonical(search: dict[str, Any]) -> str:
    """Return a search as a query string, the same for all that ask the same."""
    given = sorted((name, value) for name, value in search.items() if value is not None)
    return urlencode(given, doseq=True)


def known_canonical(query_string: bytes, search: dict[str, Any]) -> str:
    """Return the canonical search of a valid query string; it is worked out once."""
    known = services().known_searches
    found = known.get(query_string)
    if found is None:
        found = canonical(search)
        if len(query_string) <= LONGEST_KNOWN_SEARCH:
            known.note(query_string, found)
    return found
