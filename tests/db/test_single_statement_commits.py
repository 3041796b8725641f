"""Feedback is written by one statement, which commits it: what becomes of it when that
collides, loses its connection or finds nothing to do."""

from __future__ import annotations

import pytest

from kamiyo_api.routes import feedback as routes
from tests.support import factories
from tests.support.clients import outcome
from tests.support.triggers import COLLIDE, DEADLOCK, LOSE_CONNECTION, disturbed

FEEDBACK = "/api/v1/agents/feedback"


@pytest.fixture
def agent(make_agent):
    """An agent that is active."""
    return make_agent()


@pytest.fixture
def give(client, admin, agent):
    """Give feedback to the agent."""
    return lambda headers=(), **body: client.post(
        FEEDBACK,
        json=factories.feedback(agent_uuid=agent["agent_uuid"], **body),
        headers={**admin, **dict(headers)},
    )


@pytest.fixture
def disturb(sql):
    """Let the first so many feedback rows do what a body of PL/pgSQL says."""
    return lambda body, times, when="after insert": disturbed(
        sql, "erc8004_reputation", body, times, when=when
    )


@pytest.fixture
def total(sql):
    """How many feedback there are."""
    return lambda: sql("select count(*) as count from erc8004_reputation")[0]["count"]


@pytest.fixture
def leases(app):
    """The leases that the cache holds."""
    redis = app.extensions["kamiyo"].redis.connection
    return lambda: redis.keys("erc8004:*:lease")


def test_feedback_is_one_statement(give, statements):
    assert give().status_code == 201
    statements()
    assert give().status_code == 201
    assert len(statements()) == 1


def test_feedback_with_an_idempotency_key_commits_with_its_answer(give, total):
    once = {"Idempotency-Key": "once"}
    client = factories.address()
    answers = [give(once, client_address=client) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    assert answers[0].json == answers[1].json
    assert total() == 1


@pytest.mark.parametrize("when", ["after insert", "constraint after insert"])
def test_feedback_that_collides_is_repeated(give, disturb, total, leases, when):
    with disturb(COLLIDE.format(DEADLOCK), 2, when):
        assert give().status_code == 201
    assert total() == 1
    assert leases() == []


@pytest.mark.parametrize("when", ["after insert", "constraint after insert"])
def test_feedback_whose_connection_is_lost_is_not_repeated(
    give, disturb, total, leases, sql, logged, when
):
    with disturb(LOSE_CONNECTION, 1, when):
        answer = give()
        assert sql("select last_value from tried") == [{"last_value": 1}]
    assert outcome(answer) == (503, "TRANSACTION_FAILED")
    assert "may have been kept" in answer.get_json(force=True)["detail"]
    assert [line for line in logged if line.startswith("Transaction failed")]
    assert total() == 0
    # The commit might still be under way: until that is over, nothing old may be kept.
    assert len(leases()) == 5


@pytest.mark.parametrize("refused", ["own", "suspended", "unknown chain"])
def test_refused_feedback_holds_no_answer_back(client, admin, agent, give, leases, total, refused):
    url = f"/api/v1/agents/{agent['agent_uuid']}"
    body = {}
    if refused == "own":
        body = {"client_address": agent["owner_address"]}
    if refused == "suspended":
        client.patch(url, json={"status": "suspended"}, headers=admin)
    if refused == "unknown chain":
        body = {"chain": "nowhere"}
    assert give(**body).status_code >= 400
    assert leases() == []
    assert total() == 0


def test_agent_that_becomes_active_in_between_gets_its_feedback(
    client, admin, agent, give, total, monkeypatch
):
    refuse = routes.refuse_feedback
    url = f"/api/v1/agents/{agent['agent_uuid']}"

    def activate_and_refuse(*arguments):
        client.patch(url, json={"status": "active"}, headers=admin)
        refuse(*arguments)

    client.patch(url, json={"status": "suspended"}, headers=admin)
    monkeypatch.setattr(routes, "refuse_feedback", activate_and_refuse)
    assert give().status_code == 201
    assert total() == 1
