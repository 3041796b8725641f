"""The statistics: their age, their refreshes, and rows that a refresh should have deleted."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise

from kamiyo_api import db
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, failing, graded, ok, warning
from kamiyo_api.doctor.wording import span
from kamiyo_api.health.checks import FRESH_SECONDS, STALE_SECONDS, clock_ahead

REFRESH = "flask refresh-stats"
CLOCK = "flask refresh-stats --every 300"
REGULAR_SECONDS = 2 * FRESH_SECONDS
ENOUGH_REFRESHES = 3
LONG_REFRESH = FRESH_SECONDS / 2
SLOW_SECONDS = 0.5


@check("database", "Search and the totals show the state at the last refresh.")
def view_age(components: Components) -> Finding:
    """Check the age of the statistics."""
    last = db.row("stats.get_totals")
    if last is None:
        return failing("never refreshed", REFRESH)
    age = last["age_seconds"]
    if age < 0:
        return failing(clock_ahead(age).removeprefix("failing: "), REFRESH)
    figure = f"{age:.0f} s, should be below {FRESH_SECONDS} s"
    return graded(age, FRESH_SECONDS, STALE_SECONDS, figure, REFRESH)


@check("database", "If a refresh takes longer than the interval, refreshes run without a pause.")
def last_refresh(components: Components) -> Finding:
    """Check the duration of the last refresh."""
    last = next(iter(db.rows("doctor.list_refreshes")), None)
    if last is None:
        return failing("never refreshed", REFRESH)
    figure = (
        f"{span(last['age'])} ago, took {span(last['seconds'])} "
        f"(counting {span(last['fold_seconds'])}, reputation {span(last['reputation_seconds'])}, "
        f"payments {span(last['payment_seconds'])}, search {span(last['search_seconds'])})"
    )
    return graded(last["seconds"], LONG_REFRESH, FRESH_SECONDS, figure, "flask doctor --fix")


@check("database", "Without a regular refresh, the figures in searches become stale.")
def regular_refresh(components: Components) -> Finding:
    """Check whether anything runs the refresh every few minutes."""
    ages = [row["age"] for row in db.rows("doctor.list_refreshes")]
    if len(ages) < ENOUGH_REFRESHES:
        return warning(f"ran {len(ages)} times in all: nothing runs it regularly", CLOCK)
    gaps = [before - after for after, before in pairwise(ages)]
    usual = max(statistics.median(gaps), 0)
    figure = f"usually every {span(usual)}, last {span(ages[0])} ago"
    if max(usual, ages[0]) > REGULAR_SECONDS:
        return warning(f"{figure}: nothing runs it every {FRESH_SECONDS} s", CLOCK)
    return ok(figure)


@check("database", "The guide's query of all statistics shows how long readers wait.")
def statistics_query(components: Components) -> Finding:
    """Check the duration of a query of fifty agents with all statistics."""
    began = time.perf_counter()
    found = db.rows("doctor.list_active_stats")
    seconds = time.perf_counter() - began
    figure = f"{len(found)} agents in {span(seconds)}, should be below {span(SLOW_SECONDS)}"
    return graded(seconds, SLOW_SECONDS, 4 * SLOW_SECONDS, figure, "flask doctor --fix")


@check("database", "Expired rows that are not deleted fill the tables.")
def expired_rows(components: Components) -> Finding:
    """Check for expired rows that a refresh should have deleted."""
    counts = db.rows("doctor.get_expired")[0]
    figure = (
        f"{counts['idempotency_keys']} idempotency keys and {counts['validations']} pending "
        "validations are past their time"
    )
    return warning(figure, "flask doctor --fix") if any(counts.values()) else ok(figure)


CHECKS = (view_age, last_refresh, regular_refresh, statistics_query, expired_rows)
