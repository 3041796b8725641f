"""The Redis client, for which no request waits long: while Redis is unavailable, slow or full,
requests continue without it, and a background thread checks when it is back."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from kamiyo_api.config import Config
from kamiyo_api.config_parsing import ConfigError
from kamiyo_api.redis.connection import RedisConnection

Result = TypeVar("Result")

PROBE_SECONDS = 0.5

log = logging.getLogger(__name__)


class Script:
    """A Lua script, which Redis runs atomically."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class RedisUnavailable(Exception):
    """Redis is unavailable; continue without it."""


class RedisClient:
    """A client with a short timeout; after a failure it sends nothing until a probe succeeds."""

    def __init__(self, url: str, timeout: float) -> None:
        """`timeout` in seconds limits each wait for Redis and each attempt to connect."""
        self.connection = redis.Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self._local = threading.local()
        self._lock = threading.Lock()
        self._is_unavailable = False
        self._on_recovery: list[Callable[[redis.Redis], None]] = []

    @property
    def is_unavailable(self) -> bool:
        """Return whether Redis failed and is not back yet."""
        return self._is_unavailable

    def call(self, work: Callable[[redis.Redis], Result]) -> Result:
        """Call a function with the connection, and return its result.

        Raises RedisUnavailable, at once if Redis failed before.
        """
        if self._is_unavailable:
            raise RedisUnavailable
        try:
            return work(self.connection)
        except redis.RedisError as error:
            self._mark_unavailable(error)
            raise RedisUnavailable from error

    def run(
        self,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Any],
        when_unknown: Callable[[], object] = lambda: None,
    ) -> Any:
        """Run a script in one round trip, and return its reply. If Redis does not know the
        script yet, call `when_unknown` first, and send the script.

        Each thread has a connection of its own for scripts, because a pool would take a
        third of the time of a request's only round trip. Raises RedisUnavailable, at once
        if Redis failed before.
        """
        if self._is_unavailable:
            raise RedisUnavailable
        try:
            return self._connection_of_thread().execute(
                ("EVALSHA", script.sha, len(keys), *keys, *arguments)
            )
        except redis.exceptions.NoScriptError:
            when_unknown()
            return self.call(lambda redis: redis.eval(script.text, len(keys), *keys, *arguments))
        except redis.RedisError as error:
            self._mark_unavailable(error)
            raise RedisUnavailable from error

    def run_without_reply(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Any]
    ) -> None:
        """Send a script without waiting for its reply; only if it does no harm that it may
        never run.

        It runs after what this thread sent before. Raises RedisUnavailable, as run() does.
        """
        if self._is_unavailable:
            raise RedisUnavailable
        try:
            # Send the text, because a reply that Redis does not know the script would not be read.
            self._connection_of_thread().send(("EVAL", script.text, len(keys), *keys, *arguments))
        except redis.RedisError as error:
            self._mark_unavailable(error)
            raise RedisUnavailable from error

    def _connection_of_thread(self) -> RedisConnection:
        try:
            connection: RedisConnection = self._local.connection
        except AttributeError:
            connection = RedisConnection(self.connection.connection_pool)
            self._local.connection = connection
        return connection

    def on_recovery(self, work: Callable[[redis.Redis], None]) -> None:
        """Call a function once Redis is back, before anything else is sent; it may run more than
        once."""
        with self._lock:
            self._on_recovery.append(work)
            self._begin_probing("something is left to do there")

    def _mark_unavailable(self, error: redis.RedisError) -> None:
        with self._lock:
            self._begin_probing(str(error).split("\n")[0])

    def _begin_probing(self, reason: str) -> None:
        if not self._is_unavailable:
            self._is_unavailable = True
            log.warning("Redis is away (%s); going on without it", reason)
            threading.Thread(target=self._probe, name="redis-probe", daemon=True).start()

    def _probe(self) -> None:
        while not self._is_back():
            time.sleep(PROBE_SECONDS)
        log.warning("Redis is back")

    def _is_back(self) -> bool:
        """Return whether Redis takes writes again; if so, run the work that waited for that
        first."""
        with self._lock:
            try:
                self.connection.set("kamiyo:probe", 1, px=1000)
                for work in self._on_recovery:
                    work(self.connection)
            except redis.RedisError:
                return False
            self._on_recovery.clear()
            self._is_unavailable = False
            return True


class NoRedis:
    """The client if no Redis is configured: always unavailable."""

    is_unavailable = True

    def call(self, work: Callable[[redis.Redis], Result]) -> Result:
        """Raise RedisUnavailable."""
        raise RedisUnavailable

    def run(self, script: Script, *_: Any) -> Any:
        """Raise RedisUnavailable."""
        raise RedisUnavailable

    def run_without_reply(self, script: Script, *_: Any) -> None:
        """Raise RedisUnavailable."""
        raise RedisUnavailable

    def on_recovery(self, work: Callable[[redis.Redis], None]) -> None:
        """Ignore the work: there is no Redis that would need it."""


def client_of(config: Config) -> RedisClient | NoRedis:
    """Return the client of REDIS_URL; it connects when first used, so that forks share nothing.

    Raises ConfigError without showing the URL, because it may hold a password.
    """
    if not config.redis_url:
        return NoRedis()
    try:
        client = RedisClient(config.redis_url, config.redis_timeout)
        # Validates each option of the URL, and opens nothing.
        client.connection.connection_pool.make_connection()
    except (ValueError, TypeError, redis.RedisError):
        message = "REDIS_URL is not a well-formed redis:// address with options that redis-py knows"
        raise ConfigError(message) from None
    return client
