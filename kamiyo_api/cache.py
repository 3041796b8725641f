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

from flask import Flask

from kamiyo_api import cache_state, db, errors, metrics
from kamiyo_api.cache_backend import GENERATION, LARGE, Found, Question
from kamiyo_api.cache_state import backend, state
from kamiyo_api.ids import new_id
from kamiyo_api.present import notes
from kamiyo_api.redis_client import RedisAway

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
SEARCH_KEY = "search:{}"
SEARCH_VERSION = "search:version"
AGENT_KEYS = {
    "agent": "agent:{}",
    "stats": "agent:{}:stats",
    "reputation": "agent:{}:reputation",
}

# What shows figures of the last refresh; all else is of now, and no refresh changes it.
OF_THE_REFRESH = ("agent", "search")
NO_REFRESH = "9" * 19

# Answers a row with the JSON of the answer as its body, and with the number of the refresh of its
# statistics where they are those of the last one.
Compute = Callable[[], db.Row | None]


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
        self._state.newest()
        self._state.drop(agent_keys(agent_uuid), [])

    def clear(self) -> None:
        """Forget everything of this database, or of all where it was never seen; harmless at any
        time. Raises RedisAway."""
        backend().clear(self._state.newest().prefix or None)

    def forget_all(self) -> None:
        """Let nothing that is kept count any more, at once; for bulk loads. Where Redis is away,
        once it is back, if this process still lives then."""
        self._state.newest()
        self._state.drop([GENERATION], [])


def agent_keys(agent_uuid: str) -> list[str]:
    """Every key that is kept of one agent."""
    return [key.format(agent_uuid) for key in AGENT_KEYS.values()]


def refreshed(refresh: str) -> None:
    """Make every answer with older statistics stale, after a refresh of this number."""
    known = state().advance(refresh)
    with suppress(RedisAway):
        if known.prefix:
            backend().advance(known.prefix, refresh)


def question(resource: str, key: str) -> Question:
    """Return the cache lookup for a key, by the database and newest refresh known here."""
    version = SEARCH_VERSION if resource == "search" else None
    return Question(resource, key, version, state().newest(), new_id())


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
    with suppress(RedisAway):
        if asked.known.prefix:
            return asked, _find(asked)
    return asked, Found(b"", "away", b"")


def _find(asked: Question) -> Found:
    """What is kept; where another reader computes it, what that one keeps. Of one who takes long
    the lease is taken over, so that others wait for one who lives."""
    began = since = now = time.monotonic()
    found = backend().find(asked)
    holder = found.value
    while found.state == "busy" and now < began + WAIT_SECONDS:
        time.sleep(POLL_SECONDS)
        is_given_up = now >= since + PATIENCE_SECONDS
        found = backend().find(asked, given_up=holder if is_given_up else None)
        now = time.monotonic()
        if found.value != holder:
            holder, since = found.value, now
    return found


def _computed(asked: Question, stamp: bytes, seconds: int, compute: Compute) -> bytes:
    """Compute an answer under the lease of a question, and keep it under the stamp for so many
    seconds, unless a write came in between."""
    try:
        answer = compute()
    except BaseException:
        with suppress(RedisAway):
            backend().release(asked)
        raise
    body = _body(answer)
    seconds = UNKNOWN_SECONDS if answer is None else seconds
    refresh = NO_REFRESH
    if answer is not None and asked.resource in OF_THE_REFRESH:
        refresh = answer["refresh"]
    kept = body if len(body) <= LARGEST_KEPT else LARGE
    with suppress(RedisAway):
        backend().keep(asked, refresh.encode() + stamp + kept, seconds)
    return body


def _body(answer: db.Row | None) -> bytes:
    if answer is None:
        return b""
    body: str = answer["body"]
    return body.encode()


def init_app(app: Flask) -> None:
    """Bind the cache to the application."""
    cache_state.init_app(app)
