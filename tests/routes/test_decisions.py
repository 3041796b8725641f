"""Decisions over HTTP: whom they are about, under whose policy, and what they show."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid

import pytest

from tests.support import factories
from tests.support.payments import OTHER, SOLANA, V1, WALLET
from tests.trust.planted import REGISTRY, Planted, Voice, plant

DECISIONS = "/api/v1/decisions"


@pytest.fixture
def post(client, key_for):
    headers = key_for(None, "read")

    def send(path="", **body):
        return client.post(f"{DECISIONS}{path}", json=body, headers=headers)

    return send


@pytest.fixture
def ask(post):
    def send(**body):
        answer = post(**body)
        assert answer.status_code == 200, answer.json
        return answer.json

    return send


@pytest.fixture
def known(sql):
    """An agent that eight paying reviewers are content with; its uuid."""
    voices = [Voice(factories.address(), 9000, "1") for _ in range(8)]
    return plant(sql, Planted(voices, settled=12, success_rate="100", agent_id=77))


def refused(answer, field):
    assert answer.status_code == 422, answer.json
    assert field in answer.json["errors"], answer.json


@pytest.mark.parametrize(
    "whom",
    [
        {"chain": "base", "agent_id": "77"},
        {"chain": 8453, "agent_id": 77},
        {"chain": "eip155:8453", "registry_address": REGISTRY, "agent_id": 77},
        {"agent": f"eip155:8453:{REGISTRY}:77"},
        {},
    ],
)
def test_agent_is_found_by_each_of_its_names(ask, known, whom):
    decision = ask(amount_usdc="0.01", **(whom or {"agent_uuid": known}))
    assert decision["decision"] == "allow"
    assert decision["agent"]["agent_uuid"] == known
    assert "candidates" not in decision


@pytest.mark.parametrize("unknown", ["allow", "warn", "block"])
def test_policy_says_what_an_unknown_agent_is(ask, unknown):
    decision = ask(agent_uuid=str(uuid.uuid4()), amount_usdc="5", policy={"unknown": unknown})
    assert decision["decision"] == unknown
    (check,) = decision["checks"]
    assert (check["code"], check["passed"]) == ("UNKNOWN_AGENT", False)
    assert decision["agent"] is decision["evidence"] is decision["expected_loss_usdc"] is None
    assert decision["loss_at_low_usdc"] == "5.000000"


def test_unknown_agent_is_warned_of_unless_the_policy_is_strict(ask):
    whom = {"chain": "base", "agent_id": "4711", "amount_usdc": "1"}
    assert ask(**whom)["decision"] == "warn"
    assert ask(**whom, policy="open")["decision"] == "warn"
    assert ask(**whom, policy="strict")["decision"] == "block"


def test_named_policies_differ_by_what_they_say(ask, known, sql):
    whom = {"agent_uuid": known, "amount_usdc": "1"}
    cautious, open_, strict = (ask(**whom, policy=name) for name in ("cautious", "open", "strict"))
    assert [each["decision"] for each in (cautious, open_, strict)] == ["warn", "allow", "warn"]
    assert ask(**whom) | {"as_of": 0} == cautious | {"as_of": 0}
    assert strict["policy"]["min_paying_reviewers"] == 3
    two = plant(sql, Planted([Voice(factories.address(), 9900, "1") for _ in range(2)]))
    decision = ask(agent_uuid=two, amount_usdc="1", policy="strict")
    blocked = {each["code"] for each in decision["checks"] if not each["passed"]}
    assert {"LEVEL_BELOW_POLICY", "PAYING_BELOW_POLICY"} <= blocked
    assert decision["decision"] == "block"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "_schema"),
        ({"amount_usdc": "1"}, "_schema"),
        ({"agent_uuid": str(uuid.uuid4())}, "amount_usdc"),
        ({"agent_uuid": "x", "amount_usdc": "1"}, "agent_uuid"),
        ({"agent_uuid": str(uuid.uuid4()), "pay_to": WALLET, "amount_usdc": "1"}, "_schema"),
        ({"pay_to": WALLET, "amount_usdc": "1"}, "chain"),
        ({"url": "https://a.example", "chain": "base", "amount_usdc": "1"}, "chain"),
        ({"pay_to": "0x1", "chain": "base", "amount_usdc": "1"}, "pay_to"),
        ({"url": "javascript:alert(1)", "amount_usdc": "1"}, "url"),
        ({"payment_requirements": {"accepts": []}}, "payment_requirements"),
        ({"payment_requirements": [SOLANA]}, "payment_requirements"),
        ({"payment_requirements": V1 | {"asset": WALLET}}, "amount_usdc"),
        ({"payment_requirements": V1 | {"maxAmountRequired": "1.5"}}, "amount_usdc"),
        ({"payment_requirements": [V1] * 51}, "payment_requirements"),
        ({"payment_requirements": 7}, "payment_requirements"),
        ({"agent_uuid": str(uuid.uuid4()), "amount_usdc": "-1"}, "amount_usdc"),
        ({"agent_uuid": str(uuid.uuid4()), "amount_usdc": "1", "policy": "kind"}, "policy"),
        ({"agent_uuid": str(uuid.uuid4()), "amount_usdc": "1", "policy": []}, "policy"),
    ],
)
def test_question_that_is_not_one_is_refused(post, body, field):
    refused(post(**body), field)


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": True},
        {"min_level": "best"},
        {"min_score_low": "100.1"},
        {"min_score_low": "1.1234567"},
        {"min_effective_reviewers": -1},
        {"min_paying_reviewers": 1.5},
        {"min_trusted_reviewers": 101},
        {"max_expected_loss_usdc": "1e3"},
        {"max_age_days": -1},
        {"trusted_reviewers": ["0x1"]},
        {"trusted_reviewers": [WALLET] * 101},
        {"trusted_only": "yes"},
        {"complaint_rate": "0"},
        {"complaint_rate": "1.01"},
        {"ignore": ["POOR_AT_STAKE"]},
        {"warn_on": ["NONSENSE"]},
        {"unknown": "maybe"},
        {"sources": ["rumour"]},
    ],
)
def test_policy_that_is_not_one_is_refused(post, policy):
    body = {"agent_uuid": str(uuid.uuid4()), "amount_usdc": "1", "policy": policy}
    refused(post(**body), "policy")


def test_policy_is_shown_as_it_was_applied(ask, known):
    members = {
        "allow_from": "fair",
        "min_score_low": "12.5",
        "trusted_reviewers": [OTHER, OTHER.upper().replace("0X", "0x")],
        "complaint_rate": 0.5,
        "sources": ["api"],
    }
    policy = ask(agent_uuid=known, amount_usdc="1", policy=members)["policy"]
    assert policy["trusted_reviewers"] == [OTHER]
    assert (policy["min_score_low"], policy["complaint_rate"]) == ("12.5", "0.5")
    assert (policy["allow_from"], policy["sources"]) == ("fair", ["api"])
    assert (policy["unknown"], policy["min_level"], policy["ignore"]) == ("warn", None, [])


def test_chain_that_is_not_known_is_refused_with_what_is_near(post):
    answer = post(chain="bsae", agent_id="1", amount_usdc="1")
    assert (answer.status_code, answer.json["code"]) == (400, "CHAIN_NOT_SUPPORTED")
    assert "did you mean base" in answer.json["detail"]
    answer = post(payment_requirements=V1 | {"network": "iotex"})
    assert (answer.status_code, answer.json["code"]) == (400, "CHAIN_NOT_SUPPORTED")


def test_batch_answers_each_item_by_itself(post, known, sql, link_payment):
    items = [
        {"agent_uuid": known, "amount_usdc": "0.01"},
        {"chain": "nowhere", "agent_id": "1", "amount_usdc": "1"},
        {"agent_uuid": "none", "amount_usdc": "1"},
        {"payment_requirements": V1 | {"asset": OTHER}},
        {"agent_uuid": known, "amount_usdc": "1", "policy": {"min_level": "excellent"}},
        None,
        {"url": "https://nobody.example", "amount_usdc": "1"},
    ]
    answer = post("/batch", decisions=items)
    assert answer.status_code == 200
    found = answer.json["decisions"]
    assert [each["status"] for each in found] == [200, 400, 422, 422, 200, 422, 200]
    assert found[1]["code"] == "CHAIN_NOT_SUPPORTED"
    assert found[3]["detail"].startswith("amount_usdc: ")
    assert found[0]["decision"]["decision"] == "allow"


@pytest.mark.parametrize("count", [0, 101])
def test_batch_has_one_to_a_hundred_items(post, count):
    items = [{"agent_uuid": str(uuid.uuid4()), "amount_usdc": "1"}] * count
    refused(post("/batch", decisions=items), "decisions")


def test_batch_counts_each_item(client, key_for):
    headers = key_for(None, "read", tier="free")
    items = [{"agent_uuid": str(uuid.uuid4()), "amount_usdc": "1"}] * 20
    first = client.post(f"{DECISIONS}/batch", json={"decisions": items}, headers=headers)
    second = client.post(f"{DECISIONS}/batch", json={"decisions": items}, headers=headers)
    remaining = [int(each.headers["X-RateLimit-Remaining"]) for each in (first, second)]
    assert remaining[0] - remaining[1] == 20


def test_digest_is_that_of_the_evidence_and_the_decision_follows_from_it(ask, known):
    decision = ask(agent_uuid=known, amount_usdc="1")
    canonical = json.dumps(
        decision["evidence"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert decision["inputs_digest"] == hashlib.sha256(canonical.encode()).hexdigest()
    again = ask(agent_uuid=known, amount_usdc="1")
    assert again["inputs_digest"] == decision["inputs_digest"]
    other = ask(agent_uuid=known, amount_usdc="20")
    assert other["inputs_digest"] != decision["inputs_digest"]


def test_get_decides_as_post_does_and_is_cached(get, ask, known):
    for amount in ("0.01", "0.5", "1", "77", "5000"):
        for policy in ("cautious", "open", "strict"):
            read = get(f"/agents/{known}/decision?amount_usdc={amount}&policy={policy}")
            posted = ask(agent_uuid=known, amount_usdc=amount, policy=policy)
            assert read | {"as_of": 0} == posted | {"as_of": 0}
    first, second = (get(f"/agents/{known}/decision?amount_usdc=2") for _ in range(2))
    assert first["as_of"] == second["as_of"]


def test_get_needs_an_amount_and_an_agent(client, admin, known):
    path = f"/api/v1/agents/{known}/decision"
    assert client.get(path, headers=admin).status_code == 422
    assert client.get(f"{path}?amount_usdc=1&policy=mine", headers=admin).status_code == 422
    nobody = f"/api/v1/agents/{uuid.uuid4()}/decision?amount_usdc=1"
    assert client.get(nobody, headers=admin).status_code == 404


def test_what_is_written_shows_in_the_next_decision(get, make_agent, give_feedback, link_payment):
    agent = make_agent()["agent_uuid"]
    path = f"/agents/{agent}/decision?amount_usdc=1"
    assert get(path)["evidence"]["reviewers"] == 0
    given = give_feedback(agent_uuid=agent)
    assert get(path)["evidence"]["reviewers"] == 1
    link_payment(agent_uuid=agent, payer_address=given["client_address"], payee_address=OTHER)
    evidence = get(path)["evidence"]
    assert (evidence["paying_reviewers"], evidence["net_usdc"]) == (1, "12.500000")


def test_trusted_reviewers_count_before_they_are_folded(ask, make_agent, give_feedback, refresh):
    agent = make_agent()["agent_uuid"]
    friend = give_feedback(agent_uuid=agent, score=90)["client_address"]
    whom = {"agent_uuid": agent, "amount_usdc": "10"}
    policy = {"trusted_reviewers": [friend, OTHER]}
    before = ask(**whom, policy=policy)
    assert before["trusted_mean"] == 90
    assert before["effective_reviewers"] == 1
    assert "VOUCHED" in before["notes"]
    refresh()
    after = ask(**whom, policy=policy)
    assert after | {"as_of": 0} == before | {"as_of": 0}


def test_block_of_the_chain_is_shown(ask, known, sql):
    assert ask(agent_uuid=known, amount_usdc="1")["blocks"] == []
    sql(
        "insert into erc8004_chain_cursors (chain, from_block, read_block, read_hash, final_block, "
        "checked_block, projected_block, head_block) "
        "values ('base', 1, 9, decode(repeat('00', 32), 'hex'), 8, 8, 7, 9)"
    )
    blocks = ask(agent_uuid=known, amount_usdc="1")["blocks"]
    assert blocks == [{"chain": "base", "caip2": "eip155:8453", "block": 7}]


def test_age_is_that_of_the_evidence(ask, known):
    decision = ask(agent_uuid=known, amount_usdc="1", policy={"max_age_days": 3})
    as_of, newest = decision["as_of"], decision["evidence"]["last_backed_at"]
    age = dt.datetime.fromisoformat(as_of) - dt.datetime.fromisoformat(newest)
    assert age > dt.timedelta(days=3)
    assert decision["decision"] == "block"
