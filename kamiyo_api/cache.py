"""The cache of answers: what is kept under which key, and when it stops being true.

An answer is kept as the bytes that are sent. It is true until one of two things happens: a
write changes what it shows, or a refresh computes new statistics. A write holds what it
changes from before its commit until after it; an answer carries the as_of of its statistics,
and one older than the newest refresh is not used.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from flask import Flask
from flask_caching import Cache

from kamiyo_api import db, errors, metrics
from kamiyo_api.cache_backend import Found, LeasedRedisCache, Question
from kamiyo_api.ids import new_id
from kamiyo_api.present import extension, notes
from kamiyo_api.redis_client import RedisAway

PREFIX = "erc8004:"
AGENT_SECONDS = 300
SEARCH_SECONDS = 60
UNKNOWN_SECONDS = 10
WAIT_SECONDS = 1.0
POLL_SECONDS = 0.005
AS_OF_SECONDS = 1.0
PENDING_AT_MOST = 10_000
SEARCH_KEY = "search:{}"
SEARCH_VERSION = "search:version"
AGENT_KEYS = {
    "agent": "agent:{}",
    "stats": "agent:{}:stats",
    "reputation": "agent:{}:reputation",
}

# What shows figures of the last refresh; all else is of now, and no refresh changes it.
OF_THE_REFRESH = ("agent", "search")
FOREVER = "9" * len("2026-01-01T00:00:00.000000Z")

# Answers a row with the JSON of the answer as its body, and with the as_of of its statistics
# where they are those of the last refresh.
Compute = Callable[[], db.Row | None]

caching = Cache()


class ERC8004Cache:
    """What is cached of the agents.

    `hits` and `misses` count what this process found and did not find. Usable as it is in
    `flask shell` and in scripts, inside an application context.
    """

    def __init__(self) -> None:
        self._state = state()

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
        self._state.drop(agent_keys(agent_uuid), [])

    def clear(self) -> None:
        """Forget everything; harmless at any time. Raises RedisAway."""
        backend().clear()

    def forget_all(self) -> None:
        """Let nothing that is kept count any more, at once; for bulk loads. Where Redis is away,
        once it is back, if this process still lives then."""
        self._state.drop(["generation"], [])


class CacheState:
    """What one process knows of the cache: counts, the newest refresh, and what it could not
    delete while Redis was away."""

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self._as_of = ""
        self._as_of_until = 0.0
        self._lock = threading.Lock()
        self._pending: set[str] = set()

    def newest_as_of(self) -> str:
        """When the newest statistics were computed, at most a second behind the database.

        A refresh may be run by psql, which tells nobody. While the database is away, the
        last known.
        """
        now = time.monotonic()
        if now >= self._as_of_until:
            self._as_of_until = now + AS_OF_SECONDS
            with suppress(errors.Unavailable):
                self._as_of = max(self._as_of, db.rows("stats.get_as_of")[0]["as_of"])
        return self._as_of

    def advance(self, as_of: str) -> None:
        """Note that a refresh just ended."""
        self._as_of = max(self._as_of, as_of)

    def drop(self, keys: Sequence[str], versions: Sequence[str], *, are_held: bool = False) -> None:
        """Delete keys and renew versions; once Redis is back, where it is away."""
        try:
            backend().drop(keys, versions, are_held=are_held)
        except RedisAway:
            self._drop_when_back([*keys, *versions])

    # Without the generation, nothing that is kept counts: enough where there is too much to name.
    def _drop_when_back(self, names: Sequence[str]) -> None:
        with self._lock:
            is_first = not self._pending
            if len(self._pending) < PENDING_AT_MOST:
                self._pending.update(names)
            else:
                self._pending = {"generation"}
        if is_first:
            extension("redis").when_back(self._drop_pending)

    def _drop_pending(self, redis: Any) -> None:
        with self._lock:
            redis.delete(*(PREFIX + name + end for name in self._pending for end in ("", ":lease")))
            self._pending.clear()


def state() -> CacheState:
    """What this process knows of the cache."""
    known: CacheState = extension("cache.state")
    return known


def backend() -> LeasedRedisCache:
    """The Flask-Caching backend of the present application."""
    made: LeasedRedisCache = extension("cache")[caching]
    return made


def agent_keys(agent_uuid: str) -> list[str]:
    """Every key that is kept of one agent."""
    return [key.format(agent_uuid) for key in AGENT_KEYS.values()]


def refreshed(as_of: str) -> None:
    """Make every answer with older statistics stale, after a refresh."""
    state().advance(as_of)
    with suppress(RedisAway):
        backend().advance(as_of)


def question(resource: str, key: str) -> Question:
    """What to ask of the cache, by the newest statistics that are known here."""
    version = SEARCH_VERSION if resource == "search" else None
    return Question(resource, key, version, state().newest_as_of(), new_id())


def cached_agent(resource: str, agent_uuid: str, compute: Compute) -> bytes:
    """The kept or computed answer about one agent. Raises AgentNotFound, which is kept too."""
    body = _cached(resource, AGENT_KEYS[resource].format(agent_uuid), AGENT_SECONDS, compute)
    if not body:
        raise errors.AgentNotFound
    return body


def cached_search(query: str, compute: Compute) -> bytes:
    """The kept or computed page of a search; the query is the key that an operator reads."""
    return _cached("search", SEARCH_KEY.format(query), SEARCH_SECONDS, compute)


def _cached(resource: str, key: str, seconds: int, compute: Compute) -> bytes:
    asked, found = _asked(resource, key)
    note_result(asked, found.state)
    if found.state == "hit":
        return found.value
    if found.state != "leased":
        return _body(compute())
    return _computed(asked, found.stamp, seconds, compute)


def note_result(asked: Question, result: str) -> None:
    """Count and note what came of a question; every result but a hit is a miss."""
    known, noted = state(), notes()
    noted["asked"], noted["cache_result"] = asked, result
    metrics.series(metrics.cache_requests, asked.resource, result).inc()
    if result == "hit":
        known.hits += 1
    else:
        known.misses += 1


def hit_ahead() -> bytes | None:
    """What came along with the count of the request, where it is a hit; it stays for the view."""
    _, found = notes().get("asked_ahead", (None, None))
    return found.value if found is not None and found.state == "hit" else None


def _asked(resource: str, key: str) -> tuple[Question, Found]:
    """The question and its answer, which may have come with the count of the request."""
    asked: Question
    asked, found = notes().pop("asked_ahead", (None, None))
    if found is not None and asked.key == key and found.state != "busy":
        return asked, found
    asked = question(resource, key)
    try:
        return asked, _find(asked)
    except RedisAway:
        return asked, Found(b"", "away", b"")


def _find(asked: Question) -> Found:
    """What is kept; where another reader computes it, what that one keeps."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        found = backend().find(asked)
        if found.state != "busy" or time.monotonic() > until:
            return found
        time.sleep(POLL_SECONDS)


def _computed(asked: Question, stamp: bytes, seconds: int, compute: Compute) -> bytes:
    """Compute an answer under the lease of a question, and keep it under the stamp for so many
    seconds, unless a write came in between."""
    try:
        answer = compute()
    except BaseException:
        with suppress(RedisAway):
            backend().release(asked.key, asked.token)
        raise
    body = _body(answer)
    seconds = UNKNOWN_SECONDS if answer is None else seconds
    as_of = FOREVER
    if answer is not None and asked.resource in OF_THE_REFRESH:
        as_of = answer["as_of"]
    with suppress(RedisAway):
        backend().keep(asked.key, asked.token, as_of.encode() + stamp + body, seconds)
    return body


def _body(answer: db.Row | None) -> bytes:
    if answer is None:
        return b""
    body: str = answer["body"]
    return body.encode()


def init_app(app: Flask) -> None:
    """Bind the cache to the application."""
    app.extensions["cache.state"] = CacheState()
    app.config["CACHE_TYPE"] = "kamiyo_api.cache_backend.LeasedRedisCache"
    app.config["CACHE_KEY_PREFIX"] = PREFIX
    caching.init_app(app)
