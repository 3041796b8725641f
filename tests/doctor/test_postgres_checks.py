"""`flask doctor` and PostgreSQL: each ill is caused, seen, and cured as the doctor says."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg2
import pytest

from kamiyo_api.dev.databases import embedded_postgres
from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.doctor import examined, shell, typed
from tests.support.programs import needed

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
UNIQUE = "uq__erc8004_validations__chain_registry_request"
SECRET = "kamiyo_" + "s3cret" * 7 + "x"


@pytest.fixture
def connect(servers):
    """More sessions of the database; each is gone after the test."""
    opened = []

    def open_one(**options):
        opened.append(psycopg2.connect(servers.database_url, **options))
        return opened[-1]

    yield open_one
    for connection in opened:
        connection.close()


@pytest.fixture
def quiet_tables(app, sql):
    """Two tables that autovacuum leaves alone, and of which nothing was counted yet."""
    tables = ("erc8004_agents", "erc8004_agent_search")
    for table in tables:
        sql(f"alter table {table} set (autovacuum_enabled = false)")
        sql("select pg_stat_reset_single_table_counters(%s::regclass)", table)
    yield
    for table in tables:
        sql(f"delete from {table}")
        sql(f"alter table {table} reset (autovacuum_enabled)")
        sql(f"vacuum analyze {table}")


def test_table_that_was_never_analyzed_is_seen_and_analyzed_by_fix(doctor, sql, quiet_tables):
    factories.insert_agents(sql, 1500)
    sql("select pg_stat_force_next_flush()")
    found = doctor()["unanalyzed-tables"]
    assert found["status"] == "warning"
    assert "erc8004_agents" in found["figure"]
    fixed = doctor("--fix")
    assert "analyzed every table" in fixed.report["fixed"]
    assert fixed.status("unanalyzed-tables") == "ok"


def test_bloated_table_is_seen_and_vacuumed(doctor, sql, cure):
    sql("create table bloated (number integer) with (autovacuum_enabled = false)")
    sql("insert into bloated select * from generate_series(1, 20000)")
    sql("delete from bloated where number <= 15000")
    sql("select pg_stat_force_next_flush()")
    found = doctor()["bloated-tables"]
    assert found["status"] == "warning"
    assert "bloated 15000 of 20000 (75.0 %) rows dead" in found["figure"]
    cure(found)
    assert doctor().status("bloated-tables") == "ok"
    sql("drop table bloated")


def test_dropped_indexes_are_seen_and_made_again(doctor, sql, cure):
    sql("drop index ix__erc8004_reputation__agent_created")
    sql("drop index uq__erc8004_agent_payments__log")
    sql("alter table erc8004_validations drop constraint " + UNIQUE)
    found = doctor()["missing-indexes"]
    assert found["status"] == "failing"
    assert "ix__erc8004_reputation__agent_created" in found["figure"]
    assert "uq__erc8004_agent_payments__log" in found["figure"]
    assert UNIQUE in found["figure"]
    cure(found)
    assert doctor().status("missing-indexes") == "ok"
    assert sql("select 1 from pg_constraint where conname = %s", UNIQUE)


def test_every_index_of_the_tables_is_known(doctor, sql):
    (counted,) = sql("select count(*) from pg_indexes where schemaname = 'public'")
    # The two records of the schema have one each, which the migrator creates.
    assert doctor()["missing-indexes"]["figure"] == f"all {counted['count'] - 2} are there"


def test_invalid_index_is_seen_and_made_anew(doctor, sql, cure):
    sql("create table twice (n integer)")
    sql("insert into twice values (1), (1)")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        sql("create unique index concurrently ix__twice on twice (n)")
    found = doctor()["invalid-indexes"]
    assert (found["status"], found["figure"]) == ("failing", "1: ix__twice")
    sql("delete from twice")
    cure(found)
    assert doctor().status("invalid-indexes") == "ok"
    sql("drop table twice")


def test_foreign_key_without_an_index_is_seen(doctor, sql, cure):
    sql("drop index ix__erc8004_feedback_responses__feedback_created")
    sql("drop index ix__erc8004_feedback_responses__feedback_responder")
    found = doctor()
    assert found["unindexed-foreign-keys"]["figure"] == (
        "1: fk__erc8004_feedback_responses__feedback"
    )
    cure(found["missing-indexes"])
    assert doctor().status("unindexed-foreign-keys") == "ok"


def test_long_transaction_is_seen_and_ended(doctor, connect, cure):
    worker = connect()

    def work():
        with pytest.raises(psycopg2.Error), worker.cursor() as cursor:
            cursor.execute(f"select pg_sleep(60), '{SECRET}' /* {SECRET} */")

    thread = threading.Thread(target=work)
    thread.start()
    seen = wait_until(lambda: long_ones(doctor, "long-transactions"))
    assert "select pg_sleep(?), ?" in seen["figure"]
    assert f"pid {worker.info.backend_pid}" in seen["figure"]
    assert SECRET not in str(seen)
    cure(seen)
    thread.join()
    assert doctor("--long", "1s").status("long-transactions") == "ok"


def test_session_that_is_idle_in_a_transaction_is_seen_and_ended(doctor, connect, cure):
    forgotten = connect(application_name="forgetful")
    forgotten.cursor().execute(f"select '{SECRET}'")
    seen = wait_until(lambda: long_ones(doctor, "idle-in-transaction"))
    assert "of forgetful: select ?" in seen["figure"]
    cure(seen)
    assert doctor("--long", "1s").status("idle-in-transaction") == "ok"


def long_ones(doctor, name):
    check = doctor("--long", "1s")[name]
    return check if check["status"] != "ok" else None


def test_lock_that_is_waited_for_hides_nothing_else_and_is_ended(doctor, connect, cure):
    blocker, waiter = connect(), connect()
    blocker.cursor().execute("lock table erc8004_agents in access exclusive mode")
    thread = threading.Thread(target=lambda: waiter.cursor().execute("table erc8004_agents"))
    thread.start()
    found = wait_until(lambda: (each := doctor()).status("lock-waits") != "ok" and each)
    blocked, blocking = waiter.info.backend_pid, blocker.info.backend_pid
    assert f"pid {blocked} waits for pid {blocking}" in found["lock-waits"]["figure"]
    # What reads the locked table gives up; everything after it is still answered.
    assert found.status("statistics-query") == "failing"
    assert found.status("expiring-keys") == "ok"
    assert found.status("redis") == "ok"
    cure(found["lock-waits"])
    thread.join()
    assert doctor().status("lock-waits") == "ok"


@pytest.fixture
def newcomer(sql, servers):
    """The address of the database for somebody who is no superuser."""
    sql("create role newcomer login")
    yield servers.database_url.replace("postgres@", "newcomer@")
    sql("drop role newcomer")


def test_connections_are_counted_against_what_the_server_allows(doctor, connect, cure):
    assert doctor().status("connections") == "ok"
    found = filled_up_to(0.85, doctor, connect)
    assert found["connections"]["status"] == "warning"
    cure(found["connections"])
    assert filled_up_to(0.97, doctor, connect).status("connections") == "failing"


def filled_up_to(part, doctor, connect):
    """What the doctor finds once so much of all connections is taken."""
    while True:
        found = doctor()
        used, most = (int(word) for word in found["connections"]["figure"].split()[:3:2])
        if used > part * most:
            return found
        for _ in range(int(part * most) - used + 1):
            connect()


def test_nobody_gets_in_any_more_is_told_as_such(addresses, newcomer):
    with ExitStack() as stack:
        with suppress(psycopg2.OperationalError):
            while True:
                stack.callback(psycopg2.connect(newcomer).close)
        found = examined({**addresses, "DATABASE_URL": newcomer})
    assert found.exit_code == 2
    assert found["database"]["figure"].startswith("has no connection left")
    assert "pg_terminate_backend" in found["database"]["cure"]


def test_more_workers_than_the_server_has_connections_for_fail(addresses):
    found = examined({**addresses, "WEB_CONCURRENCY": "40"})
    assert found["connection-budget"]["status"] == "failing"
    assert "40 workers with 10 each = 400, of 297" in found["connection-budget"]["figure"]
    assert "DATABASE_POOL_SIZE=2" in found["connection-budget"]["cure"]


def test_autovacuum_that_is_off_is_seen_and_switched_on(doctor, sql, cure):
    sql("alter system set autovacuum = off")
    sql("select pg_reload_conf()")
    found = wait_until(lambda: switched_off(doctor, "autovacuum"))
    cure(found)
    wait_until(lambda: not switched_off(doctor, "autovacuum"))
    sql("alter system reset all")


def switched_off(doctor, name):
    check = doctor()["database-settings"]
    return check if name in check["figure"].removeprefix("off: ").split(", ") else None


def test_slow_statements_are_told_where_they_are_counted(tmp_path_factory):
    needed(str(POSTGRES_15 / "initdb"))
    folder = tmp_path_factory.mktemp("statements")
    with embedded_postgres(folder, bin_dir=POSTGRES_15) as address:
        assert typed({"DATABASE_URL": address}, "migrate").returncode == 0
        found = examined({"DATABASE_URL": address})["slow-statements"]
        assert (found["status"], found["figure"]) == (
            "unknown",
            "not measured: pg_stat_statements is not loaded",
        )
        shell(found["cure"].split("; ")[0], address)
    with embedded_postgres(folder, bin_dir=POSTGRES_15) as address:
        found = examined({"DATABASE_URL": address})["slow-statements"]
        assert found["figure"] == "not measured: no extension here"
        shell(found["cure"], address)
        assert examined({"DATABASE_URL": address}).status("slow-statements") == "ok"
        shell(
            f"psql '{address}' -c \"select count(*), pg_sleep(0.7), 'abc' from erc8004_agents\"",
            address,
        )
        found = examined({"DATABASE_URL": address})["slow-statements"]
        assert found["status"] == "warning"
        assert (
            "in 1 calls: select count(*), pg_sleep($1), $2 from erc8004_agents" in (found["figure"])
        )


def test_pools_that_leave_little_to_others_are_a_warning(doctor, app, monkeypatch):
    config = dataclasses.replace(app.extensions["kamiyo"].config, web_concurrency=25)
    monkeypatch.setattr(app.extensions["kamiyo"], "config", config)
    assert doctor().status("connection-budget") == "warning"


def test_database_that_hangs_fails_and_hides_nothing_else(addresses, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hanging")
    with embedded_postgres(folder, throwaway=True) as address:
        pid = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGSTOP)
        try:
            found = examined({**addresses, "DATABASE_URL": address})
        finally:
            os.kill(pid, signal.SIGCONT)
    assert found.exit_code == 2
    assert found["database"]["status"] == "failing"
    assert found.status("view-age") == "unknown"
    assert found.status("redis") == "ok"
