"""Which payment a body means: by its log, by its payer's nonce, or by its transaction and agent."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.clients import outcome

LINK = "/api/v1/agents/link-payment"
TAKEN = (409, "PAYMENT_ALREADY_LINKED")


@pytest.fixture
def link(client, admin):
    """Post a payment as it is given."""
    return lambda body: client.post(LINK, json=body, headers=admin)


@pytest.fixture
def listed(get):
    """The payments of an agent."""
    return lambda agent: get(f"/agents/{agent['agent_uuid']}/payments")["payments"]


@pytest.fixture
def payment(make_agent):
    """A payment to an agent of its own."""
    agent = make_agent()
    return factories.payment(agent_uuid=agent["agent_uuid"])


def authorized(**overrides):
    """Who paid, and the nonce."""
    return {"payer_address": factories.address(), "nonce": factories.hash32(), **overrides}


def test_one_transaction_settles_payments_to_many_agents(link, listed, make_agent):
    agents = [make_agent() for _ in range(3)]
    body = factories.payment()
    answers = [link({**body, "agent_uuid": agent["agent_uuid"]}) for agent in agents]
    again = [link({**body, "agent_uuid": agent["agent_uuid"]}) for agent in agents]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert [answer.status_code for answer in again] == [200] * 3
    assert [listed(agent) for agent in agents] == [[answer.json] for answer in again]


@pytest.mark.slow
def test_one_transaction_settles_a_thousand_payments_to_one_agent(link, payment, sql):
    bodies = [{**payment, "log_index": number} for number in range(1000)]
    assert {link(body).status_code for body in bodies} == {201}
    assert {link(body).status_code for body in bodies[::100]} == {200}
    assert sql("select count(*) as rows from erc8004_agent_payments") == [{"rows": 1000}]


def test_payers_pay_one_agent_in_one_transaction(link, payment):
    bodies = [{**payment, **authorized()} for _ in range(3)]
    first = [link(body) for body in bodies]
    again = [link(body) for body in bodies]
    assert [answer.status_code for answer in first + again] == [201] * 3 + [200] * 3
    assert [answer.json for answer in again] == [answer.json for answer in first]


def test_two_payers_may_use_the_same_nonce(link, payment):
    nonce = "0x" + "0" * 63 + "1"
    for _ in range(2):
        assert link({**payment, **authorized(nonce=nonce)}).status_code == 201


@pytest.mark.parametrize("identity", [{"log_index": 7}, authorized()], ids=["log", "nonce"])
def test_log_or_nonce_belongs_to_one_agent_for_good(link, listed, make_agent, payment, identity):
    body = {**payment, **identity}
    link(body)
    other = make_agent()
    assert outcome(link({**body, "agent_uuid": other["agent_uuid"]})) == TAKEN
    assert listed(other) == []


@pytest.mark.parametrize(
    "other",
    [
        {"amount_usdc": "1"},
        {"payer_address": "0x" + "a" * 40},
        {"payee_address": "0x" + "b" * 40},
        {"nonce": "0x" + "c" * 64},
    ],
    ids=lambda other: next(iter(other)),
)
def test_payment_of_a_log_is_one_with_one_set_of_details(link, payment, other):
    details = authorized(log_index=7, payee_address=factories.address())
    first = link({**payment, **details})
    assert outcome(link({**payment, **details, **other})) == TAKEN
    assert link({**payment, **details}).json == first.json


def test_same_log_of_another_transaction_or_chain_is_another_payment(link, payment):
    body = {**payment, "log_index": 0}
    assert link(body).status_code == 201
    assert link({**body, "tx_hash": factories.hash32()}).status_code == 201
    assert link({**body, "chain": "polygon"}).status_code == 201


@pytest.mark.parametrize("status", ["pending", "failed"])
def test_nonce_is_settled_by_another_transaction_once(link, listed, payment, status):
    body = {**payment, **authorized(), "status": status, "log_index": 7}
    first = link(body)
    resent = {**body, "tx_hash": factories.hash32(), "log_index": 3}
    unchanged = link(resent)
    assert (unchanged.status_code, unchanged.json) == (200, first.json)
    settled = link({**resent, "status": "verified"})
    assert settled.status_code == 200
    assert settled.json["payment_id"] == first.json["payment_id"]
    assert (settled.json["tx_hash"], settled.json["log_index"]) == (resent["tx_hash"], 3)
    late = link(body)
    assert (late.status_code, late.json) == (200, settled.json)
    assert outcome(link({**body, "status": "verified"})) == TAKEN
    assert listed({"agent_uuid": payment["agent_uuid"]}) == [settled.json]


MORE = {
    "log": {"log_index": 7},
    "nonce": authorized(),
    "payer and payee": {
        "payer_address": factories.address(),
        "payee_address": factories.address(),
    },
    "everything": authorized(log_index=7, payee_address=factories.address(), endpoint="/mcp"),
}


@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
@pytest.mark.parametrize(
    ("status", "later"),
    [("pending", "pending"), ("pending", "verified"), ("failed", "verified")],
)
def test_what_is_learned_later_is_added_and_counts_once(link, payment, more, status, later):
    first = link({**payment, "status": status})
    both = link({**payment, **more, "status": later})
    assert both.status_code == 200
    assert both.json["payment_id"] == first.json["payment_id"]
    assert {name: both.json[name] for name in more} == more
    # Old clients go on to send the payment as they did.
    again = link({**payment, "status": later})
    assert (again.status_code, again.json) == (200, both.json)


@pytest.mark.parametrize("names", [("log", "nonce"), ("nonce", "log")])
def test_what_two_reporters_know_of_a_payment_is_one_payment(link, payment, names):
    first, second = (link({**payment, **MORE[name]}) for name in names)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json["payment_id"] == first.json["payment_id"]
    assert second.json["log_index"] == 7
    assert second.json["nonce"] == MORE["nonce"]["nonce"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {"log_index": 7, "amount_usdc": "1"}),
        ({"log_index": 7, "amount_usdc": "1"}, {}),
        ({"payer_address": "0x" + "a" * 40}, {"log_index": 7, "payer_address": "0x" + "b" * 40}),
        ({"payee_address": "0x" + "a" * 40}, {"log_index": 7, "payee_address": "0x" + "b" * 40}),
    ],
)
def test_payments_that_differ_are_two(link, payment, one, other):
    assert [link({**payment, **each}).status_code for each in (one, other)] == [201, 201]


def test_log_and_nonce_of_two_payments_are_no_third(link, payment):
    nonce = authorized()
    link({**payment, **nonce, "amount_usdc": "1"})
    link({**payment, "log_index": 7, "amount_usdc": "2"})
    assert outcome(link({**payment, **nonce, "log_index": 7, "amount_usdc": "2"})) == TAKEN


@pytest.mark.parametrize(
    ("details", "field"),
    [
        ({"nonce": "0x" + "1" * 64}, "payer_address"),
        (authorized(nonce="0x1"), "nonce"),
        (authorized(nonce=1), "nonce"),
        ({"payer_address": "0x1"}, "payer_address"),
        ({"payee_address": "base"}, "payee_address"),
        ({"log_index": -1}, "log_index"),
        ({"log_index": 2**31}, "log_index"),
        ({"log_index": 1.0}, "log_index"),
        ({"log_index": True}, "log_index"),
        ({"log_index": "x"}, "log_index"),
    ],
)
def test_detail_that_no_payment_has_is_refused(link, payment, details, field):
    answer = link({**payment, **details})
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == [field]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ({"log_index": "7"}, {"log_index": 7}),
        ({"log_index": 2**31 - 1}, {"log_index": 2**31 - 1}),
        ({"payer_address": "0x" + "A" * 40}, {"payer_address": "0x" + "a" * 40}),
        (authorized(nonce="0x" + "F" * 64), {"nonce": "0x" + "f" * 64}),
        ({}, dict.fromkeys(("log_index", "payer_address", "payee_address", "nonce"))),
    ],
)
def test_details_are_answered_in_one_form(link, get, payment, sent, stored):
    answer = link({**payment, **sent}).json
    assert {name: answer[name] for name in stored} == stored
    assert get(f"/agents/payments/{answer['payment_id']}") == answer


@pytest.mark.parametrize("network", ["base", "eip155:8453", "Base", 8453])
def test_network_is_the_chain_in_the_words_of_x402(link, payment, network):
    del payment["chain"]
    answer = link({**payment, "network": network})
    assert answer.status_code == 201
    assert (answer.json["chain"], answer.json["network"]) == ("base", "base")
    assert link({**payment, "chain": "base"}).json == answer.json
    assert link({**payment, "chain": "8453", "network": "base"}).json == answer.json


def test_network_and_chain_that_differ_are_refused(link, payment):
    answer = link({**payment, "chain": "base", "network": "base-sepolia"})
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert answer.json["errors"] == {
        "network": ["base-sepolia is not the chain base; give one of both."]
    }


def test_payment_without_a_chain_or_on_an_unknown_network_is_refused(link, payment):
    assert outcome(link({**payment, "network": "solana"})) == (400, "CHAIN_NOT_SUPPORTED")
    del payment["chain"]
    assert outcome(link({**payment, "network": "solana"})) == (400, "CHAIN_NOT_SUPPORTED")
    answer = link(payment)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["chain"]
