"""Writes that collide, wait too long or lose their connection: repeated where that is safe,
refused where it is not, and never half done."""

from __future__ import annotations

import time

import psycopg2
import pytest

from kamiyo_api import db, outages
from tests.support import factories
from tests.support.clients import outcome
from tests.support.triggers import (
    COLLIDE,
    DEADLOCK,
    LOSE_CONNECTION,
    SERIALIZATION_FAILURE,
    disturbed,
)

REGISTER = "/api/v1/agents/register"
TAKE_LONG = "perform pg_sleep(60);"
METADATA = [{"key": "color", "value": "cmVk"}]
IDLE_IN_TRANSACTION = """
    select pid, query from pg_stat_activity
    where application_name = 'kamiyo-api' and state like 'idle in transaction%'
"""
SETTINGS = ("statement_timeout", "idle_in_transaction_session_timeout", "search_path", "role")


@pytest.fixture
def register(client, admin):
    """Register an agent with one metadata entry, in several statements."""
    body = factories.agent(metadata=METADATA)
    return lambda **headers: client.post(REGISTER, json=body, headers={**admin, **headers})


@pytest.fixture
def disturb(sql):
    """Let the first so many writes of metadata do what a body of PL/pgSQL says."""
    return lambda body, times=10**6, when="after insert": disturbed(
        sql, "erc8004_agent_metadata", body, times, when=when
    )


@pytest.fixture
def left(sql):
    """How many agents, metadata entries and idempotency keys there are."""
    return lambda: [
        sql(f"select count(*) as count from {table}")[0]["count"]
        for table in ("erc8004_agents", "erc8004_agent_metadata", "idempotency_keys")
    ]


@pytest.fixture(autouse=True)
def nothing_is_left_behind(app, sql):
    """No transaction stays open and no connection keeps a setting, whatever a test did."""
    plain = [sql(f"show {name}")[0][name] for name in SETTINGS]
    yield
    assert sql(IDLE_IN_TRANSACTION) == []
    with app.extensions["kamiyo"].db.connect() as connection, connection.cursor() as cursor:
        for name, value in zip(SETTINGS, plain, strict=True):
            cursor.execute(f"show {name}")
            assert cursor.fetchone() == (value,)


@pytest.mark.parametrize(
    "body", [COLLIDE.format(SERIALIZATION_FAILURE), COLLIDE.format(DEADLOCK), LOSE_CONNECTION]
)
@pytest.mark.parametrize("times", [1, 3])
def test_write_that_collides_or_loses_its_connection_is_repeated(
    register, disturb, left, logged, body, times
):
    with disturb(body, times):
        assert register(**{"Idempotency-Key": "once"}).status_code == 201
    assert left() == [1, 1, 1]
    assert [line for line in logged if line.startswith("Transaction failed")] == []


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (COLLIDE.format(SERIALIZATION_FAILURE), "collided"),
        (COLLIDE.format(DEADLOCK), "collided"),
        (LOSE_CONNECTION, "closed the connection"),
    ],
)
def test_write_is_given_up_after_three_repetitions(
    register, disturb, left, logged, sql, body, cause
):
    with disturb(body):
        answer = register(**{"Idempotency-Key": "once"})
        assert sql("select last_value from tried") == [{"last_value": 4}]
    assert outcome(answer) == (503, "TRANSACTION_FAILED")
    assert int(answer.headers["Retry-After"]) >= 1
    assert left() == [0, 0, 0]
    (line,) = [line for line in logged if line.startswith("Transaction failed")]
    assert cause in line
    assert register(**{"Idempotency-Key": "once"}).status_code == 201


def test_collision_during_the_commit_is_repeated(register, disturb, left):
    body = COLLIDE.format(SERIALIZATION_FAILURE)
    with disturb(body, times=2, when="constraint after insert"):
        assert register().status_code == 201
    assert left() == [1, 1, 0]


def test_connection_lost_during_the_commit_is_not_repeated(register, disturb, left, logged, sql):
    with disturb(LOSE_CONNECTION, when="constraint after insert"):
        answer = register(**{"Idempotency-Key": "once"})
        assert sql("select last_value from tried") == [{"last_value": 1}]
    assert outcome(answer) == (503, "TRANSACTION_FAILED")
    assert "may have been kept" in answer.get_json(force=True)["detail"]
    assert "Idempotency-Key" in answer.get_json(force=True)["detail"]
    assert int(answer.headers["Retry-After"]) >= 1
    assert [line for line in logged if line.startswith("Transaction failed")]
    again = register(**{"Idempotency-Key": "once"})
    assert again.status_code == 201
    assert left() == [1, 1, 1]


def test_write_that_takes_too_long_is_refused_and_leaves_nothing(
    app, register, disturb, left, monkeypatch
):
    monkeypatch.setattr(app.extensions["kamiyo"].db, "statement_timeout", 200)
    with disturb(TAKE_LONG):
        answer = register(**{"Idempotency-Key": "once"})
    assert outcome(answer) == (503, "DATABASE_BUSY")
    assert int(answer.headers["Retry-After"]) >= 1
    assert left() == [0, 0, 0]


def test_read_that_takes_too_long_is_refused(app, client, admin, servers, monkeypatch):
    client.get("/api/v1/key", headers=admin)
    monkeypatch.setattr(app.extensions["kamiyo"].db, "statement_timeout", 200)
    holder = psycopg2.connect(servers.database_url)
    holder.cursor().execute("lock table erc8004_agents in access exclusive mode")
    answer = client.get("/api/v1/agents/?q=slow", headers=admin)
    holder.close()
    assert outcome(answer) == (503, "DATABASE_BUSY")
    assert client.get("/api/v1/agents/?q=slow", headers=admin).status_code == 200


@pytest.mark.slow
def test_transaction_that_stands_still_is_ended_by_the_database(app, register, monkeypatch):
    monkeypatch.setattr(app.extensions["kamiyo"].db, "statement_timeout", 100)

    def stand_still(tx):
        tx.row("health.get_alive")
        time.sleep(0.3)
        tx.row("health.get_alive")

    with pytest.raises(outages.TransactionFailed):
        db.in_transaction(stand_still)
    assert register().status_code == 201


def test_what_runs_after_the_commit_runs_once_and_only_then(disturb, register, get, left):
    agent = register().json["agent_uuid"]
    assert get(f"/agents/{agent}/stats")["total_feedback"] == 0
    with disturb(COLLIDE.format(SERIALIZATION_FAILURE), times=3):
        assert register().status_code == 201
    assert get("/agents/")["total"] == 2
    assert left() == [2, 2, 0]


def test_connection_that_the_server_closed_while_it_lay_idle_is_not_noticed(
    client, admin, register, sql
):
    assert register().status_code == 201
    for send in (register, lambda: client.get("/api/v1/agents/?limit=7", headers=admin)):
        ended = sql(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity "
            "where application_name = 'kamiyo-api'"
        )
        assert ended
        assert send().status_code < 300
