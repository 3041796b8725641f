"""The cache of answers: look an answer up, or compute it once and cache it.

An answer is cached as the bytes of its body. Two things invalidate it: a write that changes what it
shows, and a refresh that computes new statistics. A write holds the keys that it invalidates from
before its commit until after it, so that nothing is cached under them meanwhile. An answer carries
the number of the refresh of its statistics, and is not used if a newer refresh exists. The keys of
each database have a prefix of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar, cast

from kamiyo_api import db, errors
from kamiyo_api.cache.backend import GENERATION, LARGE, CacheLookup, LookupResult, LookupState
from kamiyo_api.cache.prefetch import (
    AGENT_KEYS,
    SEARCH,
    SEARCH_KEY,
    SEARCH_VERSION,
    agent_keys,
    cached_canonical_query,
)
from kamiyo_api.context import RequestState, current_request, current_state, services
from kamiyo_api.ids import new_id
from kamiyo_api.observability import metrics
from kamiyo_api.policies import declare
from kamiyo_api.redis.client import RedisUnavailable

AGENT_SECONDS = 300
SEARCH_SECONDS = 60
NOT_FOUND_SECONDS = 10
# How long a reader waits for others that compute the answer, and for one of them, which may be
# dead.
WAIT_SECONDS = 1.0
TAKE_OVER_SECONDS = 0.8
POLL_SECONDS = 0.005
# Twice a page of a hundred typical agents. A key of the tier free can have at most 360 answers
# cached at a time (60 per minute for 300 seconds, and those of one more minute), which take 47 MB.
MAX_CACHED_BYTES = 128 * 1024

# The resources that a refresh changes: they show statistics of the last one, or what only a refresh
# learns of reviewers, so that the acts of others move the score of an agent.
REFRESHED_RESOURCES = ("agent", "stats", "trust", "decision", SEARCH)
NO_REFRESH = "9" * 19

# Returns a row with the JSON of the answer as its body and, for REFRESHED_RESOURCES, the number of
# the refresh of its statistics; without one, it is of the one that was known before, or newer.
Compute = Callable[[], db.Row | None]
View = TypeVar("View", bound=Callable[..., Any])


class ERC8004Cache:
    """The cached answers about agents.

    `hits` and `misses` count the lookups of this process. Usable in `flask shell` and in scripts,
    inside an application context.
    """

    def __init__(self) -> None:
        self._services = services()
        self._state = self._services.cache_state

    @property
    def hits(self) -> int:
        """Return how many answers came from the cache, in this process."""
        return self._state.hits

    @property
    def misses(self) -> int:
        """Return how many answers had to be computed, in this process."""
        return self._state.misses

    def invalidate_agent(self, agent_uuid: str) -> None:
        """Invalidate every cached answer about one agent."""
        self._state.current_database()
        self._state.invalidate(agent_keys(agent_uuid), [])

    def clear(self) -> None:
        """Delete every cached answer of this database, or of all databases if it could not be
        reached yet; safe at any time. Raises RedisUnavailable."""
        self._services.cache.clear(self._state.current_database().prefix or None)

    def invalidate_all(self) -> None:
        """Invalidate every cached answer of this database at once; for bulk loads. If Redis is
        unavailable, do so once it is back, if this process still runs then."""
        self._state.current_database()
        self._state.invalidate([GENERATION], [])


def advance_refresh(refresh: str) -> None:
    """Invalidate every answer with older statistics, after the refresh with this number."""
    current = services()
    database = current.cache_state.advance(refresh)
    with suppress(RedisUnavailable):
        if database.prefix:
            current.cache.advance(database.prefix, refresh)


def cached(resource: str) -> Callable[[View], View]:
    """Answer a view from the cache: one about an agent, or the search.

    The view computes the row whose body is the answer; it runs only if nothing is cached. The
    declaration also allows the round trip that counts a request to look up the cached answer.
    """
    of_resource = search_from_cache if resource == SEARCH else agent_from_cache

    def decorate(view: View) -> View:
        answer = cast(View, wraps(view)(of_resource(resource, view)))
        return declare(answer, cached=resource)

    return decorate


def agent_from_cache(resource: str, view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a view about an agent from the cache, unless a query narrows it.

    Raises AgentNotFound if the view returns None.
    """

    def answer(*query: dict[str, Any], agent_uuid: str) -> Any:
        if not query or not any(query[0].values()):
            return cached_agent(resource, agent_uuid, lambda: view(*query, agent_uuid=agent_uuid))
        result = view(*query, agent_uuid=agent_uuid)
        if result is None:
            raise errors.AgentNotFound
        return result

    return answer


def search_from_cache(resource: str, view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a view of the search from the cache."""

    def answer(search: dict[str, Any]) -> bytes:
        query = cached_canonical_query(current_request().query_string, search)
        return cached_search(query, lambda: view(search))

    return answer


def new_lookup(resource: str, key: str) -> CacheLookup:
    """Return the lookup of a key in the answers of the current database and its newest refresh."""
    version = SEARCH_VERSION if resource == SEARCH else None
    return CacheLookup(resource, key, version, services().cache_state.current_database(), new_id())


def cached_agent(resource: str, agent_uuid: str, compute: Compute) -> bytes:
    """Return the cached or computed answer about an agent. Raises AgentNotFound, cached too."""
    body = _cached_body(resource, AGENT_KEYS[resource].format(agent_uuid), AGENT_SECONDS, compute)
    if not body:
        raise errors.AgentNotFound
    return body


def cached_search(query: str, compute: Compute) -> bytes:
    """Return the cached or computed page of a search; its canonical query is part of the key."""
    return _cached_body(SEARCH, SEARCH_KEY.format(query), SEARCH_SECONDS, compute)


def _cached_body(resource: str, key: str, seconds: int, compute: Compute) -> bytes:
    state = current_state()
    lookup, result = _look_up(state, resource, key)
    record_result(state, lookup, result.state)
    if result.state is LookupState.HIT:
        return result.value
    if result.state is not LookupState.LEASED:
        return _body(compute())
    return _compute_under_lease(lookup, result.stamp, seconds, compute)


def record_result(state: RequestState, lookup: CacheLookup, result: LookupState) -> None:
    """Record and count the result of a lookup; every result but a hit is a miss."""
    state.lookup, state.cache_result = lookup, result
    metrics.series(metrics.cache_requests, lookup.resource, result).inc()
    cache_state = state.services.cache_state
    if result is LookupState.HIT:
        cache_state.hits += 1
    else:
        cache_state.misses += 1


def prefetched_hit(state: RequestState) -> tuple[CacheLookup, bytes] | None:
    """Return the prefetched lookup of a request and its body if it is a hit, else None. The state
    keeps them for the view."""
    if state.prefetched is None:
        return None
    lookup, result = state.prefetched
    return (lookup, result.value) if result.state is LookupState.HIT and result.value else None


def _look_up(state: RequestState, resource: str, key: str) -> tuple[CacheLookup, LookupResult]:
    """Return a lookup and its result, prefetched if possible."""
    prefetched, state.prefetched = state.prefetched, None
    if prefetched is not None:
        lookup, result = prefetched
        if lookup.key == key and result.state is not LookupState.BUSY:
            return prefetched
    lookup = new_lookup(resource, key)
    with suppress(RedisUnavailable):
        if lookup.database.prefix:
            return lookup, _find(lookup)
    return lookup, LookupResult(b"", LookupState.UNAVAILABLE, b"")


def _find(lookup: CacheLookup) -> LookupResult:
    """Return the result of a lookup. While another reader computes the answer, wait for it; if it
    takes too long, take its lease over, so that others wait for a reader that is alive."""
    backend = services().cache
    began = since = now = time.monotonic()
    result = backend.find(lookup)
    holder = result.value
    while result.state is LookupState.BUSY and now < began + WAIT_SECONDS:
        time.sleep(POLL_SECONDS)
        is_abandoned = now >= since + TAKE_OVER_SECONDS
        result = backend.find(lookup, abandoned=holder if is_abandoned else None)
        now = time.monotonic()
        if result.value != holder:
            holder, since = result.value, now
    return result


def _compute_under_lease(
    lookup: CacheLookup, stamp: bytes, seconds: int, compute: Compute
) -> bytes:
    """Compute an answer under the lease of a lookup, and cache it with the stamp for so many
    seconds, unless a write invalidated it meanwhile."""
    backend = services().cache
    try:
        answer = compute()
    except BaseException:
        with suppress(RedisUnavailable):
            backend.release(lookup)
        raise
    body = _body(answer)
    seconds = NOT_FOUND_SECONDS if answer is None else seconds
    refresh = NO_REFRESH
    if answer is not None and lookup.resource in REFRESHED_RESOURCES:
        refresh = answer.get("refresh", lookup.database.refresh)
    value = body if len(body) <= MAX_CACHED_BYTES else LARGE
    with suppress(RedisUnavailable):
        backend.put(lookup, refresh.encode() + stamp + value, seconds)
    return body


def _body(answer: db.Row | None) -> bytes:
    if answer is None:
        return b""
    body: str = answer["body"]
    return body.encode()
