"""How much longer PostgreSQL takes for an answer about an agent with many reviewers than about one
with few."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from bench.trust_population import address

if TYPE_CHECKING:
    from bench.trust import Arena

REVIEWERS, RECORDS = 12_000, 30_000
FEW = 8
TRUSTED = 100
TIMES = 50
# The numbers of the two agents, which no population has.
HOT, COLD = 10**9, 10**9 + 1
DECIDE = """
select d.inputs::text
from erc8004_decision_inputs(
  jsonb_build_array(jsonb_build_object(
    'place', 1, 'agent_uuid', %s, 'stake_places', array[3], 'trusted', %s::text[],
    'trusted_only', false
  ))
) as d
"""


def hot_to_cold(arena: Arena, reviewers: int = REVIEWERS, records: int = RECORDS) -> dict[str, Any]:
    """Rate one agent by many and one by few; of each read, how long it takes and the ratio."""
    build(arena, reviewers, records)
    trusted = [address("buyer", number) for number in range(TRUSTED)]
    try:
        return {
            "trust": both(arena, "select report::text from erc8004_trust_answer(%s) as t (report)"),
            "stats": both(arena, "select body from erc8004_agent_stats_answer(%s) as s (body)"),
            "decision": both(arena, DECIDE, []),
            "decision_with_100_trusted": both(arena, DECIDE, trusted),
        }
    finally:
        arena.sql("delete from erc8004_agents where agent_id >= %s", HOT)
        arena.connection.commit()


def build(arena: Arena, reviewers: int, records: int) -> None:
    """Store both agents with what is said and paid, and fold it."""
    arena.write(
        "insert into erc8004_agents (agent_id, chain, registry_address, owner_address, created_at) "
        "values %s",
        [
            (number, "base", address("hot", 0), address("hot", place))
            for place, number in enumerate((HOT, COLD), start=1)
        ],
        "(%s, %s, %s, %s, now() - interval '200 days')",
    )
    arena.uuids |= dict(
        arena.sql("select agent_id::bigint, id::text from erc8004_agents where agent_id >= %s", HOT)
    )
    for number, clients, many in ((HOT, reviewers, records), (COLD, FEW, FEW)):
        arena.feedback(
            [
                (number, address("buyer", place % clients), 60 + place % 40, place / 200)
                for place in range(many)
            ]
        )
        arena.payments(
            [(number, address("buyer", place), 1.5, "verified") for place in range(clients)]
        )
    arena.sql("select cardinality(erc8004_count_all(now(), false))")
    arena.sql("analyze erc8004_client_counts, erc8004_reputation")
    # The rows that a fold deletes are skipped once it is committed.
    arena.connection.commit()


def both(arena: Arena, query: str, *params: Any) -> dict[str, float]:
    """The milliseconds of a query about either agent, and their ratio."""
    hot, cold = (best(arena, query, arena.uuids[number], *params) for number in (HOT, COLD))
    return {"hot_ms": round(hot, 2), "cold_ms": round(cold, 2), "ratio": round(hot / cold, 2)}


def best(arena: Arena, query: str, *params: Any) -> float:
    """The milliseconds of the fastest of many runs."""
    fastest = float("inf")
    for _ in range(TIMES):
        began = time.perf_counter()
        arena.sql(query, *params)
        fastest = min(fastest, time.perf_counter() - began)
    return fastest * 1000
