"""The cache of answers: what is kept under which key, and when it stops being true.

An answer is kept as the bytes that are sent. It is true until one of two things happens: a
write changes what it shows, or a refresh computes new statistics. A write holds what it
changes from before its commit until after it; an answer carries the number of the refresh of its
statistics, and one older than the newest refresh is not used. The answers of each database have
names of their own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeVar, cast

from kamiyo_api import db, errors
from kamiyo_api.cache.backend import GENERATION, LARGE, CacheLookup, Found
from kamiyo_api.cache.prefetch import (
    AGENT_KEYS,
    SEARCH,
    SEARCH_KEY,
    SEARCH_VERSION,
    agent_keys,
    known_canonical,
)
from kamiyo_api.context import RequestState, current_request, current_state, services
from kamiyo_api.ids import new_id
from kamiyo_api.observability import metrics
from kamiyo_api.policies import declare
from kamiyo_api.redis.client import RedisUnavailable

AGENT_SECONDS = 300
SEARCH_SECONDS = 60
UNKNOWN_SECONDS = 10
# How long a reader waits for what others compute, and how long for one of them, who may be dead.
WAIT_SECONDS = 1.0
PATIENCE_SECONDS = 0.8
POLL_SECONDS = 0.005
# Twice a page of a hundred usual agents. A key of the tier free can have at most 360 answers kept
# at a time (60 a minute for 300 seconds, and a minute's more at once), which then take 47 MB.
LARGEST_KEPT = 128 * 1024

# What shows figures of the last refresh; all else is of now, and no refresh changes it.
OF_THE_REFRESH = ("agent", SEARCH)
NO_REFRESH = "9" * 19

# Answers a row with the JSON of the answer as its body, and with the number of the refresh of its
# statistics where they are those of the last one.
Compute = Callable[[], db.Row | None]
View = TypeVar("View", bound=Callable[..., Any])


class ERC8004Cache:
    """What is cached of the agents.

    `hits` and `misses` count what this process found and did not find. Usable as it is in
    `flask shell` and in scripts, inside an application context.
    """

    def __init__(self) -> None:
        self._services = services()
        self._state = self._services.cache_state

    @property
    def hits(self) -> int:
        """How many answers came from the cache, in this process."""
        return self._state.hits

    @property
    def misses(self) -> int:
        """How many answers had to be computed, in this process."""
        return self._state.misses

    def invalidate_agent(self, agent_uuid: str) -> None:
        """Forget all that is cached of one agent."""
        self._state.newest()
        self._state.drop(agent_keys(agent_uuid), [])

    def clear(self) -> None:
        """Forget everything of this database, or of all if it was never seen; harmless at any
        time. Raises RedisUnavailable."""
        self._services.cache.clear(self._state.newest().prefix or None)

    def forget_all(self) -> None:
        """Let nothing that is cached count any more, at once; for bulk loads. If Redis is
        unavailable, once it is back, if this process still lives then."""
        self._state.newest()
        self._state.drop([GENERATION], [])


def refreshed(refresh: str) -> None:
    """Make every answer with older statistics stale, after a refresh of this number."""
    own = services()
    known = own.cache_state.advance(refresh)
    with suppress(RedisUnavailable):
        if known.prefix:
            own.cache.advance(known.prefix, refresh)


def cached(resource: str) -> Callable[[View], View]:
    """Answer a view from the cache: one about an agent, or the search.

    The view computes the row whose body is the answer; it runs only if nothing is cached. The
    declaration also lets the round trip that counts a request bring the cached answer along.
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
        found = view(*query, agent_uuid=agent_uuid)
        if found is None:
            raise errors.AgentNotFound
        return found

    return answer


def search_from_cache(resource: str, view: Callable[..., Any]) -> Callable[..., Any]:
    """Answer the view of a search from the cache."""

    def answer(search: dict[str, Any]) -> bytes:
        query = known_canonical(current_request().query_string, search)
        return cached_search(query, lambda: view(search))

    return answer


def lookup(resource: str, key: str) -> CacheLookup:
    """Return the lookup of a key, by the database and newest refresh known here."""
    version = SEARCH_VERSION if resource == SEARCH else None
    return CacheLookup(resource, key, version, services().cache_state.newest(), new_id())


def cached_agent(resource: str, agent_uuid: str, compute: Compute) -> bytes:
    """Return the cached or computed answer about an agent. Raises AgentNotFound, cached too."""
    body = _cached(resource, AGENT_KEYS[resource].format(agent_uuid), AGENT_SECONDS, compute)
    if not body:
        raise errors.AgentNotFound
    return body


def cached_search(query: str, compute: Compute) -> bytes:
    """Return the cached or computed page of a search; the query is the key that an operator
    reads."""
    return _cached(SEARCH, SEARCH_KEY.format(query), SEARCH_SECONDS, compute)


def _cached(resource: str, key: str, seconds: int, compute: Compute) -> bytes:
    state = current_state()
    wanted, found = _looked_up(state, resource, key)
    note_result(state, wanted, found.state)
    if found.state == "hit":
        return found.value
    if found.state != "leased":
        return _body(compute())
    return _computed(wanted, found.stamp, seconds, compute)


def note_result(state: RequestState, wanted: CacheLookup, result: str) -> None:
    """Count and note what came of a lookup; every result but a hit is a miss."""
    state.lookup, state.cache_result = wanted, result
    metrics.series(metrics.cache_requests, wanted.resource, result).inc()
    known = state.services.cache_state
    if result == "hit":
        known.hits += 1
    else:
        known.misses += 1


def prefetched_hit(state: RequestState) -> tuple[CacheLookup, bytes] | None:
    """Return the lookup and the body that came along with the count of a request, if they are a
    hit; they stay for the view."""
    if state.prefetched is None:
        return None
    lookup, found = state.prefetched
    return (lookup, found.value) if found.state == "hit" and found.value else None


def _looked_up(state: RequestState, resource: str, key: str) -> tuple[CacheLookup, Found]:
    """Return a lookup and what it found, which may have come with the count of the request."""
    prefetched, state.prefetched = state.prefetched, None
    if prefetched is not None and prefetched[0].key == key and prefetched[1].state != "busy":
        return prefetched
    wanted = lookup(resource, key)
    with suppress(RedisUnavailable):
        if wanted.known.prefix:
            return wanted, _find(wanted)
    return wanted, Found(b"", "away", b"")


def _find(wanted: CacheLookup) -> Found:
    """Return what is cached; while another reader computes it, wait for that one. Of one who
    takes long the lease is taken over, so that others wait for one who lives."""
    backend = services().cache
    began = since = now = time.monotonic()
    found = backend.find(wanted)
    holder = found.value
    while found.state == "busy" and now < began + WAIT_SECONDS:
        time.sleep(POLL_SECONDS)
        is_given_up = now >= since + PATIENCE_SECONDS
        found = backend.find(wanted, given_up=holder if is_given_up else None)
        now = time.monotonic()
        if found.value != holder:
            holder, since = found.value, now
    return found


def _computed(wanted: CacheLookup, stamp: bytes, seconds: int, compute: Compute) -> bytes:
    """Compute an answer under the lease of a lookup, and cache it under the stamp for so many
    seconds, unless a write came in between."""
    backend = services().cache
    try:
        answer = compute()
    except BaseException:
        with suppress(RedisUnavailable):
            backend.release(wanted)
        raise
    body = _body(answer)
    seconds = UNKNOWN_SECONDS if answer is None else seconds
    refresh = NO_REFRESH
    if answer is not None and wanted.resource in OF_THE_REFRESH:
        refresh = answer["refresh"]
    kept = body if len(body) <= LARGEST_KEPT else LARGE
    with suppress(RedisUnavailable):
        backend.keep(wanted, refresh.encode() + stamp + kept, seconds)
    return body


def _body(answer: db.Row | None) -> bytes:
    if answer is None:
        return b""
    body: str = answer["body"]
    return body.encode()
