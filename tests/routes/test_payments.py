"""Linking x402 payments to agents, settling and listing them."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.clients import outcome

LINK = "/api/v1/agents/link-payment"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
SETTLED = ("verified", "failed", "rejected")


@pytest.fixture
def link(client, admin):
    """Post a payment as it is given."""
    return lambda body: client.post(LINK, json=body, headers=admin)


@pytest.fixture
def listed(get):
    """The payments of an agent."""
    return lambda agent: get(f"/agents/{agent['agent_uuid']}/payments")["payments"]


@pytest.fixture
def stats_of(get):
    """Some statistics of an agent."""

    def read(agent, *names):
        stats = get(f"/agents/{agent['agent_uuid']}/stats")
        return tuple(stats[name] for name in names)

    return read


def payment_to(agent, **overrides):
    return factories.payment(agent_uuid=agent["agent_uuid"], **overrides)


def test_payment_is_listed_as_it_was_linked(link, listed, make_agent):
    agent = make_agent()
    answer = link(payment_to(agent, amount_usdc="12.5", endpoint="https://weather.example"))
    assert answer.status_code == 201
    assert listed(agent) == [answer.json]
    assert (answer.json["amount_usdc"], answer.json["status"]) == ("12.500000", "verified")
    assert answer.json["verified_at"] is not None


def test_payment_that_is_not_verified_has_no_time_of_it(link, make_agent):
    answer = link(payment_to(make_agent(), status="failed", failure_reason="no funds"))
    assert (answer.json["verified_at"], answer.json["failure_reason"]) == (None, "no funds")


@pytest.mark.parametrize("status", ["pending", *SETTLED])
def test_same_body_again_answers_the_same_payment(link, listed, make_agent, status):
    agent = make_agent()
    body = payment_to(agent, status=status, endpoint="https://weather.example")
    first, second = link(body), link(body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json == first.json
    assert listed(agent) == [first.json]


def test_same_amount_and_hash_may_be_written_otherwise(link, make_agent):
    body = payment_to(make_agent(), amount_usdc="12.500000")
    first = link(body)
    again = link({**body, "amount_usdc": 12.5, "tx_hash": "0x" + body["tx_hash"][2:].upper()})
    assert (again.status_code, again.json) == (200, first.json)


@pytest.mark.parametrize("status", SETTLED)
def test_pending_payment_is_settled_once(link, listed, make_agent, status):
    agent = make_agent()
    body = payment_to(agent, status="pending", endpoint="https://weather.example")
    link(body)
    settlement = {name: value for name, value in body.items() if name != "endpoint"}
    settlement["status"] = status
    settled, again = link(settlement), link(settlement)
    assert (settled.status_code, again.status_code) == (200, 200)
    assert (settled.json["status"], settled.json["endpoint"]) == (status, body["endpoint"])
    assert (settled.json["verified_at"] is not None) == (status == "verified")
    assert listed(agent) == [settled.json] == [again.json]


@pytest.mark.parametrize("status", ["verified", "rejected"])
def test_failed_payment_that_is_confirmed_later_is_settled(
    link, listed, make_agent, stats_of, status
):
    agent = make_agent()
    body = payment_to(agent, status="failed", failure_reason="timed out")
    link(body)
    settlement = {**body, "status": status, "failure_reason": None}
    settled, again = link(settlement), link(settlement)
    assert (settled.status_code, again.status_code) == (200, 200)
    assert (settled.json["status"], settled.json["failure_reason"]) == (status, None)
    assert (settled.json["verified_at"] is not None) == (status == "verified")
    assert listed(agent) == [settled.json] == [again.json]
    counted = {"verified": (1, 0), "rejected": (0, 1)}[status]
    assert stats_of(agent, "successful_payments", "failed_payments") == counted


@pytest.mark.parametrize(
    ("status", "earlier"),
    [
        ("failed", "pending"),
        ("verified", "pending"),
        ("verified", "failed"),
        ("rejected", "pending"),
        ("rejected", "failed"),
    ],
)
def test_news_that_is_older_than_what_is_stored_changes_nothing(
    link, listed, make_agent, stats_of, status, earlier
):
    agent = make_agent()
    body = payment_to(agent, status=status)
    first = link(body)
    older = {**body, "status": earlier, "endpoint": "/late", "payee_address": factories.address()}
    answer = link(older)
    assert (answer.status_code, answer.json) == (200, first.json)
    assert listed(agent) == [first.json]
    assert stats_of(agent, "total_payments") == (1,)


@pytest.mark.parametrize(("status", "later"), [("verified", "rejected"), ("rejected", "verified")])
def test_final_status_stays_as_it_is(link, listed, make_agent, status, later):
    agent = make_agent()
    body = payment_to(agent, status=status)
    first = link(body)
    assert outcome(link({**body, "status": later})) == (409, "INVALID_TRANSITION")
    assert listed(agent) == [first.json]


@pytest.mark.parametrize("field", ["endpoint", "failure_reason"])
def test_what_is_known_of_a_payment_stays_unless_its_status_changes(link, make_agent, field):
    body = payment_to(make_agent(), status="failed", endpoint="/a", failure_reason="timed out")
    first = link(body)
    assert outcome(link({**body, field: "/b"})) == (409, "INVALID_TRANSITION")
    assert link(body).json == first.json


def test_amount_cannot_change(link, make_agent):
    body = payment_to(make_agent(), status="pending")
    link(body)
    answer = link({**body, "status": "verified", "amount_usdc": "12.500001"})
    assert outcome(answer) == (409, "PAYMENT_ALREADY_LINKED")


def test_same_transaction_hash_on_another_chain_is_another_payment(link, make_agent):
    body = payment_to(make_agent())
    assert link(body).status_code == 201
    assert link({**body, "chain": "ethereum"}).status_code == 201


def test_agent_that_is_not_active_takes_no_new_payment_but_pending_ones_settle(
    client, admin, link, make_agent
):
    agent = make_agent()
    pending = payment_to(agent, status="pending")
    link(pending)
    path = f"/api/v1/agents/{agent['agent_uuid']}"
    client.patch(path, json={"status": "suspended"}, headers=admin)
    assert outcome(link(payment_to(agent))) == (409, "AGENT_NOT_ACTIVE")
    assert link({**pending, "status": "verified"}).status_code == 200


def test_payment_needs_the_scope_of_payments(client, key_for, make_agent):
    agent = make_agent()
    writer = key_for(agent["owner_address"], "read", "write")
    answer = client.post(LINK, json=payment_to(agent), headers=writer)
    assert outcome(answer) == (403, "INSUFFICIENT_SCOPE")
    clerk = key_for(None, "payments")
    assert client.post(LINK, json=payment_to(agent), headers=clerk).status_code == 201


def test_payment_to_an_unknown_agent_is_not_found(client, admin, link):
    assert outcome(link(payment_to({"agent_uuid": FAR_UUID}))) == (404, "AGENT_NOT_FOUND")
    answer = client.get(f"/api/v1/agents/{FAR_UUID}/payments", headers=admin)
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")


def test_payment_on_an_unknown_chain_is_refused(link, make_agent):
    answer = link(payment_to(make_agent(), chain="atlantis"))
    assert outcome(answer) == (400, "CHAIN_NOT_SUPPORTED")


@pytest.mark.parametrize("amount", ["0", 0, "0.000001", "99999999999999.999999", 12.5])
def test_amounts_are_exact_to_six_decimals(link, make_agent, amount):
    answer = link(payment_to(make_agent(), amount_usdc=amount))
    assert answer.status_code == 201
    assert float(answer.json["amount_usdc"]) == float(amount)
    assert len(answer.json["amount_usdc"].partition(".")[2]) == 6


@pytest.mark.parametrize(
    "amount",
    [
        12345678901234.123456,
        "-1",
        -0.01,
        "0.0000001",
        "100000000000000",
        "1e3",
        "NaN",
        "Infinity",
        "",
        " 1",
        True,
        None,
    ],
)
def test_what_is_no_amount_is_refused(link, make_agent, amount):
    answer = link(payment_to(make_agent(), amount_usdc=amount))
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["amount_usdc"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"status": "refunded"}, "status"),
        ({"status": "verified", "failure_reason": "none"}, "failure_reason"),
        ({"status": "pending", "failure_reason": "none"}, "failure_reason"),
        ({"tx_hash": "0x1"}, "tx_hash"),
        ({"chain": ""}, "chain"),
        ({"endpoint": "x" * 2049}, "endpoint"),
        ({"verified_at": "2026-01-01T00:00:00Z"}, "verified_at"),
    ],
)
def test_bad_payment_is_refused_by_field(link, make_agent, body, field):
    answer = link(payment_to(make_agent(), **body))
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == [field]
