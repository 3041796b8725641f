"""`make bench-trust`: attack every rated agent of a population through the real tables, and print
how many scores each attack moves, beside the mean; and how scores rank agents of known quality."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extras import execute_values

from bench.serving import ROOT
from bench.trust_attacks import ATTACKS, Attack
from bench.trust_figures import correlation, moved, percent
from bench.trust_hot import hot_to_cold
from bench.trust_population import Population, address, population
from kamiyo_api import create_app
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import embedded_servers
from kamiyo_api.trust.refresh import refresh_stats

RESULTS = ROOT / "bench" / "results" / "trust.json"
REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
PAGE = 10_000
# An attack with many rows is run on some of the agents, evenly chosen.
MOST_ROWS = 40_000
SLEEPERS = 100
BUSY = Attack("100 fresh reviewers on a fifth of the agents", attackers=100)

HEADER = (
    "attack                            USD  agents  mean: moved by half / level changed, "
    "in percent; score: the same"
)
Trust = tuple[float | None, str, float | None, str]


class Arena:
    """A database with a population, in which every attack is undone."""

    def __init__(self, connection: Any, made: Population) -> None:
        self.connection, self.quality = connection, made.quality
        self.uuids: dict[int, str] = {}
        self.paid: set[str] = set()

    def sql(self, statement: str, *params: Any) -> list[tuple[Any, ...]]:
        """Run SQL in the current transaction."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, params or None)
            return list(cursor.fetchall()) if cursor.description else []

    def write(self, statement: str, rows: Sequence[tuple[Any, ...]], template: str) -> None:
        """Insert many rows."""
        with self.connection.cursor() as cursor:
            execute_values(cursor, statement, rows, template, page_size=PAGE)

    def feedback(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert feedback: number of the agent, client, value, and how many days ago."""
        self.write(
            "insert into erc8004_reputation (agent_uuid, client_address, value, value_decimals, "
            "score, chain, created_at) values %s",
            [
                (self.uuids[number], client, round(value * 100), 2, in_scale(value), "base", days)
                for number, client, value, days in rows
            ],
            "(%s::uuid, %s, %s, %s, %s, %s, now() - %s * interval '1 day')",
        )

    def payments(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert payments: number of the agent, payer, amount and status."""
        self.write(
            "insert into erc8004_agent_payments (agent_uuid, chain, tx_hash, payer_address, "
            "amount_usdc, status, verified_at) values %s",
            [
                (
                    *(self.uuids[number], "base", f"0x{os.urandom(32).hex()}", payer, usdc),
                    *(status, status == "verified"),
                )
                for number, payer, usdc, status in rows
            ],
            "(%s::uuid, %s, %s, %s, %s, %s, case when %s then now() end)",
        )

    def trust(self) -> dict[int, Trust]:
        """Fold what was written; score and level of each rated agent, then mean and level by it."""
        self.sql("select cardinality(erc8004_count_all(now(), false))")
        rows = self.sql(
            """
            select
              a.agent_id::integer, f.score::float8,
              erc8004_trust_level(s.settled, s.rate, f.score_middle, f.score_high, false),
              m.mean::float8,
              case
                when s.settled = 0 and m.mean is null then 'new'
                when s.settled >= 10 and s.rate >= 95 and m.mean >= 80 then 'excellent'
                when s.settled >= 5 and s.rate >= 85 and m.mean >= 70 then 'good'
                when coalesce(s.rate >= 75, true) and coalesce(m.mean >= 60, true) then 'fair'
                else 'poor'
              end
            from erc8004_agents as a
            join erc8004_feedback_counts as f on f.agent_uuid = a.id
            left join erc8004_payment_counts as p on p.agent_uuid = a.id
            cross join lateral (
              select
                coalesce(p.successful_payments + p.failed_payments, 0) as settled,
                round(
                  100.0 * p.successful_payments
                  / nullif(p.successful_payments + p.failed_payments, 0), 2
                ) as rate
            ) as s
            cross join lateral (
              select f.score_sum / nullif(f.scored_feedback, 0) as mean
            ) as m
            """
        )
        return {number: rest for number, *rest in rows if number in self.quality}

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what the block writes."""
        try:
            yield
        finally:
            self.connection.rollback()


def in_scale(value: float) -> float | None:
    """The score of a value; none off the scale."""
    return value if 0 <= value <= 100 else None


def build(arena: Arena, made: Population) -> None:
    """Store a population, with the three agents that sleepers have rated long ago."""
    count = len(made.agents)
    sleeping = [(count + place, address("host", place)) for place in range(3)]
    arena.write(
        "insert into erc8004_agents (agent_id, chain, registry_address, owner_address, created_at) "
        "values %s",
        [(number, "base", REGISTRY, owner) for number, owner in made.agents + sleeping],
        "(%s, %s, %s, %s, now() - interval '200 days')",
    )
    arena.uuids = dict(arena.sql("select agent_id::integer, id::text from erc8004_agents"))
    arena.feedback(made.feedback)
    arena.feedback(
        [
            (count + place, address("sleeper", number), 80, 60)
            for place in range(3)
            for number in range(SLEEPERS)
        ]
    )
    arena.payments(made.payments)
    arena.connection.commit()


def attack(
    arena: Arena, what: Attack, means: Mapping[int, Trust], most_rows: int = MOST_ROWS
) -> list[int]:
    """Attack agents; the numbers of those that were. Each gets what would move its mean most."""
    rated = sorted(means)
    step = max(1, -(-len(rated) * what.rows // most_rows))
    attacked = rated[::step]
    kind = "sleeper" if what.sleeps else "attacker"
    pairs = [
        (number, address(kind, attacker))
        for number in attacked
        for attacker in range(what.attackers)
    ]
    arena.feedback(
        [
            (number, client, worst(means[number][2], what), 0)
            for number, client in pairs
            for _ in range(what.records)
        ]
    )
    if what.paid_usdc is not None:
        arena.payments([(*pair, what.paid_usdc, "verified") for pair in pairs])
    return attacked


def worst(mean: float | None, what: Attack) -> float:
    """The value that moves a mean most."""
    if what.is_off_the_scale:
        return -1e30
    return 0 if mean is None or mean >= 50 else 100


def damage(arena: Arena, what: Attack, calm: Mapping[int, Trust]) -> dict[str, Any]:
    """Run one attack, and undo it; how many percent of the attacked agents it moved."""
    with arena.undone():
        attacked = attack(arena, what, calm)
        after = arena.trust()
    changes = [(calm[number], after[number]) for number in attacked]
    return {
        "attack": what.name,
        "usd": what.cost_usd,
        "agents": len(attacked),
        "mean_moved": percent([moved(old[2], new[2]) for old, new in changes]),
        "mean_level": percent([old[3] != new[3] for old, new in changes]),
        "score_moved": percent([moved(old[0], new[0]) for old, new in changes]),
        "level": percent([old[1] != new[1] for old, new in changes]),
    }


def ranking(arena: Arena, calm: Mapping[int, Trust]) -> dict[str, float]:
    """How scores rank agents, calm and with a fifth of them under attack."""
    fifth = dict(sorted(calm.items())[::5])
    with arena.undone():
        attack(arena, BUSY, fifth, most_rows=len(fifth) * BUSY.rows)
        attacked = arena.trust()
    paid = {number for number in calm if is_paid(arena, number)}
    return {
        f"{name}_{when}{suffix}": correlation(
            [found[number][place] or 0.0 for number in chosen],
            [arena.quality[number] for number in chosen],
        )
        for when, found in (("calm", calm), ("attacked", attacked))
        for name, place in (("mean", 2), ("score", 0))
        for suffix, chosen in (("", sorted(calm)), ("_of_paid", sorted(paid)))
    }


def is_paid(arena: Arena, number: int) -> bool:
    """Whether an agent has a paying reviewer."""
    return arena.uuids[number] in arena.paid


def measure(database_url: str, agents: int) -> dict[str, Any]:
    """Build, attack and rank; everything that was found."""
    made = population(agents)
    connection = psycopg2.connect(database_url)
    try:
        arena = Arena(connection, made)
        build(arena, made)
        refresh_stats()
        connection.commit()
        arena.paid = {
            row[0]
            for row in arena.sql(
                "select agent_uuid::text from erc8004_feedback_counts where paying_reviewers > 0"
            )
        }
        calm = arena.trust()
        connection.commit()
        attacks = []
        for what in ATTACKS:
            attacks.append(damage(arena, what, calm))
            print(line_of(attacks[-1]), file=sys.stderr, flush=True)
        return {
            "agents": agents,
            "rated": len(calm),
            "feedback": len(made.feedback),
            "attacks": attacks,
            "rank_correlation": ranking(arena, calm),
            "hot_to_cold": hot_to_cold(arena),
        }
    finally:
        connection.close()


def line_of(row: Mapping[str, Any]) -> str:
    """One line of the table."""
    return (
        f"{row['attack']:<28} {row['usd']:>8.3f} {row['agents']:>7}"
        f"  {row['mean_moved']:>6} / {row['mean_level']:<6}"
        f"  {row['score_moved']:>6} / {row['level']}"
    )


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(prog="make bench-trust")
    parser.add_argument("agents", type=int, nargs="?", default=5_000)
    agents = parser.parse_args().agents
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-trust-") as folder,
        embedded_servers(Path(folder), throwaway=True) as started,
    ):
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = (
            started.database_url,
            started.redis_url,
        )
        print(HEADER, file=sys.stderr)
        with create_app().app_context():
            schema.migrate()
            found = measure(started.database_url, agents)
    found["seconds"] = round(time.monotonic() - began, 1)
    for name, value in found["rank_correlation"].items():
        print(f"rank correlation, {name.replace('_', ' ')}: {value}")
    for name, figures in found["hot_to_cold"].items():
        print(f"hot to cold agent, {name.replace('_', ' ')}: {figures}")
    RESULTS.write_text(json.dumps(found, indent=2) + "\n")
    print(f"{found['seconds']} s; kept in {RESULTS.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
