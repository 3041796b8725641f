"""Symptoms of the statistics: nobody refreshes them, or a clock was wrong."""

from __future__ import annotations

import re

import pytest

STATUSES = {"ViewsStale": "warning", "ViewsVeryStale": "failing"}


@pytest.mark.parametrize(("age", "alert"), [(400, "ViewsStale"), (4000, "ViewsVeryStale")])
def test_stale_view_is_seen_and_refreshed(stand, fired, symptom, age, alert):
    well = stand.during()
    # Nobody refreshed for so long.
    stand.sql(
        "update erc8004_stats_refreshes set began_at = began_at - %s * interval '1 second', "
        "ended_at = ended_at - %s * interval '1 second'",
        *(age, age),
    )
    ill = stand.during()
    code, status, checks = stand.health()
    found = stand.doctor()["view-age"]
    assert age <= ill[1].total("erc8004_view_age_seconds") / 2 < age + 60
    assert (code, status) == (200, "degraded")
    assert "stale: 4" in checks["views"]
    assert (found["status"], found["cure"]) == (STATUSES[alert], "flask refresh-stats")

    stand.type(found["cure"])

    cured = stand.during()
    alerts = fired(well, ill, cured, alert)
    assert stand.is_healthy()
    assert stand.doctor().status("view-age") == "ok"
    symptom(
        f"view stale for {age} s",
        metric="erc8004_view_age_seconds",
        alert=alerts,
        health=f"{status}: {checks['views']}",
        doctor=f"view-age {found['status']}",
        cure=found["cure"],
    )


def test_clock_that_was_ahead_is_seen_and_over_with_a_refresh(stand, fired, symptom):
    well = stand.during()
    # The last refresh ran while the clock was ahead.
    stand.sql(
        "update erc8004_stats_refreshes set began_at = began_at + interval '1 hour', "
        "ended_at = ended_at + interval '1 hour' "
        "where id = (select max(id) from erc8004_stats_refreshes)"
    )
    ill = stand.during()
    code, status, checks = stand.health()
    found = stand.doctor()["view-age"]
    assert ill[1].total("erc8004_view_age_seconds") < 0
    assert (code, status) == (200, "degraded")
    assert re.match(
        r"failing: computed when PostgreSQL's clock was (35\d\d|3600) s", checks["views"]
    )
    assert (found["status"], found["cure"]) == ("failing", "flask refresh-stats")

    stand.type(found["cure"])

    cured = stand.during()
    alerts = fired(well, ill, cured, "ViewsFromTheFuture")
    assert stand.is_healthy()
    assert stand.doctor().status("view-age") == "ok"
    symptom(
        "clock was ahead",
        metric="erc8004_view_age_seconds below 0",
        alert=alerts,
        health=f"{status}: {checks['views']}",
        doctor=f"view-age {found['status']}",
        cure=found["cure"],
    )
