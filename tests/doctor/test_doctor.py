"""`flask doctor`: statistics, migrations, keys, settings; its report, and its `--fix`."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import contextmanager

import pytest

from kamiyo_api.access import keys
from tests.support import ROOT, factories
from tests.support.doctor import NOWHERE, examined, shell

SQL = ROOT / "sql"
LAST = max(path.stem for path in (SQL / "migrations").glob("*.sql"))


@pytest.fixture
def old_statistics(app, sql, refresh):
    """Let every refresh have happened so many seconds earlier."""

    def age(seconds):
        sql(
            "update erc8004_stats_refreshes set began_at = began_at - %s * interval '1 second', "
            "ended_at = ended_at - %s * interval '1 second'",
            seconds,
            seconds,
        )

    refresh()
    yield age
    refresh()


@pytest.fixture
def record(app, sql, refresh):
    """Records of refreshes that began so many seconds ago; there are no others."""

    refresh()
    (newest,) = sql("select to_jsonb(f)::text as record from erc8004_stats_refreshes as f limit 1")
    last = newest["record"]

    def write(*ages, took=1):
        sql("delete from erc8004_stats_refreshes")
        for age in reversed(ages):
            sql(
                """
                insert into erc8004_stats_refreshes overriding system value
                select (jsonb_populate_record(null::erc8004_stats_refreshes, %s::jsonb
                  || jsonb_build_object(
                    'id', nextval(pg_get_serial_sequence('erc8004_stats_refreshes', 'id')),
                    'began_at', now() - %s * interval '1 second',
                    'ended_at', now() - (%s - %s) * interval '1 second',
                    'reputation_seconds', %s
                  ))).*
                """,
                *(last, age, age, took, took),
            )

    yield write
    refresh()


@pytest.mark.parametrize(("age", "status"), [(0, "ok"), (400, "warning"), (4000, "failing")])
def test_view_age_is_judged_by_the_limits_of_the_guide(doctor, old_statistics, age, status):
    old_statistics(age)
    assert doctor().status("view-age") == status


def test_stale_view_is_cured_by_the_command_that_is_named(doctor, old_statistics, cure):
    old_statistics(4000)
    cure(doctor()["view-age"])
    assert doctor().status("view-age") == "ok"


def test_fix_refreshes_and_says_so(doctor, old_statistics, sql):
    old_statistics(4000)
    sql("analyze")
    fixed = doctor("--fix")
    assert "refreshed the statistics and deleted expired rows" in fixed.report["fixed"]
    assert fixed.status("view-age") == "ok"
    assert "view-age" not in fixed.names("warning", "failing")


def test_statistics_that_were_never_refreshed_fail(doctor, record):
    record()
    found = doctor()
    assert (found.status("view-age"), found.status("last-refresh")) == ("failing", "failing")
    assert doctor("--fix").status("view-age") == "ok"


def test_refresh_that_takes_too_long_is_told_with_its_parts(doctor, record):
    record(200, took=180)
    found = doctor()["last-refresh"]
    assert found["status"] == "warning"
    assert "took 180 s (" in found["figure"]
    assert "reputation 180 s" in found["figure"]


@pytest.mark.parametrize(
    ("ages", "status"),
    [
        ((10, 310, 610, 910), "ok"),
        ((10, 20), "warning"),
        ((10, 3610, 7210, 10810), "warning"),
        ((900, 1200, 1500, 1800), "warning"),
    ],
)
def test_refresh_that_nothing_runs_regularly_is_seen(doctor, record, ages, status):
    record(*ages)
    assert doctor().status("regular-refresh") == status


def test_expired_things_are_seen_and_cleared_by_fix(doctor, sql, request_validation, make_agent):
    agent = make_agent()
    request_validation(agent_uuid=agent["agent_uuid"])
    sql("update erc8004_validations set expires_at = now() - interval '2 hours'")
    sql(
        "insert into idempotency_keys (api_key_id, idempotency_key, request_hash, created_at) "
        "values (gen_random_uuid(), 'old', '', now() - interval '30 hours')"
    )
    found = doctor()["expired-rows"]
    assert found["status"] == "warning"
    assert found["figure"].startswith("1 idempotency keys and 1 pending validations")
    assert doctor("--fix").status("expired-rows") == "ok"
    assert sql("select status from erc8004_validations") == [{"status": "expired"}]
    assert sql("select 1 from idempotency_keys") == []


def test_settings_that_do_not_fit_together_are_reported(addresses):
    odd = {"WEB_THREADS": "20", "REDIS_TIMEOUT_MS": "900", "RATE_LIMITS_FREE": "9,5,1,1"}
    found = examined({**addresses, **odd})["settings"]
    assert found["status"] == "warning"
    assert "20 threads of a worker share 10 connections" in found["figure"]
    assert "900 ms for a Redis that hangs" in found["figure"]
    assert "RATE_LIMITS_FREE=9,9,1,1" in found["cure"]
    better = {"WEB_THREADS": "20", "DATABASE_POOL_SIZE": "20", "REDIS_TIMEOUT_MS": "50"}
    assert examined({**addresses, **better}).status("settings") == "ok"


def test_key_that_ends_soon_is_told_until_it_has_a_successor(doctor, cure):
    keys.create("Anna's key", "pro", ("write", "read"), factories.address(), dt.timedelta(days=3))
    found = doctor()["expiring-keys"]
    assert found["status"] == "warning"
    assert found["figure"].startswith("1 within 7 days: kamiyo_")
    cure(found)
    assert doctor().status("expiring-keys") == "ok"


def test_key_that_ends_later_is_no_matter(doctor):
    keys.create("later", "pro", ("read",), None, dt.timedelta(days=30))
    assert doctor().status("expiring-keys") == "ok"


def test_service_without_any_key_is_reported(doctor, cure):
    found = doctor()["api-keys"]
    assert found["status"] == "warning"
    cure(found)
    assert doctor()["api-keys"]["figure"] == "1 active, 0 expired, 0 revoked"


@contextmanager
def another_database(sql, servers, name):
    """The address of a database in which nothing is yet."""
    sql(f"create database {name}")
    try:
        yield servers.database_url.replace("/kamiyo?", f"/{name}?")
    finally:
        sql(f"drop database {name} with (force)")


def test_empty_database_is_told_and_migrated(addresses, sql, servers):
    with another_database(sql, servers, "unmigrated") as address:
        found = examined({"DATABASE_URL": address})
        assert found.exit_code == 2
        files = len([*SQL.glob("tables/*.sql"), *SQL.glob("functions/*.sql")])
        figure = f"{files} pending: tables/05_extensions, "
        assert found["pending-migrations"]["figure"].startswith(figure)
        assert found.status("view-age") == "warning"
        shell(found["pending-migrations"]["cure"], address)
        assert examined({"DATABASE_URL": address}).status("pending-migrations") == "ok"


def test_pending_and_unknown_migrations_are_reported(doctor, sql):
    (last,) = sql(
        "delete from schema_migrations where version = %s returning version, name", int(LAST[:4])
    )
    found = doctor()["pending-migrations"]
    assert (found["status"], found["cure"]) == ("failing", "flask migrate")
    assert found["figure"] == f"1 pending: migrations/{LAST}"
    sql("insert into schema_migrations (version, name) values (%s, %s)", *last.values())
    sql("insert into schema_migrations (version, name) values (999, '0999_tomorrow')")
    assert doctor().status("pending-migrations") == "warning"
    sql("delete from schema_migrations where version = 999")
    assert doctor().status("pending-migrations") == "ok"


def test_clock_of_the_database_that_is_wrong_is_seen(addresses, sql):
    sql(
        "create function clock_timestamp() returns timestamptz language sql "
        "return pg_catalog.clock_timestamp() + interval '1 hour'"
    )
    ahead = f"{addresses['DATABASE_URL']}&options=-csearch_path%3Dpublic,pg_catalog"
    found = examined({**addresses, "DATABASE_URL": ahead})["clock-skew"]
    sql("drop function public.clock_timestamp()")
    assert found["status"] == "failing"
    assert found["figure"].startswith("PostgreSQL +3")
    assert examined(addresses).status("clock-skew") == "ok"


def test_every_check_tells_status_figure_why_and_cure(doctor):
    found = doctor()
    assert set(found.report) == {
        *("status", "exit_code", "checked_at", "counts", "fixed", "checks"),
    }
    assert len(found.report["checks"]) == sum(found.report["counts"].values()) > 30
    for check in found.report["checks"]:
        assert set(check) == {"name", "part", "status", "figure", "why", "cure"}
        assert check["figure"]
        assert check["why"].endswith(".")
        assert check["status"] in ("ok", "unknown", "warning", "failing")
        assert check["cure"] or check["status"] in ("ok", "unknown")
    names = [check["name"] for check in found.report["checks"]]
    assert len(set(names)) == len(names)


def test_text_tells_the_same_as_json(app, doctor):
    done = app.test_cli_runner().invoke(args=["doctor", "--url", NOWHERE])
    found = doctor()
    assert done.exit_code == found.exit_code
    (left_out,) = re.findall(r"^unknown  left out until service is fixed: (.*)$", done.output, re.M)
    for check in found.report["checks"]:
        if check["name"] in left_out.split(", "):
            assert check["status"] == "unknown"
            continue
        assert f"{check['status']:<8} {check['name']}: " in done.output
        assert check["why"] in done.output
    assert "$ sudo systemctl restart kamiyo-api" in done.output
