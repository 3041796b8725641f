"""Workers killed in the middle of writes: with an Idempotency-Key each write happens once."""

from __future__ import annotations

import os
import signal
import time

from bench.serving import is_alive
from tests.support import factories
from tests.support.balance import balance
from tests.support.concurrency import wait_until, working
from tests.support.load import API, prepared
from tests.support.triggers import trigger

WRITES = 2000
CLIENTS = 8
KILLED_AFTER = (200, 600, 1000, 1400, 1800)
COMMITTING = """
    select pid from pg_stat_activity
    where application_name = 'kamiyo-api' and state = 'active' and query = 'commit'
"""
# Long enough to be killed in; the commit itself goes on.
SLOW = "perform pg_sleep(1);"
INSERT, UPDATE = "constraint after insert", "constraint after update"


def test_workers_killed_in_the_middle_of_2000_writes_lose_and_double_nothing(place, figures):
    load = prepared(place, "killed")
    numbers = iter(range(WRITES))
    began = time.monotonic()
    with working([lambda: load.write(numbers)] * CLIENTS):
        for count in KILLED_AFTER:
            wait_until(lambda count=count: len(load.ledger.acknowledged) >= count, seconds=60)
            kill(place, place.web.workers()[0])
    seconds = time.monotonic() - began
    books = balance(place, load.ledger)
    figures(
        **load.ledger.figures(),
        **books.figures(),
        workers_killed=len(KILLED_AFTER),
        writes_per_second=round(WRITES / seconds),
    )
    assert len(load.ledger.acknowledged) == WRITES
    assert load.ledger.errors().keys() == {"0 broken"}
    assert books.is_even
    assert len(place.web.workers()) == 2


def test_workers_killed_between_the_commit_and_its_answer_leave_nothing_old(place):
    load = prepared(place, "answerless")
    path, slow = API + load.agent_uuid, trigger(place.sql, "erc8004_agents", SLOW, when=UPDATE)
    with load.client() as client, load.client() as writer:
        for each in (path, f"{path}/stats", API):
            assert client.ask("GET", each).status_code == 200
        with slow, working([lambda: writer.ask("PATCH", path, json={"status": "suspended"})]):
            kill_those_that_commit(place)
        assert client.ask("GET", path).json()["status"] == "suspended"
        assert client.ask("GET", f"{path}/stats").json()["status"] == "suspended"
        found = client.ask("GET", f"{API}?limit=100").json()["agents"]
        assert load.agent_uuid not in [agent["agent_uuid"] for agent in found]
        # Nothing is kept before the hold of the dead worker ends; only then what is true.
        assert place.redis.keys(f"erc8004:*:agent:{load.agent_uuid}*:lease")
        assert not place.redis.keys(f"erc8004:*:agent:{load.agent_uuid}")
        for key in place.redis.keys("erc8004:*:lease"):
            assert 0 < place.redis.pttl(key) <= 10_000
            place.redis.pexpire(key, 1)
        time.sleep(0.01)
        assert client.ask("GET", path).json()["status"] == "suspended"
        (kept,) = place.redis.keys(f"erc8004:*:agent:{load.agent_uuid}")
        assert b'"suspended"' in place.redis.get(kept)


def test_write_whose_answer_was_lost_is_answered_again(place):
    load = prepared(place, "lost-answer")
    body = factories.feedback(agent_uuid=load.agent_uuid, tag2="lost-answer")
    options = {"json": body, "headers": {"Idempotency-Key": "lost-answer"}}
    with load.client() as client:
        with (
            trigger(place.sql, "erc8004_reputation", SLOW, when=INSERT),
            working([lambda: client.ask("POST", f"{API}feedback", **options)]),
        ):
            kill_those_that_commit(place)
        assert [each.code for each in load.ledger.answers] == ["broken"]
        again = client.ask("POST", f"{API}feedback", **options)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    (row,) = place.sql("select id::text as id from erc8004_reputation where tag2 = 'lost-answer'")
    assert again.json()["feedback_id"] == row["id"]


def kill_those_that_commit(place):
    """Kill both workers once one of them commits; that commit is then carried through."""
    wait_until(lambda: place.sql(COMMITTING))
    kill(place, *place.web.workers())
    wait_until(lambda: not place.sql(COMMITTING))


def kill(place, *pids):
    """kill -9 workers, and wait for those that take their place."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, pids)) and len(place.web.workers()) == 2)
