"""Decisions equal those of exact fractions, for any agent, amount and policy."""

from __future__ import annotations

import random

import orjson
import pytest

from kamiyo_api import db
from tests.support import factories
from tests.trust.decision_rule import Question, decide
from tests.trust.planted import Planted, Voice, plant

BATCH = "/api/v1/decisions/batch"
WELL = {"settled": 12, "success_rate": "100"}
MONEY = ("expected_loss_usdc", "loss_at_low_usdc", "forgery_cost_usdc", "cheat_gain_usdc")


def voices(count: int, voice: int, net: str = "0", **known) -> list[Voice]:
    return [Voice(factories.address(), voice, net, **known) for _ in range(count)]


FRIEND, SECOND, FOE = (Voice(factories.address(), voice) for voice in (9100, 6900, 1200))
EIGHT = Planted(voices(8, 9000, "1"), **WELL)
POOR = Planted(voices(4, 500, "1"), **WELL)
UNPAID = Planted([*voices(5, 9900), FRIEND, SECOND], **WELL)
OBJECTED = Planted([*voices(9, 9600, "2"), FOE], **WELL)
SOLD = Planted(voices(7, 9300, "3"), has_new_owner=True, **WELL)
CENTS = Planted([*voices(25, 9200, "0.02"), *voices(15, 8100, "0.4")], **WELL)
ROUND_TRIP = Planted(voices(6, 9900, "0", returned="5"), **WELL)
QUESTIONS = {
    "nobody knows it": Question(Planted()),
    "nobody knows it, and that is enough": Question(Planted(), policy={"ignore": ["NO_REVIEWS"]}),
    "payments alone": Question(Planted(**WELL)),
    "payments that fail": Question(
        Planted(voices(8, 9000, "1"), settled=20, success_rate="70"), "1"
    ),
    "payments that fail now and then": Question(
        Planted(voices(8, 9000, "1"), settled=20, success_rate="80")
    ),
    "unpaid praise": Question(UNPAID, "3"),
    "newcomers praise": Question(Planted(voices(40, 10000, is_established=False), **WELL)),
    "a cent to the well proven": Question(EIGHT),
    "two cents to the well proven": Question(EIGHT, "0.02"),
    "a dollar to the well proven": Question(EIGHT, "1"),
    "a dollar, forgeable or not": Question(EIGHT, "1", {"ignore": ["FORGEABLE"]}),
    "a cent, and few complain": Question(EIGHT, "0.01", {"complaint_rate": "0.25"}),
    "more than a cent, just": Question(EIGHT, "0.010001"),
    "the highest stake": Question(EIGHT, "1000"),
    "above the highest stake": Question(EIGHT, "1000.000001"),
    "allowed from fair on": Question(EIGHT, "50", {"allow_from": "fair"}),
    "allowed from excellent on": Question(CENTS, "0.01", {"allow_from": "excellent"}),
    "low is as demanded": Question(EIGHT, "1", {"min_score_low": "72"}),
    "low is a little below": Question(EIGHT, "1", {"min_score_low": "72.000001"}),
    "as many as demanded": Question(EIGHT, "1", {"min_effective_reviewers": "8"}),
    "one paying reviewer too few": Question(EIGHT, "1", {"min_paying_reviewers": 9}),
    "a level that it has": Question(EIGHT, "1", {"min_level": "excellent"}),
    "a level that it has not": Question(CENTS, "1", {"min_level": "excellent"}),
    "a loss that is accepted": Question(EIGHT, "1", {"max_expected_loss_usdc": "0.18"}),
    "a loss that is not": Question(EIGHT, "1", {"max_expected_loss_usdc": "0.179999"}),
    "no news demanded": Question(
        Planted(voices(7, 9000, "1", days_ago=100), **WELL), "1", {"max_age_days": 120}
    ),
    "old news": Question(
        Planted(voices(7, 9000, "1", days_ago=100), **WELL), "1", {"max_age_days": 60}
    ),
    "no news at all": Question(UNPAID, "1", {"max_age_days": 60}),
    "from a source that is accepted": Question(EIGHT, "0.01", {"sources": ["api", "chain"]}),
    "from a source that is not": Question(EIGHT, "0.01", {"sources": ["chain"]}),
    "poor": Question(POOR, "1"),
    "poor at a dollar, not at a hundred": Question(POOR, "100"),
    "suspended": Question(Planted(voices(8, 9000, "1"), status="suspended", **WELL)),
    "revoked": Question(Planted(voices(8, 9000, "1"), status="revoked", **WELL)),
    "sold": Question(SOLD),
    "sold, which does not matter": Question(SOLD, policy={"ignore": ["OWNER_CHANGED"]}),
    "claimed": Question(Planted(voices(8, 9000, "1"), claimed=True, **WELL)),
    "a testnet": Question(Planted(voices(8, 9000, "1"), chain="base-sepolia", **WELL)),
    "it got its money back": Question(ROUND_TRIP),
    "a ring": Question(Planted(voices(6, 10000, "2", is_reciprocal=True), **WELL)),
    "a ring, warned of": Question(
        Planted([*voices(8, 9000, "2"), *voices(2, 9900, "1", is_reciprocal=True)], **WELL),
        policy={"warn_on": ["RECIPROCAL_REVIEWS"]},
    ),
    "it reviews itself": Question(Planted(voices(8, 9000, "1"), own_ratings=3, **WELL)),
    "one repeats himself": Question(Planted(voices(1, 9000, "1"), ratings=44, **WELL)),
    "records without a score": Question(Planted(voices(8, 9000, "1"), unscored=2, **WELL)),
    "many small customers": Question(CENTS, "0.05"),
    "unpaid ones disagree": Question(
        Planted([*voices(9, 9500, "1"), *voices(30, 1000)], **WELL),
        policy={"warn_on": ["UNPAID_DISAGREE"]},
    ),
    "the operator trusts three": Question(Planted(voices(3, 9000, is_trusted=True), **WELL), "20"),
    "the caller trusts two": Question(
        UNPAID, "20", {"trusted_reviewers": [FRIEND.client, SECOND.client]}
    ),
    "the caller trusts two alone": Question(
        UNPAID, "20", {"trusted_reviewers": [FRIEND.client, SECOND.client], "trusted_only": True}
    ),
    "the caller trusts nobody of them alone": Question(
        UNPAID, "20", {"trusted_reviewers": [FOE.client], "trusted_only": True}
    ),
    "the caller trusts one of three": Question(
        UNPAID, "1", {"trusted_reviewers": [SECOND.client, FOE.client], "min_trusted_reviewers": 2}
    ),
    "the caller's reviewer objects": Question(OBJECTED, "0.1", {"trusted_reviewers": [FOE.client]}),
    "the caller's reviewer objects alone": Question(
        OBJECTED, "0.1", {"trusted_reviewers": [FOE.client], "trusted_only": True}
    ),
    "the caller's reviewer vouches for a poor one": Question(
        Planted([*voices(5, 100, "1"), FRIEND], **WELL), "1", {"trusted_reviewers": [FRIEND.client]}
    ),
    "the caller trusts one who paid, too": Question(
        EIGHT, "0.5", {"trusted_reviewers": [EIGHT.voices[0].client]}
    ),
}


def anything(chance: random.Random) -> Question:
    """Return a random question."""
    crowd = [
        Voice(
            factories.address(),
            *(chance.randint(0, 10_000), f"{chance.choice([0, 0, 1, 50, 4000]) / 100:.6f}"),
            returned=chance.choice(["0", "0", "0.5"]),
            is_reciprocal=chance.random() < 0.1,
            is_established=chance.random() < 0.5,
            is_trusted=chance.random() < 0.1,
        )
        for _ in range(chance.choice([0, 1, 2, 5, 30]))
    ]
    agent = Planted(crowd, settled=20, success_rate=chance.choice(["100", "90", "80", "70"]))
    own = [each.client for each in crowd if chance.random() < 0.2]
    policy = {
        "trusted_reviewers": own,
        "trusted_only": chance.random() < 0.3,
        "min_level": chance.choice(["new", "fair", "good"]),
        "complaint_rate": chance.choice(["1", "0.5"]),
    }
    return Question(agent, chance.choice(["0.004", "0.2", "1", "33", "2000"]), policy)


CHANCE = random.Random(20)
QUESTIONS |= {f"any agent, {number}": anything(CHANCE) for number in range(25)}


def planted(sql, questions):
    """Return the uuid of the agent of each question; insert each agent once."""
    found = {}
    for each in questions:
        key = each.agent.agent_id
        found[key] = found.get(key) or plant(sql, each.agent)
    return [found[each.agent.agent_id] for each in questions]


@pytest.fixture
def ask(client, admin, sql):
    """Decide all questions at once, about agents inserted for them."""

    def run(questions):
        items = [
            {"agent_uuid": agent_uuid, "amount_usdc": each.amount, "policy": each.policy}
            for agent_uuid, each in zip(planted(sql, questions), questions, strict=True)
        ]
        answer = client.post(BATCH, json={"decisions": items}, headers=admin)
        assert answer.status_code == 200, answer.json
        return [item["decision"] for item in answer.json["decisions"]]

    return run


def failed(decision, effect):
    return {
        each["code"]
        for each in decision["checks"]
        if each["effect"] == effect and not each["passed"]
    }


def assert_is(decision, expected):
    assert decision["decision"] == expected["decision"]
    assert failed(decision, "block") == expected["block"]
    assert failed(decision, "warn") == expected["warn"]
    assert set(decision["notes"]) == expected["notes"]
    assert decision["level_at_stake"] == expected["level"]
    for name in MONEY:
        assert float(decision[name]) == pytest.approx(float(expected[name]), abs=1e-6), name
    for name in ("score", "low", "high", "effective_reviewers"):
        value = expected["summary"][name]
        assert (decision[name] is None) == (value is None)
        assert value is None or decision[name] == pytest.approx(float(value), abs=0.0051)


def test_each_decision_equals_that_of_exact_fractions(ask):
    wrong = {}
    for name, decision in zip(QUESTIONS, ask(list(QUESTIONS.values())), strict=True):
        try:
            assert_is(decision, decide(QUESTIONS[name]))
        except AssertionError as error:
            wrong[name] = str(error)
    assert not wrong


def test_questions_cover_every_decision_and_nearly_every_code():
    expected = [decide(each) for each in QUESTIONS.values()]
    assert {each["decision"] for each in expected} == {"allow", "warn", "block"}
    codes = set().union(*(each["block"] | each["warn"] for each in expected))
    assert len(codes) >= 20


def test_figures_have_nine_exact_decimals(app, sql):
    asked = list(QUESTIONS.values())
    items = [
        {
            "place": place,
            "agent_uuid": agent_uuid,
            "amount_usdc": each.amount,
            "trusted": each.policy.get("trusted_reviewers", []),
            "trusted_only": each.policy.get("trusted_only", False),
        }
        for place, (agent_uuid, each) in enumerate(zip(planted(sql, asked), asked, strict=True))
    ]
    rows = db.rows("decisions.list_inputs", items=orjson.dumps(items).decode())
    assert len(rows) == len(asked)
    for row in rows:
        (found,) = orjson.loads(row["inputs"])["stakes"]
        expected = decide(asked[row["place"]])["summary"]
        for name in ("score", "middle", "low", "high", "effective_reviewers"):
            value = expected[name]
            assert (found[name] is None) == (value is None)
            assert value is None or float(found[name]) == pytest.approx(float(value), abs=1e-9)
