"""The parts of the service, asked once and at the same time, and what each says of itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, TypeVar

import redis

from kamiyo_api import db, errors
from kamiyo_api.context import services
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.commands import config
from kamiyo_api.doctor.findings import PartAway, Status
from kamiyo_api.doctor.scrape import Metrics, Service, scrape
from kamiyo_api.health.background import run_in_background
from kamiyo_api.redis.client import NoRedis

PATIENCE_SECONDS = 3.0

Part = TypeVar("Part")


@dataclass(frozen=True)
class Database:
    """PostgreSQL, as it answered; skew is its clock minus ours, in seconds."""

    version: str
    name: str
    is_replica: bool
    seconds: float
    skew: float


@dataclass(frozen=True)
class Redis:
    """Redis or Valkey, as it answered; `save` is its schedule, None where it does not tell."""

    info: dict[str, Any]
    save: str | None
    keys: dict[str, int]
    seconds: float
    skew: float


class Parts:
    """What every part answered; a property raises PartAway where its part did not.

    `long_seconds` is from when on a transaction counts as long.
    """

    def __init__(self, url: str, long_seconds: float) -> None:
        self.long_seconds = long_seconds
        self._asked: dict[str, Future[Any]] = {
            "database": run_in_background("doctor asks database", ask_database),
            "cache": run_in_background("doctor asks cache", ask_redis),
            "service": run_in_background(f"doctor asks {url}", lambda: ask_service(url)),
        }
        self._until = time.monotonic() + PATIENCE_SECONDS

    @property
    def database(self) -> Database:
        """PostgreSQL."""
        told: Database = self._answer("database", commands.restart("postgresql"))
        return told

    @property
    def redis(self) -> Redis:
        """Redis or Valkey."""
        told: Redis = self._answer("cache", commands.restart("redis"))
        return told

    @property
    def service(self) -> Service:
        """The running service."""
        told: Service = self._answer("service", commands.restart("kamiyo-api"))
        return told

    @property
    def metrics(self) -> Metrics:
        """The metrics of the running service."""
        service = self.service
        if service.metrics is None:
            cure = commands.with_settings_of_service(f"flask doctor --url {service.url}")
            raise PartAway(Status.WARNING, f"refused {service.refusal} its metrics", cure)
        return service.metrics

    def require(self, part: str) -> None:
        """Raise PartAway where a part did not answer."""
        if part in self._asked:
            getattr(self, "redis" if part == "cache" else part)

    def _answer(self, part: str, cure: str) -> Any:
        try:
            return self._asked[part].result(max(0.0, self._until - time.monotonic()))
        except TooLate:
            status = Status.WARNING if part == "service" else Status.FAILING
            late = f"does not answer within {PATIENCE_SECONDS:.0f} s"
            raise PartAway(status, late, cure) from None


def timed(ask: Callable[[], Part]) -> tuple[Part, float, float]:
    """An answer, when it was given by our clock, and how long it took."""
    began = time.time()
    answer = ask()
    ended = time.time()
    return answer, (began + ended) / 2, ended - began


def skew(clock: float, now: float, uncertain: float) -> float:
    """How far a clock is from ours, as far as that is certain."""
    apart = clock - now
    certain = max(0.0, abs(apart) - uncertain)
    return certain if apart > 0 else -certain


def ask_database() -> Database:
    """Raises PartAway."""
    try:
        told, now, seconds = timed(lambda: db.rows("doctor.get_server")[0])
    except errors.ApiError as error:
        raise database_away(errors.first_cause(error)) from error
    apart = skew(told["clock"], now, seconds)
    return Database(told["version"], told["database"], told["is_replica"], seconds, apart)


def database_away(cause: str) -> PartAway:
    """What a failure to connect means, and its cure."""
    if "connection slots" in cause or "too many" in cause:
        return PartAway(
            Status.FAILING, f"has no connection left ({cause})", commands.end_idle_as_superuser()
        )
    return PartAway(Status.FAILING, f"does not answer ({cause})", commands.restart("postgresql"))


def ask_redis() -> Redis:
    """Raises PartAway."""
    client = services().redis
    if isinstance(client, NoRedis):
        cure = commands.set_and_restart("REDIS_URL=redis://127.0.0.1:6379/0")
        raise PartAway(Status.WARNING, "REDIS_URL is not set", cure)
    # Not through the client, which would note a failure and write a probe.
    connection: redis.Redis = client.connection
    try:
        (whole, micro), now, seconds = timed(connection.time)
        info = connection.info()
        save = schedule(connection)
    except redis.RedisError as error:
        reason = f"does not answer ({' '.join(str(error).split())})"
        raise PartAway(Status.FAILING, reason, commands.restart("redis")) from error
    number = connection.connection_pool.connection_kwargs.get("db", 0)
    keys = info.get(f"db{number}", {"keys": 0, "expires": 0})
    apart = skew(whole + micro / 1_000_000, now, seconds)
    return Redis(info, save, keys, seconds, apart)


def schedule(connection: redis.Redis) -> str | None:
    """When Redis saves its data; managed ones refuse to tell."""
    try:
        return str(connection.config_get("save")["save"])
    except (redis.ResponseError, KeyError):
        return None


def ask_service(url: str) -> Service:
    """Raises PartAway; a service that is not there is a warning, as it may be elsewhere."""
    try:
        return scrape(url, config().metrics_token)
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        cure = f"{commands.restart('kamiyo-api')}  # or say where it is: flask doctor --url URL"
        raise PartAway(Status.WARNING, f"does not answer at {url} ({reason})", cure) from error
