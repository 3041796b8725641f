"""The keys of the cache, and the key that a request will look up, if it is known before the view
runs: the round trip that counts the request then looks it up, too."""

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
    "decision": "agent:{}:decision",
    "trust": "agent:{}:trust",
}
# The answer is made of what is cached and of the query, which is therefore not part of the key.
DERIVED = "decision"
MAX_KNOWN_SEARCHES = 10_000
MAX_KNOWN_SEARCH_LENGTH = 500


def agent_keys(agent_uuid: str) -> list[str]:
    """Return every key under which answers about an agent are cached."""
    return [key.format(agent_uuid) for key in AGENT_KEYS.values()]


def cache_key_of(request: Request, policy: Policy) -> str | None:
    """Return the cache key that the view of a request will look up, or None if it is not known."""
    resource = policy.cached
    if resource is None or request.method not in ("GET", "HEAD"):
        return None
    if resource == SEARCH:
        search = services().known_searches.get(request.query_string)
        return None if search is None else SEARCH_KEY.format(search)
    if request.query_string and resource != DERIVED:
        return None
    return AGENT_KEYS[resource].format((request.view_args or {})["agent_uuid"])


def canonical_query(search: dict[str, Any]) -> str:
    """Return a search as a query string with sorted parameters, so that equal searches have the
    same key."""
    parameters = sorted((name, value) for name, value in search.items() if value is not None)
    return urlencode(parameters, doseq=True)


def cached_canonical_query(query_string: bytes, search: dict[str, Any]) -> str:
    """Return the canonical query of a valid query string, and cache it in the process."""
    known = services().known_searches
    canonical = known.get(query_string)
    if canonical is None:
        canonical = canonical_query(search)
        if len(query_string) <= MAX_KNOWN_SEARCH_LENGTH:
            known.put(query_string, canonical)
    return canonical
