"""The state of the cache in one process: the current database and its newest refresh, the counts of
hits and misses, and the names that could not be deleted while Redis was unavailable."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from flask import Flask
from flask_caching import Cache

from kamiyo_api import db, outages
from kamiyo_api.cache.backend import (
    GENERATION,
    PREFIX,
    REFRESH,
    DatabaseVersion,
    LeasedRedisCache,
    database_version,
)
from kamiyo_api.context import services
from kamiyo_api.redis.client import NoRedis, RedisClient, RedisUnavailable

RECHECK_SECONDS = 1.0
MAX_PENDING_NAMES = 10_000

UNKNOWN_DATABASE = DatabaseVersion("", "")


class CacheState:
    """The current database, the counts and the pending invalidations of one process."""

    def __init__(self) -> None:
        self.hits = 0
        self.misses = 0
        self._database = UNKNOWN_DATABASE
        self._checked_at = 0.0
        self._check_at = 0.0
        self._invalidated_at = -1.0
        self._lock = threading.Lock()
        self._pending: set[str] = set()

    @property
    def database(self) -> DatabaseVersion:
        """Return the last known database and refresh, without a query."""
        return self._database

    def current_database(self) -> DatabaseVersion:
        """Return the database and its newest refresh, at most RECHECK_SECONDS old.

        This is a query, because a refresh that psql runs and a database that is restored notify
        nobody. While the database is unavailable, return the last known. Never call this while a
        transaction is open: a request that uses one connection would wait for another.
        """
        now = time.monotonic()
        if now >= self._check_at:
            self._check_at = now + RECHECK_SECONDS
            with suppress(outages.Unavailable):
                row = db.rows("stats.get_newest")[0]
                self._update(database_version(row["database"], row["refresh"]), now)
        return self._database

    def check_again(self) -> None:
        """Query the database again at the next request: it may be another database now."""
        self._check_at = 0.0

    def _update(self, database: DatabaseVersion, queried_at: float) -> None:
        """Set the database that a query returned, unless a later query has set it already."""
        with self._lock:
            if queried_at < self._checked_at:
                return
            before, self._database = self._database, database
            has_invalidated = self._invalidated_at >= self._checked_at
            self._checked_at = queried_at
        is_another = database.prefix != before.prefix
        # This process may have invalidated its changes under the prefix of the other database. A
        # refresh with a lower number than before means that the table was restored.
        if has_invalidated if is_another else database.refresh < before.refresh:
            self._invalidate(database.prefix, [GENERATION, REFRESH], [])

    def advance(self, refresh: str) -> DatabaseVersion:
        """Record a refresh that just ended, and return the database before it."""
        before = self.current_database()
        with self._lock:
            if before.prefix and refresh > before.refresh:
                self._database = before._replace(refresh=refresh)
                self._checked_at = time.monotonic()
        return before

    def invalidate(
        self, keys: Sequence[str], versions: Sequence[str], held_under: str | None = None
    ) -> None:
        """Delete keys and renew versions; if Redis is unavailable, once it is back.

        `held_under` is the prefix under which they are held. If the database has turned out to be
        another one since, they are deleted for both.
        """
        self._invalidated_at = time.monotonic()
        # Read after that was set, because _update() compares it when the database changes.
        prefix = self._database.prefix
        for each in {prefix, held_under or prefix} - {UNKNOWN_DATABASE.prefix}:
            self._invalidate(each, keys, versions, are_held=each == held_under)

    def _invalidate(
        self, prefix: str, keys: Sequence[str], versions: Sequence[str], *, are_held: bool = False
    ) -> None:
        try:
            services().cache.invalidate(prefix, keys, versions, are_held=are_held)
        except RedisUnavailable:
            self._invalidate_later(prefix, [*keys, *versions])

    # Deleting the generation invalidates every answer; that is enough if there are too many names.
    def _invalidate_later(self, prefix: str, names: Sequence[str]) -> None:
        with self._lock:
            is_first = not self._pending
            if len(self._pending) < MAX_PENDING_NAMES:
                self._pending.update(prefix + name for name in names)
            else:
                self._pending = {prefix + GENERATION}
        if is_first:
            services().redis.on_recovery(self._invalidate_pending)

    def _invalidate_pending(self, redis: Any) -> None:
        with self._lock:
            redis.delete(*(name + end for name in self._pending for end in ("", ":lease")))
            self._pending.clear()


def backend_of(app: Flask, client: RedisClient | NoRedis) -> LeasedRedisCache:
    """Create the Flask-Caching backend of an application."""
    app.config["CACHE_TYPE"] = "kamiyo_api.cache.backend.LeasedRedisCache"
    app.config["CACHE_KEY_PREFIX"] = PREFIX
    app.config["CACHE_OPTIONS"] = {"client": client}
    extension = Cache(app)
    backend: LeasedRedisCache = app.extensions["cache"][extension]
    return backend
