"""Symptoms of PostgreSQL: slow, locked, crowded, or away."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager

from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.operated import restarted_with

PATIENT = {"DATABASE_STATEMENT_TIMEOUT_MS": "60000"}
RESPONSES = 150_000
DATA = ("erc8004_request_query_seconds", "erc8004_request_duration_seconds")


def rated(stand, key, *, feedback=1):
    """An agent with so much feedback."""
    agent = stand.ask("/agents/register", key, "POST", **factories.agent()).json()["agent_uuid"]
    for _ in range(feedback):
        given = stand.ask("/agents/feedback", key, "POST", **factories.feedback(agent_uuid=agent))
        assert given.status_code == 201
    return agent


def test_slow_query_is_seen_and_given_its_index_back(serve, fired, symptom):
    stand = serve(**PATIENT)
    key = stand.key()
    agent = rated(stand, key, feedback=100)
    (definition,) = stand.sql(
        "select indexdef from pg_indexes "
        "where indexname = 'ix__erc8004_feedback_responses__feedback_created'"
    )

    def read(times):
        for _ in range(times):
            answer = stand.ask(f"/agents/{agent}/feedback?limit=100", key)
            assert answer.status_code == 200

    well = stand.during(lambda: read(20))
    # What finds responses by their feedback was dropped, and the table grew.
    stand.sql("drop index ix__erc8004_feedback_responses__feedback_created")
    stand.sql("drop index ix__erc8004_feedback_responses__feedback_responder")
    stand.sql(
        """
        set session_replication_role = replica;
        insert into erc8004_feedback_responses (id, feedback_id, responder_address, response_uri)
        select gen_random_uuid(), gen_random_uuid(), '0x' || repeat('0', 40), 'https://a.example'
        from generate_series(1, %s)
        """,
        RESPONSES,
    )
    ill = stand.during(lambda: read(3))
    found = stand.doctor()["missing-indexes"]
    assert found["status"] == "failing"
    assert "ix__erc8004_feedback_responses__feedback_created" in found["figure"]
    assert stand.is_healthy()

    stand.type(found["cure"])

    cured = stand.during(lambda: read(20))
    alerts = fired(well, ill, cured, "SlowQueries")
    assert stand.doctor().status("missing-indexes") == "ok"
    (made,) = stand.sql(
        "select indexdef from pg_indexes "
        "where indexname = 'ix__erc8004_feedback_responses__feedback_created'"
    )
    assert made == definition
    symptom(
        "slow query",
        metric=", ".join(DATA),
        alert=alerts,
        health="healthy: it answers",
        doctor="missing-indexes failing",
        cure="psql … create index concurrently …",
    )


@contextmanager
def stuck_writers(stand, key, agent, count):
    """So many requests that wait for a row that somebody else holds, as long as the block runs."""
    body = {"registration_file": {"name": "Renamed"}}
    writers = [
        threading.Thread(target=stand.ask, args=(f"/agents/{agent}", key, "PATCH"), kwargs=body)
        for _ in range(count)
    ]
    with stand.session() as holder:
        with holder.cursor() as cursor:
            cursor.execute("begin")
            cursor.execute("select from erc8004_agents where id = %s for update", (agent,))
        for writer in writers:
            writer.start()
        wait_until(lambda: len(waiting(stand)) == count)
        yield
    for writer in writers:
        writer.join()


def waiting(stand):
    """The sessions that wait for a lock."""
    return stand.sql("select pid from pg_stat_activity where wait_event_type = 'Lock'")


def test_exhausted_pool_is_seen_and_widened(serve, fired, symptom):
    pool = {"DATABASE_POOL_SIZE": "1", "DATABASE_MAX_OVERFLOW": "1"}
    stand = serve(**PATIENT, **pool, DATABASE_POOL_TIMEOUT_MS="300")
    key = stand.key()
    agent = rated(stand, key)

    def read(served_by, status):
        for _ in range(3):
            answer = served_by.ask(f"/agents/{agent}/feedback", key)
            assert answer.status_code == status, answer.text

    well = stand.during(lambda: read(stand, 200))
    with stuck_writers(stand, key, agent, 2):
        ill = stand.during(lambda: read(stand, 503))
        code, status, checks = stand.health()
        found = stand.doctor()["pool"]
    told = ill[1]
    assert told.total("erc8004_db_pool_connections", state="in_use") == 2
    assert told.total("erc8004_db_pool_limit") == 2
    assert told.total("erc8004_request_errors_total", code="DATABASE_BUSY") >= 3
    assert (code, status) == (200, "degraded")
    assert checks["pool"] == "all 2 connections of this process are in use"
    assert found["status"] == "warning"
    assert found["figure"].startswith("2 of 2 (100.0 %) connections in use")

    larger = restarted_with(found["cure"])

    assert larger == {"DATABASE_POOL_SIZE": "2", "DATABASE_MAX_OVERFLOW": "2"}
    again = serve(**PATIENT, **larger, DATABASE_POOL_TIMEOUT_MS="300")
    key = again.key()
    agent = rated(again, key)
    with stuck_writers(again, key, agent, 2):
        cured = again.during(lambda: read(again, 200))
        assert again.is_healthy()
        assert again.doctor().status("pool") == "ok"
    alerts = fired(well, ill, cured, "PoolExhausted", "PoolWaits", "QueriesTimeOut")
    symptom(
        "pool exhausted",
        metric="erc8004_db_pool_connections, erc8004_db_pool_wait_seconds",
        alert=alerts,
        health=f"{status}: {checks['pool']}",
        doctor="pool warning",
        cure="larger DATABASE_POOL_SIZE, restart",
    )


def test_long_transaction_is_seen_and_ended(serve, fired, symptom):
    stand = serve(DATABASE_STATEMENT_TIMEOUT_MS="300")
    key = stand.key()
    agent = rated(stand, key)

    def write(status):
        for name in ("One", "Two", "Three"):
            file = {"name": name}
            answer = stand.ask(f"/agents/{agent}", key, "PATCH", registration_file=file)
            assert answer.status_code == status, answer.text

    well = stand.during(lambda: write(200))
    with stand.session() as forgotten, forgotten.cursor() as cursor:
        cursor.execute("begin")
        cursor.execute("update erc8004_agents set updated_at = now()")
        pid = forgotten.info.backend_pid
        ill = stand.during(lambda: write(503))
        wait_until(lambda: stand.doctor("--long", "1s").status("idle-in-transaction") == "warning")
        found = stand.doctor("--long", "1s")["idle-in-transaction"]
        assert stand.is_healthy()
        assert f"pid {pid} of " in found["figure"]

        assert "t\n" in stand.type(found["cure"])

        cured = stand.during(lambda: write(200))
        assert stand.doctor("--long", "1s").status("idle-in-transaction") == "ok"
    assert ill[1].total("erc8004_request_errors_total", code="DATABASE_BUSY") == 3
    alerts = fired(well, ill, cured, "QueriesTimeOut", "HighErrorRate")
    symptom(
        "long transaction",
        metric='erc8004_request_errors_total{code="DATABASE_BUSY"}',
        alert=alerts,
        health="healthy: it answers",
        doctor="idle-in-transaction warning",
        cure="psql … select pg_terminate_backend(pid)",
    )


def test_error_burst_of_a_database_that_is_away_is_seen_and_ended(stand, fired, symptom):
    key = stand.key()
    agent = rated(stand, key)

    def read(status):
        for _ in range(20):
            answer = stand.ask(f"/agents/{agent}/feedback", key)
            assert answer.status_code == status, answer.text

    well = stand.during(lambda: read(200))
    stand.servers.postgres.end(signal.SIGKILL)
    try:
        ill = stand.during(lambda: read(503))
        code, status, checks = stand.health()
        doctor = stand.doctor()
    finally:
        # What `sudo systemctl restart postgresql` does.
        stand.servers.postgres.start()
    assert (code, status) == (503, "unhealthy")
    assert checks["database"] == "cannot be reached"
    assert doctor["database"]["status"] == "failing"
    assert doctor["database"]["cure"] == "sudo systemctl restart postgresql"
    assert doctor["error-rate"]["status"] == "failing"
    assert "DATABASE_UNAVAILABLE 20" in doctor["error-rate"]["figure"]
    assert ill[1].total("erc8004_database_up") == 0

    wait_until(stand.is_healthy)

    cured = stand.during(lambda: read(200))
    alerts = fired(well, ill, cured, "DatabaseDown", "HighErrorRate", "ServerErrors")
    assert stand.doctor().status("database") == "ok"
    symptom(
        "error burst: database away",
        metric="erc8004_request_errors_total, erc8004_database_up",
        alert=alerts,
        health=f"{status}: {checks['database']}",
        doctor="database failing, error-rate failing",
        cure=doctor["database"]["cure"],
    )
