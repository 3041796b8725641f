"""The cures that are safe to run at any time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kamiyo_api import db, errors
from kamiyo_api.doctor.findings import Status
from kamiyo_api.doctor.report import Report
from kamiyo_api.trust.refresh import refresh_stats


def refresh() -> str:
    """Refresh the statistics, which clears what has expired, too."""
    done = refresh_stats()
    if done is None:
        return "another refresh is running; it does what this one would"
    return "refreshed the statistics and cleared what had expired"


def analyze() -> str:
    """Tell the planner of every table."""
    with db.transaction(limited=False) as tx:
        tx.execute("doctor.analyze_all")
    return "analyzed every table"


CURES: Sequence[tuple[Callable[[], str], set[str]]] = (
    (refresh, {"view-age", "last-refresh", "regular-refresh", "expired-rows"}),
    (analyze, {"unanalyzed-tables", "statistics-query", "slow-statements", "latency"}),
)


def fix(report: Report) -> list[str]:
    """Do what cures something in this report; what was done, or why it was not."""
    ill = report.names(Status.WARNING, Status.FAILING)
    return [attempted(cure) for cure, cured in CURES if ill & cured]


def attempted(cure: Callable[[], str]) -> str:
    """What a cure did, or why it could not."""
    try:
        return cure()
    except (errors.ApiError, db.ConnectionLost) as error:
        return f"could not {cure.__name__}: {error or 'the connection to the database broke'}"
