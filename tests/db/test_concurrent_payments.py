"""Payments that many clients link at once, against the running service."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.concurrency import statuses

LINK = "/api/v1/agents/link-payment"


def test_same_payment_20_times_at_once_is_linked_once(race, make_agent, sql):
    body = factories.payment(agent_uuid=make_agent()["agent_uuid"])
    answers = race("POST", [LINK] * 20, [body] * 20)
    assert statuses(answers) == {201: 1, 200: 19}
    assert len({answer.json()["payment_id"] for answer in answers}) == 1
    assert sql("select count(*) as rows from erc8004_agent_payments") == [{"rows": 1}]


def test_same_transaction_for_two_agents_at_once_is_a_payment_to_each(race, make_agent, sql):
    body = factories.payment()
    agents = [make_agent()["agent_uuid"] for _ in range(2)] * 10
    answers = race("POST", [LINK] * 20, [{**body, "agent_uuid": agent} for agent in agents])
    assert statuses(answers) == {201: 2, 200: 18}
    rows = sql("select agent_uuid::text from erc8004_agent_payments order by 1")
    assert [row["agent_uuid"] for row in rows] == sorted(set(agents))


IDENTITIES = {
    "log": {"log_index": 7},
    "nonce": {"payer_address": factories.address(), "nonce": factories.hash32()},
}


@pytest.mark.parametrize("identity", IDENTITIES.values(), ids=IDENTITIES)
def test_same_log_or_nonce_for_two_agents_at_once_is_linked_to_one(race, make_agent, sql, identity):
    body = factories.payment(**identity)
    agents = [make_agent()["agent_uuid"] for _ in range(2)] * 10
    answers = race("POST", [LINK] * 20, [{**body, "agent_uuid": agent} for agent in agents])
    assert statuses(answers) == {201: 1, 200: 9, 409: 10}
    assert sql("select count(*) as rows from erc8004_agent_payments") == [{"rows": 1}]


def test_same_nonce_in_20_transactions_at_once_is_linked_once(race, make_agent, sql):
    agent = make_agent()["agent_uuid"]
    known = {"agent_uuid": agent, "status": "pending", **IDENTITIES["nonce"]}
    bodies = [factories.payment(**known) for _ in range(20)]
    assert statuses(race("POST", [LINK] * 20, bodies)) == {201: 1, 200: 19}
    assert sql("select count(*) as rows from erc8004_agent_payments") == [{"rows": 1}]


def test_payment_with_and_without_its_log_and_nonce_at_once_is_linked_once(race, make_agent, sql):
    body = factories.payment(agent_uuid=make_agent()["agent_uuid"])
    known = [{}, *IDENTITIES.values(), IDENTITIES["log"] | IDENTITIES["nonce"]] * 5
    answers = race("POST", [LINK] * 20, [body | each for each in known])
    assert statuses(answers) == {201: 1, 200: 19}
    (row,) = sql("select log_index, nonce from erc8004_agent_payments")
    assert row == {"log_index": 7, "nonce": IDENTITIES["nonce"]["nonce"]}


def test_20_payments_of_one_transaction_at_once_are_20(race, make_agent, sql):
    body = factories.payment(agent_uuid=make_agent()["agent_uuid"])
    bodies = [{**body, "log_index": number} for number in range(20)]
    assert statuses(race("POST", [LINK] * 20, bodies)) == {201: 20}
    assert sql("select count(*) as rows from erc8004_agent_payments") == [{"rows": 20}]


@pytest.mark.parametrize("round_", range(3))
def test_news_of_a_payment_in_any_order_ends_with_the_final_one(
    race, get, make_agent, refresh, sql, round_
):
    agent = make_agent()["agent_uuid"]
    body = factories.payment(agent_uuid=agent, status="pending")
    news = [{**body, "status": status} for status in ("pending", "failed", "verified", "failed")]
    answers = race("POST", [LINK] * 20, news * 5)
    assert statuses(answers) == {201: 1, 200: 19}
    (row,) = sql("select status, verified_at is not null as is_timed from erc8004_agent_payments")
    assert row == {"status": "verified", "is_timed": True}
    refresh()
    stats = get(f"/agents/{agent}/stats")
    counted = ("total_payments", "successful_payments", "failed_payments")
    assert [stats[name] for name in counted] == [1, 1, 0]


def test_pending_payment_settled_in_two_ways_at_once_is_settled_in_one(race, make_agent, sql):
    body = factories.payment(agent_uuid=make_agent()["agent_uuid"], status="pending")
    race("POST", [LINK], [body])
    outcomes = ["verified", "rejected"] * 10
    answers = race("POST", [LINK] * 20, [{**body, "status": status} for status in outcomes])
    assert statuses(answers) == {200: 10, 409: 10}
    (row,) = sql("select status from erc8004_agent_payments")
    said = {answer.json()["status"] for answer in answers if answer.status_code == 200}
    assert said == {row["status"]}
