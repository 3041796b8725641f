"""The fixes that are safe at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kamiyo_api import db, errors
from kamiyo_api.doctor.findings import Status
from kamiyo_api.doctor.report import Report
from kamiyo_api.trust.refresh import refresh_stats


def refresh() -> str:
    """Refresh the statistics, which also deletes expired rows."""
    done = refresh_stats()
    if done is None:
        return "another refresh is running; it does what this one would"
    return "refreshed the statistics and deleted expired rows"


def analyze() -> str:
    """Update the planner statistics of every table."""
    with db.transaction(limited=False) as tx:
        tx.execute("doctor.analyze_all")
    return "analyzed every table"


FIXES: Sequence[tuple[Callable[[], str], set[str]]] = (
    (refresh, {"view-age", "last-refresh", "regular-refresh", "expired-rows"}),
    (analyze, {"unanalyzed-tables", "statistics-query", "slow-statements", "latency"}),
)


def fix(report: Report) -> list[str]:
    """Apply the fixes for this report; return the result of each."""
    unhealthy = report.names(Status.WARNING, Status.FAILING)
    return [attempt(action) for action, checks in FIXES if unhealthy & checks]


def attempt(action: Callable[[], str]) -> str:
    """Run a fix; return its result, or why it failed."""
    try:
        return action()
    except (errors.ApiError, db.ConnectionLost) as error:
        return f"could not {action.__name__}: {error or 'the connection to the database broke'}"
