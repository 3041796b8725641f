"""An agent with many reviewers costs as much as one with a hundred."""

from __future__ import annotations

import pytest

MANY, FEW = 3000, 100
TRUSTED = [f"0x{number:040x}" for number in range(1, 101)]
GIVE = """
insert into erc8004_reputation (agent_uuid, client_address, value, score, tag1, chain, created_at)
select
  %s::uuid, '0x' || lpad(to_hex(n), 40, '0'), 80, 80,
  (array[null, 'starred', 'uptime'])[1 + n %% 3], 'base', now() - n * interval '1 minute'
from generate_series(1, %s) as n
"""
# Most agents have few reviewers, so the planner expects few.
OTHERS = """
with agents as (
  insert into erc8004_agents (agent_id, chain, registry_address, owner_address)
  select n, 'base', '0x' || repeat('cd', 20), '0x' || repeat('ab', 20)
  from generate_series(1, 500) as n
  returning id
)
insert into erc8004_reputation (agent_uuid, client_address, value, score, chain)
select id, '0x' || repeat('ef', 20), 80, 80, 'base'
from agents
"""
DECIDE = """
select inputs::text from erc8004_decision_inputs(
  jsonb_build_array(jsonb_build_object(
    'place', 1, 'agent_uuid', %s, 'stake_places', array[1, 3, 6],
    'trusted', '{}'::text[], 'trusted_only', false
  ))
)
"""
READS = {
    "trust": "select report::text from erc8004_trust_answer(%s) as answer (report)",
    "statistics": "select body from erc8004_agent_stats_answer(%s) as answer (body)",
    "decision": DECIDE.format("{}"),
    "decision with a hundred trusted": DECIDE.format("{" + ",".join(TRUSTED) + "}"),
}


@pytest.fixture
def agents(make_agent, sql, refresh):
    """Return an agent with many reviewers, and one with a hundred."""
    found = [make_agent()["agent_uuid"] for _ in range(2)]
    for agent, reviewers in zip(found, (MANY, FEW), strict=True):
        sql(GIVE, agent, reviewers)
    sql(OTHERS)
    refresh()
    sql("vacuum analyze")
    return found


@pytest.fixture
def blocks(sql):
    """Return the number of blocks that PostgreSQL reads for an answer, after planning."""

    def read(query, agent):
        for _ in range(2):
            (row,) = sql(f"explain (analyze, buffers, format json) {query}", agent)
        plan = row["QUERY PLAN"][0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]

    return read


@pytest.mark.parametrize("what", READS)
def test_many_reviewers_are_read_as_fast_as_a_hundred(agents, blocks, what, figures):
    hot, cold = (blocks(READS[what], agent) for agent in agents)
    figures(**{f"blocks_of_{what.replace(' ', '_')}": f"{hot} of {MANY}, {cold} of {FEW}"})
    assert hot < 1.5 * cold
