"""How the service is: what each part of it says within a second, even if it hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app

from kamiyo_api import db, errors, migrations

DEADLINE_SECONDS = 0.8
FRESH_SECONDS = 300
STALE_SECONDS = 3600
OK = "ok"


@dataclass(frozen=True)
class Finding:
    """What one check found: text "ok", or what is wrong; fatal where nothing can be answered."""

    text: str = OK
    is_fatal: bool = False


def database() -> Finding:
    """Whether PostgreSQL answers."""
    try:
        db.row("health.get_alive")
    except errors.DatabaseBusy:
        return Finding("busy: no connection was free, or the query timed out")
    except errors.ApiError:
        return Finding("cannot be reached", is_fatal=True)
    return Finding()


def redis() -> Finding:
    """Whether Redis answers; without it requests go on, uncached."""
    client = current_app.extensions["redis"]
    if client.is_away:
        return Finding("Redis is away; requests go on, uncached, limited per process")
    return Finding()


def views() -> Finding:
    """Whether the statistics are fresh."""
    try:
        (last,) = db.rows("stats.get_totals")
    except errors.ApiError:
        return Finding("unknown: the database does not answer")
    age = int(last["age_seconds"])
    if age > STALE_SECONDS:
        return Finding(f"very stale: {age} s old; nobody runs flask refresh-stats")
    if age > FRESH_SECONDS:
        return Finding(f"stale: {age} s old; run flask refresh-stats")
    return Finding()


def pool() -> Finding:
    """Whether this process has connections left."""
    used, most = current_app.extensions["db"].usage()
    if used >= most:
        return Finding(f"all {most} connections of this process are in use")
    return Finding()


def schema() -> Finding:
    """Whether the database has every migration."""
    try:
        pending = migrations.pending()
    except errors.ApiError:
        return Finding("unknown: the database does not answer")
    if pending:
        return Finding(f"{len(pending)} pending; run flask migrate")
    return Finding()


CHECKS: dict[str, Callable[[], Finding]] = {
    "database": database,
    "cache": redis,
    "views": views,
    "pool": pool,
    "migrations": schema,
}


class Examiner:
    """Runs the checks beside the request, each at most once at a time, so that one that
    hangs costs one thread and no answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: dict[str, Future[Finding]] = {}

    def examine(self, app: Flask) -> dict[str, Finding]:
        """What every check finds until the deadline."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        futures = {name: self._start(app, name) for name in CHECKS}
        return {name: self._result(name, future, deadline) for name, future in futures.items()}

    def _start(self, app: Flask, name: str) -> Future[Finding]:
        with self._lock:
            running = self._running.get(name)
            if running is not None and not running.done():
                return running
            future: Future[Finding] = Future()
            self._running[name] = future
        threading.Thread(target=self._run, args=(app, name, future), daemon=True).start()
        return future

    @staticmethod
    def _run(app: Flask, name: str, future: Future[Finding]) -> None:
        with app.app_context():
            try:
                future.set_result(CHECKS[name]())
            except Exception as error:
                future.set_exception(error)

    @staticmethod
    def _result(name: str, future: Future[Finding], deadline: float) -> Finding:
        try:
            return future.result(max(0.0, deadline - time.monotonic()))
        except TooLate:
            return Finding("does not answer in time", is_fatal=name == "database")


def report() -> dict[str, Any]:
    """The state of the service: healthy, degraded or unhealthy, and what each check found."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found = app.extensions["health"].examine(app)
    status = "healthy"
    if any(finding.text != OK for finding in found.values()):
        status = "degraded"
    if any(finding.is_fatal for finding in found.values()):
        status = "unhealthy"
    return {"status": status, "checks": {name: finding.text for name, finding in found.items()}}


def init_app(app: Flask) -> None:
    """Make the examiner; its threads begin with the first question."""
    app.extensions["health"] = Examiner()
