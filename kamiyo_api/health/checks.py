"""How the service is: what each part of it says within a second, even if it hangs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.context import services
from kamiyo_api.db import schema
from kamiyo_api.health.background import run_in_background
from kamiyo_api.redis.client import RedisUnavailable

DEADLINE_SECONDS = 0.6
FRESH_SECONDS = 300
STALE_SECONDS = 3600
OK = "ok"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Finding:
    """What one check found: text "ok", or what is wrong; fatal where nothing can be answered."""

    text: str = OK
    is_fatal: bool = False


def database() -> Finding:
    """Whether PostgreSQL answers."""
    try:
        (told,) = db.rows("health.get_alive")
    except errors.DatabaseBusy:
        return Finding("busy: no connection was free, or the query timed out")
    except errors.DatabaseSilent:
        return Finding("does not answer in time", is_fatal=True)
    except errors.ApiError:
        return Finding("cannot be reached", is_fatal=True)
    services().db.writes.record_read_only(is_read_only=told["is_read_only"])
    return Finding()


def writable() -> Finding:
    """Whether PostgreSQL takes writes, as far as this process knows; reads go on without."""
    refusal = services().db.writes.refusal
    if refusal is None:
        return Finding()
    return Finding(f"{refusal.reason}; reads go on, writes are refused")


def redis() -> Finding:
    """Whether Redis answers; without it requests go on, uncached."""
    try:
        services().redis.ask(lambda connection: connection.ping())
    except RedisUnavailable:
        return Finding("Redis is away; requests go on, uncached, limited per process")
    return Finding()


def views() -> Finding:
    """Whether the statistics are fresh."""
    try:
        (last,) = db.rows("stats.get_totals")
    except errors.ApiError:
        return Finding("unknown: the database does not answer")
    if last["age_seconds"] < 0:
        return Finding(from_the_future(last["age_seconds"]))
    age = int(last["age_seconds"])
    if age > STALE_SECONDS:
        return Finding(f"very stale: {age} s old; nobody runs flask refresh-stats")
    if age > FRESH_SECONDS:
        return Finding(f"stale: {age} s old; run flask refresh-stats")
    return Finding()


def from_the_future(age: float) -> str:
    """What statistics say that are younger than now; new ones show all the same."""
    return (
        f"failing: computed when PostgreSQL's clock was {-age:.0f} s ahead of now; correct the "
        "clock, then run flask refresh-stats"
    )


def pool() -> Finding:
    """Whether this process has connections left."""
    used, most = services().db.usage()
    if used >= most:
        return Finding(f"all {most} connections of this process are in use")
    return Finding()


def migrations() -> Finding:
    """Whether the database has the schema of this version."""
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


# Each of these asks a server, which may hang.
CHECKS: dict[str, Callable[[], Finding]] = {
    "database": database,
    "cache": redis,
    "views": views,
    "migrations": migrations,
}


def found_by(name: str, future: Future[Finding], deadline: float) -> Finding:
    """What a check found until the deadline."""
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except TooLate:
        return Finding("does not answer in time", is_fatal=name == "database")
    except Exception as error:
        services().failed_checks.note(name, error)
        return Finding(f"the check failed ({type(error).__name__}); see the log")


class FailedChecks:
    """The checks that failed, each of which is logged once for the same reason."""

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}

    def note(self, name: str, error: Exception) -> None:
        """Log why a check failed, unless it failed for that the last time, too."""
        reason = repr(error)
        if self._reasons.get(name) != reason:
            log.error("The check of %s failed", name, exc_info=error)
        self._reasons[name] = reason


class BusyDatabase:
    """Whether the database is only busy: no connection is free, for which its check waits."""

    def __init__(self) -> None:
        self._since: float | None = None

    def judge(self, found: Finding, connections: Finding) -> Finding:
        """What the check of the database found; no worse than busy while the pool has no free
        connection, unless that goes on for longer than any query may take."""
        if found.text == OK or connections.text == OK:
            self._since = None
            return found
        now = time.monotonic()
        self._since = self._since or now
        longest = services().db.statement_timeout / 1000 + 1
        return Finding(found.text, is_fatal=now - self._since > longest)


def report() -> dict[str, Any]:
    """The state of the service: healthy, degraded or unhealthy, and what each check found."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    # Before the other checks, which use connections themselves.
    connections = pool()
    futures = {name: run_in_background(f"health {name}", check) for name, check in CHECKS.items()}
    found = {name: found_by(name, future, deadline) for name, future in futures.items()}
    found["database"] = services().busy_database.judge(found["database"], connections)
    found["pool"] = connections
    found["writable"] = writable()
    status = "healthy"
    if any(finding.text != OK for finding in found.values()):
        status = "degraded"
    if any(finding.is_fatal for finding in found.values()):
        status = "unhealthy"
    return {"status": status, "checks": {name: finding.text for name, finding in found.items()}}
