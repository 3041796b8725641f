"""What one process knows of the cache: of which database it holds answers, which refresh is the
newest, and what could not be deleted while Redis was away."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flask import Flask
from flask_caching import Cache

from kamiyo_api import db, errors
from kamiyo_api.cache.backend import GENERATION, PREFIX, REFRESH, Known, LeasedRedisCache, known
from kamiyo_api.context import services
from kamiyo_api.redis.client import NoRedis, RedisClient, RedisUnavailable

AS_OF_SECONDS = 1.0
PENDING_AT_MOST = 10_000

UNSEEN = Known("", "")


class CacheState:
    """Counts, the database, and what is left to delete; of one process."""

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self._known = UNSEEN
        self._known_at = 0.0
        self._ask_at = 0.0
        self._dropped_at = -1.0
        self._lock = threading.Lock()
        self._pending: set[str] = set()

    @property
    def known(self) -> Known:
        """The database and its newest refresh, as far as is known, without asking."""
        return self._known

    def newest(self) -> Known:
        """The database and its newest refresh, at most a second old.

        A refresh may be run by psql, and a database be restored, which tells nobody. While the
        database is away, the last known. Never call this while a transaction is open: a request
        that holds one connection would wait for another.
        """
        now = time.monotonic()
        if now >= self._ask_at:
            self._ask_at = now + AS_OF_SECONDS
            with suppress(errors.Unavailable):
                found = db.rows("stats.get_newest")[0]
                self._note(known(found["database"], found["refresh"]), now)
        return self._known

    def ask_again(self) -> None:
        """Let the database be asked for the next request: it may be another one."""
        self._ask_at = 0.0

    def _note(self, now_known: Known, asked_at: float) -> None:
        """Take over what the database answered, unless something newer is known."""
        with self._lock:
            if asked_at < self._known_at:
                return
            before, self._known = self._known, now_known
            has_dropped = self._dropped_at >= self._known_at
            self._known_at = asked_at
        is_another = now_known.prefix != before.prefix
        # What this process changed it dropped in the cache of the other database. And a number
        # that went back is that of a restored table.
        if has_dropped if is_another else now_known.refresh < before.refresh:
            self._drop(now_known.prefix, [GENERATION, REFRESH], [])

    def advance(self, refresh: str) -> Known:
        """Note that a refresh just ended; the database that it was of."""
        before = self.newest()
        with self._lock:
            if before.prefix and refresh > before.refresh:
                self._known, self._known_at = before._replace(refresh=refresh), time.monotonic()
        return before

    def drop(
        self, keys: Sequence[str], versions: Sequence[str], held_under: str | None = None
    ) -> None:
        """Delete keys and renew versions; once Redis is back, where it is away.

        `held_under` is the prefix under which they were held. Where the database turned out to be
        another one since, they are deleted for both.
        """
        self._dropped_at = time.monotonic()
        # After that was noted: whoever learns of another database in between looks at it.
        prefix = self._known.prefix
        for each in {prefix, held_under or prefix} - {UNSEEN.prefix}:
            self._drop(each, keys, versions, are_held=each == held_under)

    def _drop(
        self, prefix: str, keys: Sequence[str], versions: Sequence[str], *, are_held: bool = False
    ) -> None:
        try:
            services().cache.drop(prefix, keys, versions, are_held=are_held)
        except RedisUnavailable:
            self._drop_when_back(prefix, [*keys, *versions])

    # Without the generation, nothing that is kept counts: enough where there is too much to name.
    def _drop_when_back(self, prefix: str, names: Sequence[str]) -> None:
        with self._lock:
            is_first = not self._pending
            if len(self._pending) < PENDING_AT_MOST:
                self._pending.update(prefix + name for name in names)
            else:
                self._pending = {prefix + GENERATION}
        if is_first:
            services().redis.when_back(self._drop_pending)

    def _drop_pending(self, redis: Any) -> None:
        with self._lock:
            redis.delete(*(name + end for name in self._pending for end in ("", ":lease")))
            self._pending.clear()


def backend_of(app: Flask, client: RedisClient | NoRedis) -> LeasedRedisCache:
    """Make the Flask-Caching backend of an application."""
    app.config["CACHE_TYPE"] = "kamiyo_api.cache.backend.LeasedRedisCache"
    app.config["CACHE_KEY_PREFIX"] = PREFIX
    app.config["CACHE_OPTIONS"] = {"client": client}
    caching = Cache(app)
    made: LeasedRedisCache = app.extensions["cache"][caching]
    return made
