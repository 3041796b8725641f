"""Agents whose counts and evidence are inserted directly, as a refresh would write them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tests.support.database import Sql
from tests.trust.rule import STAKES

REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"


@dataclass(frozen=True)
class Voice:
    """A reviewer of an agent with a voice, in hundredths of a point."""

    client: str
    voice: int
    net: str = "0"
    returned: str = "0"
    is_reciprocal: bool = False
    is_established: bool = True
    is_trusted: bool = False
    days_ago: float = 5

    def weight(self, stake: int) -> int:
        """Return the weight of the voice at a stake, in millionths of a USDC."""
        if self.is_trusted:
            return stake
        return 0 if self.is_reciprocal else min(int(Fraction(self.net) * 10**6), stake)


@dataclass(frozen=True)
class Planted:
    """An agent and its counts."""

    voices: Sequence[Voice] = ()
    settled: int = 0
    success_rate: str | None = None
    ratings: int | None = None
    own_ratings: int = 0
    unscored: int = 0
    status: str = "active"
    has_new_owner: bool = False
    claimed: bool = False
    chain: str = "base"
    agent_id: int = field(default_factory=lambda: uuid.uuid4().int)


def plant(sql: Sql, agent: Planted) -> str:
    """Insert an agent; return its uuid."""
    created = sql(
        """
        insert into erc8004_agents (
          agent_id, chain, registry_address, owner_address, status, claimed, created_at, owner_since
        )
        values (%s, %s, %s, %s, %s, %s, now() - interval '200 days', now() - %s * interval '1 day')
        returning id::text
        """,
        *(agent.agent_id, agent.chain, REGISTRY, f"0x{agent.agent_id % 16**39:040x}"),
        *(agent.status, agent.claimed, 100 if agent.has_new_owner else 200),
    )[0]["id"]
    plant_voices(sql, created, agent)
    plant_payments(sql, created, agent)
    return str(created)


def plant_voices(sql: Sql, agent_uuid: str, agent: Planted) -> None:
    """Insert the reviewers of an agent, and the sums over them."""
    now = dt.datetime.now(dt.UTC)
    for each in agent.voices:
        sql(
            """
            insert into erc8004_client_counts (
              agent_uuid, client_address, total_feedback, scored_feedback, score_sum,
              positive_feedback, negative_feedback, revoked_feedback, rating_count, rating_sum,
              last_rating_at, voice, net_usdc, paid_usdc, returned_usdc, is_reciprocal,
              is_established, is_trusted
            )
            values (%s, %s, 1, 1, 0, 0, 0, 0, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            *(agent_uuid, each.client, each.voice, now - dt.timedelta(days=each.days_ago)),
            *(each.voice, each.net, each.net, each.returned, each.is_reciprocal),
            *(each.is_established, each.is_trusted),
        )
    for is_established in (True, False):
        plant_sums(sql, agent_uuid, agent.voices, is_established)
    backed = [each.days_ago for each in agent.voices if Fraction(each.net) > 0 or each.is_trusted]
    ratings = len(agent.voices) if agent.ratings is None else agent.ratings
    sql(
        """
        insert into erc8004_feedback_counts (
          agent_uuid, total_feedback, scored_feedback, score_sum, positive_feedback,
          negative_feedback, revoked_feedback, unique_clients, ratings, own_ratings,
          last_backed_at, own_addresses
        )
        values (%s, %s, %s, 0, 0, 0, 0, 0, %s, %s, %s, erc8004_own_addresses(%s))
        """,
        *(agent_uuid, ratings + agent.own_ratings + agent.unscored, ratings + agent.own_ratings),
        *(ratings, agent.own_ratings),
        *(now - dt.timedelta(days=min(backed)) if backed else None, agent_uuid),
    )


def plant_sums(sql: Sql, agent_uuid: str, voices: Sequence[Voice], is_established: bool) -> None:
    """Insert the sums over the reviewers of one class."""
    of_class = [each for each in voices if each.is_established == is_established]
    sql(
        "insert into erc8004_evidence values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s::numeric[], "
        "%s::numeric[], array_fill(0, array[10]), array_fill(0, array[10]))",
        *(agent_uuid, is_established, len(of_class), sum(each.voice for each in of_class)),
        sum(Fraction(each.net) > 0 for each in of_class),
        sum(each.is_trusted for each in of_class),
        sum(each.is_reciprocal and not each.is_trusted for each in of_class),
        str(float(sum(Fraction(each.net) for each in of_class))),
        str(float(sum(Fraction(each.returned) for each in of_class))),
        [sum(each.weight(stake) for each in of_class) for stake in STAKES],
        [sum(each.weight(stake) * each.voice for each in of_class) for stake in STAKES],
    )


def plant_payments(sql: Sql, agent_uuid: str, agent: Planted) -> None:
    """Insert the payments of an agent, with the given success rate."""
    successful = round(agent.settled * float(agent.success_rate or 0) / 100)
    sql(
        """
        insert into erc8004_payment_counts (
          agent_uuid, total_payments, successful_payments, failed_payments, total_amount_usdc,
          unique_endpoints_used
        )
        values (%s, %s, %s, %s, 0, 0)
        """,
        *(agent_uuid, agent.settled, successful, agent.settled - successful),
    )
