"""The components of the service, each queried once, in parallel."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeVar

import redis

from kamiyo_api import db, errors, outages
from kamiyo_api.context import services
from kamiyo_api.doctor import commands, unavailable
from kamiyo_api.doctor.commands import config
from kamiyo_api.doctor.findings import ComponentUnavailable, Status
from kamiyo_api.doctor.scrape import Metrics, Service, scrape
from kamiyo_api.health.background import run_in_background
from kamiyo_api.redis.client import NoRedis

TIMEOUT_SECONDS = 3.0
# The root check of each component; the others depend on it.
ROOTS = {"database": "database", "cache": "redis", "service": "service"}

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Database:
    """The answer of PostgreSQL; skew is its clock minus the local one, in seconds."""

    version: str
    name: str
    is_replica: bool
    seconds: float
    skew: float


@dataclass(frozen=True)
class Redis:
    """The answer of Redis or Valkey; `save` is its schedule, None if it refuses to show it."""

    info: dict[str, Any]
    save: str | None
    keys: dict[str, int]
    seconds: float
    skew: float


class Components:
    """The answers of all components; a property raises ComponentUnavailable if there is none.

    A transaction counts as long after `long_seconds`.
    """

    def __init__(self, url: str, long_seconds: float) -> None:
        self.long_seconds = long_seconds
        self._answers: dict[str, Future[Any]] = {
            "database": run_in_background("doctor queries database", query_database),
            "cache": run_in_background("doctor queries cache", query_redis),
            "service": run_in_background(f"doctor queries {url}", lambda: query_service(url)),
        }
        self._deadline = time.monotonic() + TIMEOUT_SECONDS

    @property
    def database(self) -> Database:
        """Return the answer of PostgreSQL."""
        answer: Database = self._answer("database", commands.restart("postgresql"))
        return answer

    @property
    def redis(self) -> Redis:
        """Return the answer of Redis or Valkey."""
        answer: Redis = self._answer("cache", commands.restart("redis"))
        return answer

    @property
    def service(self) -> Service:
        """Return the answer of the running service."""
        answer: Service = self._answer("service", commands.restart("kamiyo-api"))
        return answer

    @property
    def metrics(self) -> Metrics:
        """Return the metrics of the running service."""
        service = self.service
        if service.metrics is None:
            fix = commands.with_settings_of_service(f"flask doctor --url {service.url}")
            raise ComponentUnavailable(
                "metrics", Status.WARNING, f"/metrics refused {service.refusal}", fix
            )
        return service.metrics

    def require(self, component: str) -> None:
        """Raise ComponentUnavailable if a component did not answer."""
        if component in self._answers:
            getattr(self, ROOTS[component])

    def _answer(self, component: str, fix: str) -> Any:
        try:
            return self._answers[component].result(max(0.0, self._deadline - time.monotonic()))
        except TooLate:
            status = Status.WARNING if component == "service" else Status.FAILING
            reason = f"does not answer within {TIMEOUT_SECONDS:.0f} s"
            raise ComponentUnavailable(ROOTS[component], status, reason, fix) from None


def timed(query: Callable[[], Answer]) -> tuple[Answer, float, float]:
    """Return an answer, its time by the local clock, and its duration."""
    began = time.time()
    answer = query()
    ended = time.time()
    return answer, (began + ended) / 2, ended - began


def skew(clock: float, now: float, uncertainty: float) -> float:
    """Return the minimum difference between a clock and the local one."""
    difference = clock - now
    certain = max(0.0, abs(difference) - uncertainty)
    return certain if difference > 0 else -certain


def query_database() -> Database:
    """Query PostgreSQL. Raises ComponentUnavailable."""
    try:
        server, now, seconds = timed(lambda: db.rows("doctor.get_server")[0])
    except errors.ApiError as error:
        raise database_unavailable(outages.first_cause(error)) from error
    clock_skew = skew(server["clock"], now, seconds)
    return Database(
        server["version"], server["database"], server["is_replica"], seconds, clock_skew
    )


def database_unavailable(cause: str) -> ComponentUnavailable:
    """Return the error for a failure to connect, with its fix."""
    if "connection slots" in cause or "too many" in cause:
        reason, fix = f"has no connection left ({cause})", commands.end_idle()
    else:
        reason, fix = f"does not answer ({cause})", unavailable.fix_of_database(cause)
    return ComponentUnavailable("database", Status.FAILING, reason, fix)


def query_redis() -> Redis:
    """Query Redis. Raises ComponentUnavailable."""
    client = services().redis
    if isinstance(client, NoRedis):
        fix = commands.set_and_restart("REDIS_URL=redis://127.0.0.1:6379/0")
        raise ComponentUnavailable("redis", Status.WARNING, "REDIS_URL is not set", fix)
    # Not with the service's client, which would record a failure and write a probe.
    connection: redis.Redis = client.connection
    try:
        (clock, microseconds), now, seconds = timed(connection.time)
        info = connection.info()
        save = schedule(connection)
    except redis.RedisError as error:
        cause = " ".join(str(error).split())
        reason, fix = f"does not answer ({cause})", unavailable.fix_of_redis(cause)
        raise ComponentUnavailable("redis", Status.FAILING, reason, fix) from error
    number = connection.connection_pool.connection_kwargs.get("db", 0)
    keys = info.get(f"db{number}", {"keys": 0, "expires": 0})
    clock_skew = skew(clock + microseconds / 1_000_000, now, seconds)
    return Redis(info, save, keys, seconds, clock_skew)


def schedule(connection: redis.Redis) -> str | None:
    """Return the save schedule of Redis; None if it does not show it, as managed servers do."""
    try:
        return str(connection.config_get("save")["save"])
    except (redis.ResponseError, KeyError):
        return None


def query_service(url: str) -> Service:
    """Query the service. Raises ComponentUnavailable, as a warning: it may be at another URL."""
    try:
        return scrape(url, config().metrics_token)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        fix = f"{commands.restart('kamiyo-api')}  # or say where it is: flask doctor --url URL"
        raise ComponentUnavailable(
            "service", Status.WARNING, f"does not answer at {url} ({reason})", fix
        ) from error
