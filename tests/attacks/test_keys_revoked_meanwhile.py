"""A key that is revoked while requests with it are under way, or after the first of two."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest

from tests.support import factories
from tests.support.concurrency import at_once, wait_until
from tests.support.load import API

FEEDBACK = f"{API}feedback"
REVOKE = "update api_keys set status = 'revoked' where key_prefix = %s"


@pytest.fixture
def partner(key_for):
    """A key that writes as a wallet, the wallet, and the beginning of the key."""
    wallet = factories.address()
    headers = key_for(wallet, "read", "write")
    return headers, wallet, headers["Authorization"].split()[1][:15]


def test_stored_answer_is_not_for_a_revoked_key(server, sql, partner, make_agent):
    headers, wallet, prefix = partner
    body = factories.feedback(agent_uuid=make_agent()["agent_uuid"], client_address=wallet)

    def post(_=0):
        sent = {**headers, "Idempotency-Key": "once"}
        return server.request("POST", FEEDBACK, json=body, headers=sent)

    assert {answer.status_code for answer in at_once(8, post)} == {201}
    sql(REVOKE, prefix)
    assert {answer.json().get("code") for answer in at_once(8, post)} == {"INVALID_API_KEY"}


@pytest.fixture
def session(servers):
    """A session of somebody else, whose transaction ends with the test at the latest."""
    with closing(psycopg2.connect(servers.database_url)) as connection:
        yield connection


def test_revocation_waits_for_the_writes_that_the_key_began(
    server, servers, sql, session, partner, make_agent
):
    headers, wallet, prefix = partner
    agent = make_agent()["agent_uuid"]
    body = factories.feedback(agent_uuid=agent, client_address=wallet)
    session.cursor().execute("select from erc8004_agents where id = %s for update", [agent])

    def waiting():
        rows = sql("select wait_event from pg_stat_activity where wait_event_type = 'Lock'")
        return sorted(row["wait_event"] for row in rows)

    def write():
        return server.request("POST", FEEDBACK, json=body, headers=headers).status_code

    def revoke():
        wait_until(lambda: len(waiting()) == 1)
        with closing(psycopg2.connect(servers.database_url)) as operator, operator:
            operator.cursor().execute(REVOKE, [prefix])
        return sql("select count(*) as n from erc8004_reputation")[0]["n"]

    def release():
        wait_until(lambda: len(waiting()) == 2 and "advisory" in waiting(), 4)
        session.rollback()

    acts = (write, revoke, release)
    assert at_once(3, lambda number: acts[number]()) == [201, 1, None]
    assert write() == 401
    assert sql("select count(*) as n from erc8004_reputation") == [{"n": 1}]


def test_write_with_a_key_that_is_being_changed_is_sent_again_later(
    server, session, partner, make_agent
):
    headers, wallet, prefix = partner
    body = factories.feedback(agent_uuid=make_agent()["agent_uuid"], client_address=wallet)
    session.cursor().execute(REVOKE, [prefix])
    answer = server.request("POST", FEEDBACK, json=body, headers=headers)
    session.rollback()
    assert (answer.status_code, answer.json()["code"]) == (503, "TRANSACTION_FAILED")
    assert int(answer.headers["Retry-After"]) >= 1
    assert server.request("POST", FEEDBACK, json=body, headers=headers).status_code == 201
