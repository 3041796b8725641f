"""The way to Redis, of which no request waits long: while Redis is away, slow or
full, requests go on without it, and a thread in the background sees when it is back."""

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
from kamiyo_api.redis.connection import Line

Result = TypeVar("Result")

PROBE_SECONDS = 0.5

log = logging.getLogger(__name__)


class Script:
    """A Lua script: Redis runs it whole, with nothing in between."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class RedisUnavailable(Exception):
    """Redis cannot be asked now; go on without it."""


class RedisClient:
    """Redis with a short timeout; after a failure it is not asked until a probe succeeds."""

    def __init__(self, url: str, timeout: float) -> None:
        """`timeout` in seconds bounds each wait for Redis and each attempt to connect."""
        self.connection = redis.Redis.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            health_check_interval=0,
        )
        self._own = threading.local()
        self._lock = threading.Lock()
        self._is_away = False
        self._when_back: list[Callable[[redis.Redis], None]] = []

    @property
    def is_away(self) -> bool:
        """Whether Redis failed and has not come back yet."""
        return self._is_away

    def ask(self, work: Callable[[redis.Redis], Result]) -> Result:
        """Do work with Redis. Raises RedisUnavailable, at once where Redis failed before."""
        if self._is_away:
            raise RedisUnavailable
        try:
            return work(self.connection)
        except redis.RedisError as error:
            self._note_away(error)
            raise RedisUnavailable from error

    def run(
        self,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Any],
        when_unknown: Callable[[], object] = lambda: None,
    ) -> Any:
        """Run a script, in one round trip; where Redis does not know it yet, after
        `when_unknown`. Raises RedisUnavailable, at once where Redis failed before.

        Each thread has a connection of its own for scripts: a request's only round trip
        would otherwise spend a third of its time on a pool.
        """
        if self._is_away:
            raise RedisUnavailable
        try:
            return self._line().ask(("EVALSHA", script.sha, len(keys), *keys, *arguments))
        except redis.exceptions.NoScriptError:
            when_unknown()
            return self.ask(lambda redis: redis.eval(script.text, len(keys), *keys, *arguments))
        except redis.RedisError as error:
            self._note_away(error)
            raise RedisUnavailable from error

    def run_unheard(self, script: Script, keys: Sequence[str], arguments: Sequence[Any]) -> None:
        """Have a script run without waiting until it has: only where nothing is wrong if it
        never does. After what this thread asked before. Raises RedisUnavailable, as run() does."""
        if self._is_away:
            raise RedisUnavailable
        try:
            # By its text, as nobody would hear that it is not known.
            self._line().send(("EVAL", script.text, len(keys), *keys, *arguments))
        except redis.RedisError as error:
            self._note_away(error)
            raise RedisUnavailable from error

    def _line(self) -> Line:
        try:
            line: Line = self._own.line
        except AttributeError:
            line = self._own.line = Line(self.connection.connection_pool)
        return line

    def when_back(self, work: Callable[[redis.Redis], None]) -> None:
        """Let work be done before Redis is asked again by anybody; it may run more than once."""
        with self._lock:
            self._when_back.append(work)
            self._begin_probing("something is left to do there")

    def _note_away(self, error: redis.RedisError) -> None:
        with self._lock:
            self._begin_probing(str(error).split("\n")[0])

    def _begin_probing(self, reason: str) -> None:
        if not self._is_away:
            self._is_away = True
            log.warning("Redis is away (%s); going on without it", reason)
            threading.Thread(target=self._probe, name="redis-probe", daemon=True).start()

    def _probe(self) -> None:
        while not self._is_back():
            time.sleep(PROBE_SECONDS)
        log.warning("Redis is back")

    def _is_back(self) -> bool:
        """Whether Redis takes writes again; if so, what waited for that is done first."""
        with self._lock:
            try:
                self.connection.set("kamiyo:probe", 1, px=1000)
                for work in self._when_back:
                    work(self.connection)
            except redis.RedisError:
                return False
            self._when_back.clear()
            self._is_away = False
            return True


class NoRedis:
    """Stands where no Redis is configured: always away."""

    is_away = True

    def ask(self, work: Callable[[redis.Redis], Result]) -> Result:
        """Raises RedisUnavailable."""
        raise RedisUnavailable

    def run(self, script: Script, *_: Any) -> Any:
        """Raises RedisUnavailable."""
        raise RedisUnavailable

    def run_unheard(self, script: Script, *_: Any) -> None:
        """Raises RedisUnavailable."""
        raise RedisUnavailable

    def when_back(self, work: Callable[[redis.Redis], None]) -> None:
        """Forget the work: there is no Redis that would need it."""


def client_of(config: Config) -> RedisClient | NoRedis:
    """Make the client of REDIS_URL; it connects when first used, so that forks share nothing.

    Raises ConfigError, which does not show the address: it may hold a password.
    """
    if not config.redis_url:
        return NoRedis()
    try:
        client = RedisClient(config.redis_url, config.redis_timeout)
        # Takes each option of the address, and opens nothing.
        client.connection.connection_pool.make_connection()
    except (ValueError, TypeError, redis.RedisError):
        wrong = "REDIS_URL is not a well-formed redis:// address with options that redis-py knows"
        raise ConfigError(wrong) from None
    return client
