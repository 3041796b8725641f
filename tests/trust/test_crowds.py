"""Unpaid reviewers, however many, change no level, interval or decision."""

from __future__ import annotations

import pytest

from tests.support import factories

BATCH = "/api/v1/decisions/batch"
CROWD = """
insert into erc8004_reputation (agent_uuid, client_address, value, score, chain, created_at)
select
  a.id, '0x' || lpad(to_hex(4294967296 + %s + n), 40, '0'), %s, %s, a.chain,
  now() - %s * interval '1 day'
from erc8004_agents as a
cross join generate_series(1, %s) as n
where a.id = any(%s::uuid[])
"""
QUESTIONS = [
    (amount, policy) for amount in ("0.01", "1", "50") for policy in ("cautious", "open", "strict")
]


@pytest.fixture
def agents(make_agent, give_feedback, link_payment, refresh):
    """Return a good agent, a poor one, and one with a single unpaid reviewer."""
    found = [make_agent()["agent_uuid"] for _ in range(3)]
    for agent, score in zip(found, (92, 10), strict=False):
        for _ in range(8):
            client = give_feedback(agent_uuid=agent, score=score)["client_address"]
            paid = {"payer_address": client, "payee_address": factories.address()}
            link_payment(agent_uuid=agent, amount_usdc="2", **paid)
        for _ in range(4):
            link_payment(agent_uuid=agent, amount_usdc="0.01")
    give_feedback(agent_uuid=found[2], score=70)
    refresh()
    return found


@pytest.fixture
def decide(client, admin, agents):
    """Return the decision and codes of every policy for every agent and amount."""

    def run():
        items = [
            {"agent_uuid": agent, "amount_usdc": amount, "policy": policy}
            for agent in agents
            for amount, policy in QUESTIONS
        ]
        answer = client.post(BATCH, json={"decisions": items}, headers=admin)
        return [told(item["decision"]) for item in answer.json["decisions"]]

    return run


def told(decision):
    failed = sorted(each["code"] for each in decision["checks"] if not each["passed"])
    interval = decision["low"], decision["high"]
    return decision["decision"], failed, decision["level_at_stake"], interval


@pytest.mark.slow
@pytest.mark.parametrize("score", [0, 100])
def test_crowd_changes_nothing_before_and_after_it_is_folded(decide, agents, refresh, sql, score):
    calm, seen = decide(), 0
    assert {decision for decision, *_ in calm} == {"allow", "warn", "block"}
    for size in (1, 10, 100):
        sql(CROWD, seen, score, score, 0, size, agents)
        seen += size
        assert decide() == calm, size
    refresh()
    assert decide() == calm
    sql(CROWD, seen, score, score, 0, 10_000, agents[:2])
    refresh()
    assert decide() == calm


@pytest.mark.slow
def test_crowd_of_inactive_reviewers_changes_nothing(decide, agents, make_agent, refresh, sql):
    hosts = [make_agent()["agent_uuid"] for _ in range(3)]
    sql(CROWD, 0, 80, 80, 60, 300, hosts)
    refresh()
    calm = decide()
    sql(CROWD, 0, 0, 0, 0, 300, agents)
    refresh()
    known = sql("select count(*) from erc8004_reviewers where is_established")
    assert known == [{"count": 300}]
    assert decide() == calm
