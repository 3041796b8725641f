"""Health checks: the state of each component within a second, even if a component hangs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from kamiyo_api import db, errors, outages
from kamiyo_api.context import services
from kamiyo_api.db import schema
from kamiyo_api.health.background import run_in_background
from kamiyo_api.redis.client import RedisUnavailable

DEADLINE_SECONDS = 0.6
FRESH_SECONDS = 300
STALE_SECONDS = 3600
OK = "ok"

log = logging.getLogger(__name__)


class Status(StrEnum):
    """The status of the service."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True)
class Finding:
    """The result of one check: the text "ok", or what is wrong; fatal if the service cannot
    answer."""

    text: str = OK
    is_fatal: bool = False


def database() -> Finding:
    """Check whether PostgreSQL answers."""
    try:
        (row,) = db.rows("health.get_alive")
    except outages.DatabaseBusy:
        return Finding("busy: no connection was free, or the query timed out")
    except outages.DatabaseSilent:
        return Finding("does not answer in time", is_fatal=True)
    except errors.ApiError:
        return Finding("cannot be reached", is_fatal=True)
    services().db.writes.record_read_only(is_read_only=row["is_read_only"])
    return Finding()


def writable() -> Finding:
    """Check whether PostgreSQL takes writes, as far as this process knows; reads need none."""
    refusal = services().db.writes.refusal
    if refusal is None:
        return Finding()
    return Finding(f"{refusal.reason}; reads go on, writes are refused")


def redis() -> Finding:
    """Check whether Redis answers; without it, requests continue, uncached."""
    try:
        services().redis.call(lambda connection: connection.ping())
    except RedisUnavailable:
        return Finding("Redis is away; requests go on, uncached, limited per process")
    return Finding()


def views() -> Finding:
    """Check whether the statistics are fresh."""
    try:
        (totals,) = db.rows("stats.get_totals")
    except errors.ApiError:
        return Finding("unknown: the database does not answer")
    if totals["age_seconds"] < 0:
        return Finding(clock_ahead(totals["age_seconds"]))
    age = int(totals["age_seconds"])
    if age > STALE_SECONDS:
        return Finding(f"very stale: {age} s old; nobody runs flask refresh-stats")
    if age > FRESH_SECONDS:
        return Finding(f"stale: {age} s old; run flask refresh-stats")
    return Finding()


def clock_ahead(age: float) -> str:
    """Return the text for statistics with a negative age, in seconds. New statistics still show."""
    return (
        f"failing: computed when PostgreSQL's clock was {-age:.0f} s ahead of now; correct the "
        "clock, then run flask refresh-stats"
    )


def pool() -> Finding:
    """Check whether this process has free connections."""
    used, maximum = services().db.usage()
    if used >= maximum:
        return Finding(f"all {maximum} connections of this process are in use")
    return Finding()


def migrations() -> Finding:
    """Check whether the database has the schema of this version."""
    try:
        records = schema.read_records(db)
    except errors.ApiError:
        return Finding("unknown: the database does not answer")
    except schema.SchemaTooOld as error:
        return Finding(str(error), is_fatal=True)
    except Exception:
        return Finding("their record cannot be read; run flask migrate", is_fatal=True)
    pending = records.pending()
    if pending:
        return Finding(f"{len(pending)} pending; run flask migrate", is_fatal=records.is_new)
    return Finding()


# Each of these queries a server, which may hang.
CHECKS: dict[str, Callable[[], Finding]] = {
    "database": database,
    "cache": redis,
    "views": views,
    "migrations": migrations,
}


def result_of(name: str, future: Future[Finding], deadline: float) -> Finding:
    """Return the finding of a check by the deadline, in seconds of the monotonic clock."""
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except FutureTimeout:
        return Finding("does not answer in time", is_fatal=name == "database")
    except Exception as error:
        services().failed_checks.note(name, error)
        return Finding(f"the check failed ({type(error).__name__}); see the log")


class FailedChecks:
    """The checks that failed; the same reason is logged once per check."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def note(self, name: str, error: Exception) -> None:
        """Log why a check failed, unless it failed for the same reason last time."""
        reason = repr(error)
        if self._reasons.get(name) != reason:
            log.error("The check of %s failed", name, exc_info=error)
        self._reasons[name] = reason


class BusyDatabase:
    """The time since which the database check failed only because no connection was free."""

    def __init__(self) -> None:
        self._since: float | None = None

    def judge(self, database: Finding, connections: Finding) -> Finding:
        """Return the finding about the database; not fatal while the pool has no free connection,
        unless that lasts longer than any query may take."""
        if database.text == OK or connections.text == OK:
            self._since = None
            return database
        now = time.monotonic()
        self._since = self._since or now
        longest = services().db.statement_timeout / 1000 + 1
        return Finding(database.text, is_fatal=now - self._since > longest)


def report() -> dict[str, Any]:
    """Return the status of the service, and the finding of each check."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    # Before the other checks, which use connections themselves.
    connections = pool()
    futures = {name: run_in_background(f"health {name}", check) for name, check in CHECKS.items()}
    findings = {name: result_of(name, future, deadline) for name, future in futures.items()}
    findings["database"] = services().busy_database.judge(findings["database"], connections)
    findings["pool"] = connections
    findings["writable"] = writable()
    texts = {name: finding.text for name, finding in findings.items()}
    return {"status": overall_status(list(findings.values())), "checks": texts}


def overall_status(findings: Sequence[Finding]) -> Status:
    """Return the status of the service: unhealthy if a finding is fatal, else degraded if one is
    not ok."""
    if any(finding.is_fatal for finding in findings):
        return Status.UNHEALTHY
    if any(finding.text != OK for finding in findings):
        return Status.DEGRADED
    return Status.HEALTHY
