"""Many clients at once against the running service: two workers, and what they race for."""

from __future__ import annotations

import base64
import threading
from collections import Counter
from contextlib import closing

import psycopg2
import pytest

from tests.support import factories
from tests.support.concurrency import at_once, statuses

REGISTER = "/api/v1/agents/register"
FEEDBACK = "/api/v1/agents/feedback"
WAITING = "select pid from pg_stat_activity where wait_event_type = 'Lock'"


@pytest.fixture
def operator(servers):
    """A connection of somebody else, whose transaction ends with the test at the latest."""
    with closing(psycopg2.connect(servers.database_url)) as connection:
        yield connection


@pytest.fixture
def once_waited_for(operator, sql):
    """Call what has to wait for the operator's transaction, which commits then; what it answers."""

    def run(call):
        answered = threading.Event()

        def call_or_commit(number):
            if number == 0:
                answer = call()
                answered.set()
                return answer
            while not answered.is_set() and not sql(WAITING):
                pass
            return operator.commit()

        return at_once(2, call_or_commit)[0]

    return run


def test_40_registrations_at_once_make_40_agents(race, sql):
    bodies = [
        factories.agent(metadata=[{"key": "number", "value": base64.b64encode(b"%d" % n).decode()}])
        for n in range(40)
    ]
    answers = race("POST", [REGISTER] * 40, bodies)
    assert statuses(answers) == {201: 40}
    assert len({answer.json()["agent_id"] for answer in answers}) == 40
    assert len({answer.json()["agent_uuid"] for answer in answers}) == 40
    assert sql("select count(*) as entries from erc8004_agent_metadata") == [{"entries": 40}]


def test_same_on_chain_agent_20_times_at_once_is_registered_once(race, sql):
    bodies = [factories.agent(agent_id=7) for _ in range(20)]
    answers = race("POST", [REGISTER] * 20, bodies)
    assert statuses(answers) == {201: 1, 409: 19}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {
        "AGENT_ALREADY_EXISTS"
    }
    (made,) = [answer.json() for answer in answers if answer.status_code == 201]
    assert sql("select id::text from erc8004_agents") == [{"id": made["agent_uuid"]}]


def test_feedback_revoked_10_times_at_once_is_revoked_once(race, make_agent, give_feedback):
    given = give_feedback(agent_uuid=make_agent()["agent_uuid"])
    paths = [f"{FEEDBACK}/{given['feedback_id']}/revoke"] * 10
    answers = race("POST", paths, [{}] * 10)
    assert statuses(answers) == {200: 1, 409: 9}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {
        "ALREADY_REVOKED"
    }


@pytest.mark.parametrize("round_", range(3))
def test_limit_of_50_entries_holds_when_many_are_set_at_once(race, get, make_agent, round_):
    there = [{"key": f"there-{number}", "value": ""} for number in range(48)]
    path = f"/agents/{make_agent(metadata=there)['agent_uuid']}/metadata"
    paths = [f"/api/v1{path}/key-{number}" for number in range(20)]
    answers = race("PUT", paths, [{"value": "cmVk"}] * 20)
    assert statuses(answers) == {200: 2, 422: 18}
    assert len(get(path)["metadata"]) == 50


@pytest.mark.parametrize("round_", range(3))
def test_no_feedback_is_kept_after_the_suspension_was_answered(
    server, admin, make_agent, sql, round_
):
    agent = make_agent()
    path = f"/api/v1/agents/{agent['agent_uuid']}"

    def give_or_suspend(number):
        if number == 10:
            answer = server.request("PATCH", path, json={"status": "suspended"}, headers=admin)
            (kept,) = sql("select count(*) as rows from erc8004_reputation")
            return answer.status_code, kept["rows"]
        body = factories.feedback(agent_uuid=agent["agent_uuid"])
        return server.request("POST", FEEDBACK, json=body, headers=admin).status_code, None

    answers = at_once(30, give_or_suspend)
    suspended, kept_at_suspension = answers.pop(10)
    given = Counter(status for status, _ in answers)
    assert suspended == 200
    assert set(given) <= {201, 409}
    (kept,) = sql("select count(*) as rows from erc8004_reputation")
    assert kept["rows"] == given[201] == kept_at_suspension


def test_feedback_waits_for_a_suspension_that_is_being_made(
    server, operator, admin, make_agent, once_waited_for
):
    agent = make_agent()
    body = factories.feedback(agent_uuid=agent["agent_uuid"])
    with operator.cursor() as cursor:
        cursor.execute("update erc8004_agents set status = 'suspended'")

    answer = once_waited_for(lambda: server.request("POST", FEEDBACK, json=body, headers=admin))
    assert (answer.status_code, answer.json()["code"]) == (409, "AGENT_NOT_ACTIVE")


def test_second_refresh_says_at_once_that_another_is_running(app, operator, sql):
    with operator.cursor() as cursor:
        cursor.execute("select refresh_erc8004_stats()")
        assert cursor.fetchone() == (True,)
        assert sql("select refresh_erc8004_stats() as done") == [{"done": False}]
        second = app.test_cli_runner().invoke(args=["refresh-stats"])
    operator.rollback()
    assert (second.exit_code, second.output) == (
        0,
        "another refresh is running; nothing was done\n",
    )
    assert sql("select refresh_erc8004_stats() as done") == [{"done": True}]


def test_refresh_keeps_what_an_owner_changes_while_it_runs(
    app, operator, sql, make_agent, give_feedback, once_waited_for
):
    agent = make_agent()["agent_uuid"]
    give_feedback(agent_uuid=agent)
    with operator.cursor() as cursor:
        cursor.execute(
            "update erc8004_agents set last_activity_at = now() + interval '1 hour' where id = %s",
            (agent,),
        )

    done = once_waited_for(lambda: app.test_cli_runner().invoke(args=["refresh-stats"]))
    assert done.exit_code == 0
    found = sql(
        """
        select s.last_activity_at = a.last_activity_at as is_kept, s.total_feedback
        from erc8004_agent_search as s
        join erc8004_agents as a on a.id = s.agent_uuid
        """
    )
    assert found == [{"is_kept": True, "total_feedback": 1}]


def test_reads_and_writes_go_on_during_a_refresh(app, operator, get, make_agent, give_feedback):
    with operator.cursor() as cursor:
        cursor.execute("select refresh_erc8004_stats()")
        agent = make_agent()["agent_uuid"]
        given = give_feedback(agent_uuid=agent)
        assert get(f"/agents/{agent}/feedback")["feedback"] == [given]
        assert get(f"/agents/{agent}/stats")["status"] == "active"
        assert get("/agents/")["total"] == 1
    operator.commit()


@pytest.fixture
def broken(sql):
    """Let every write to a table raise, until the test is over."""

    def install(table):
        sql(
            f"""
            create function break_write() returns trigger language plpgsql
            as $$ begin raise exception 'broken'; end $$;
            create trigger break_write after insert or update on {table}
            for each row execute function break_write();
            """
        )

    yield install
    sql("drop function if exists break_write cascade")


def test_exception_inside_a_registration_leaves_nothing_behind(server, admin, broken, sql):
    broken("erc8004_agent_metadata")
    body = factories.agent(metadata=[{"key": "color", "value": "cmVk"}])
    answer = server.request("POST", REGISTER, json=body, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert "broken" not in answer.text
    assert "Traceback" not in answer.text
    for table in ("erc8004_agents", "erc8004_agent_search", "erc8004_agent_metadata"):
        assert sql(f"select count(*) as rows from {table}") == [{"rows": 0}]


def test_exception_inside_a_change_leaves_everything_as_it_was(
    server, admin, broken, get, make_agent
):
    agent = make_agent()
    path = f"/agents/{agent['agent_uuid']}"
    broken("erc8004_agent_search")
    answer = server.request("PATCH", f"/api/v1{path}", json={"status": "suspended"}, headers=admin)
    assert answer.status_code == 500
    assert get(path) == agent
    assert server.request("GET", f"/api/v1{path}", headers=admin).json() == agent
