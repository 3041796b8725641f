"""The agents of the demo: their identity, their quality, and their numbers of records.

Everything is computed from the seed and the position of a row, so that each table is generated
from the same agents and nothing is stored in memory.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import NamedTuple

from kamiyo_api.demo.cast import CAST, Member

REGISTRY = "0xdec0de8004dec0de8004dec0de8004dec0de8004"
FIRST_ID_MS = int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()) * 1000
HOUR = 3600
DAY = 24 * HOUR
SETTLING = 2 * DAY
LASTING, YOUNGEST = 120 * DAY, 7 * DAY
UINT256 = 2**256
GOLDEN = (math.sqrt(5) - 1) / 2

# The percentage of agents on each chain.
CHAINS = {
    "base": 46,
    "ethereum": 24,
    "bsc": 9,
    "polygon": 6,
    "arbitrum": 5,
    "base-sepolia": 6,
    "sepolia": 4,
}
CHAIN_IDS = {
    "base": 8453,
    "ethereum": 1,
    "bsc": 56,
    "polygon": 137,
    "arbitrum": 42161,
    "base-sepolia": 84532,
    "sepolia": 11155111,
}
LOCAL_EVERY = 250
PAID_EVERY, TOP_PAID = 5, 0.4
CAST_OWNER = "cast owner"

# For each quality: mean and spread of the scores, the share of successful payments, and the
# percentage of agents with it.
QUALITIES = (
    (95.0, 4.0, 0.992, 30),
    (84.0, 7.0, 0.93, 30),
    (72.0, 9.0, 0.84, 25),
    (40.0, 16.0, 0.55, 15),
)


@dataclass(frozen=True)
class Size:
    """The number of rows, the seed, and the second at which the data ends. The same size and seed
    give the same rows, relative to that end."""

    agents: int
    feedback: int
    payments: int
    seed: int
    now: int = field(default_factory=lambda: int(time.time()))

    @property
    def cast(self) -> tuple[Member, ...]:
        """Return the example agents; a small size has none."""
        has_room = self.agents >= 1000 and self.feedback >= 10_000 and self.payments >= 2500
        return CAST if has_room else ()


class Agent(NamedTuple):
    """An agent of the demo, with records until a second; rank 0 has the most."""

    number: int
    uuid: str
    agent_id: int
    chain: str
    owner: str
    rank: int
    created_at: int
    until: int
    mean_score: float
    spread: float
    success: float
    member: Member | None = None


class Ids:
    """UUIDs of version 7, ordered by row number; the same for the same seed and table."""

    def __init__(self, seed: int, table: str) -> None:
        tail = digest(seed, table, 0, 10)
        variant = "89ab"[int(tail[3], 16) % 4]
        self._tail = f"-7{tail[:3]}-{variant}{tail[4:7]}-{tail[7:19]}"

    def of(self, number: int) -> str:
        """Return the id of a row."""
        time = f"{FIRST_ID_MS + number:012x}"
        return f"{time[:8]}-{time[8:]}{self._tail}"


def digest(seed: int, kind: str, number: int, size: int) -> str:
    """Return `size` bytes in hex, always the same for the same row."""
    return hashlib.blake2b(f"{seed} {kind} {number}".encode(), digest_size=size).hexdigest()


@lru_cache(maxsize=100_000)
def address(seed: int, kind: str, number: int) -> str:
    """Return the address of an owner, client or validator by its number."""
    return "0x" + digest(seed, kind, number, 20)


def agents(size: Size) -> Iterator[Agent]:
    """Yield all agents, the cast first, then the others in the order of their registration; the
    same each time."""
    token_ids = {chain: itertools.count() for chain in CHAINS}
    ids = Ids(size.seed, "agents")
    for number, member in enumerate(size.cast):
        yield agent_of(member, number, ids.of(number), next(token_ids[member.chain]), size)
    yield from crowd(size, ids, token_ids)


def agent_of(member: Member, number: int, uuid: str, agent_id: int, size: Size) -> Agent:
    """Return an agent of the cast; nobody outside its scene rates or pays it."""
    return Agent(
        *(number, uuid, agent_id, member.chain, address(size.seed, CAST_OWNER, member.owner)),
        rank=size.agents * PAID_EVERY,
        created_at=size.now - int(member.days * DAY),
        until=size.now - SETTLING,
        mean_score=90,
        spread=4,
        success=1,
        member=member,
    )


def crowd(size: Size, ids: Ids, token_ids: Mapping[str, Iterator[int]]) -> Iterator[Agent]:
    """Yield the agents that are not of the cast."""
    seed, first = size.seed, len(size.cast)
    count = size.agents - first
    random = Random(f"{seed} agents")
    chains, chain_weights = tuple(CHAINS), tuple(itertools.accumulate(CHAINS.values()))
    quality_weights = tuple(itertools.accumulate(quality[-1] for quality in QUALITIES))
    step = stride(count)
    for number in range(count):
        chain = random.choices(chains, cum_weights=chain_weights)[0]
        mean, spread, success, _ = random.choices(QUALITIES, cum_weights=quality_weights)[0]
        local = number % LOCAL_EVERY == LOCAL_EVERY // 2
        yield Agent(
            number=first + number,
            uuid=ids.of(first + number),
            agent_id=UINT256 + number if local else next(token_ids[chain]),
            chain=chain,
            owner=address(seed, "owner", heavy_tailed(random.random(), owners(count))),
            rank=number * step % count,
            created_at=size.now - registered_before(number, count),
            until=size.now - SETTLING,
            mean_score=mean,
            spread=spread,
            success=success,
        )


def owners(count: int) -> int:
    """Return the number of owners of so many agents; in reality 15,641 own 61,425."""
    return max(1, count // 4)


def heavy_tailed(chance: float, many: int) -> int:
    """Return a number below `many`, low ones far more often; chance is uniform from 0 to 1."""
    return int(many * chance**6)


def stride(count: int) -> int:
    """Return a step that visits all of `count` positions in a scattered order."""
    step = max(1, int(count * GOLDEN))
    while math.gcd(step, count) != 1:
        step += 1
    return step


def registered_before(number: int, count: int) -> int:
    """Return how many seconds ago an agent was registered; recent times are more frequent."""
    age = (LASTING - YOUNGEST) * (1 - ((number + 1) / (count + 1)) ** 0.7)
    return YOUNGEST + int(age)


def customer(seed: int, agent: Agent, number: int) -> str:
    """Return one of the few customers of an agent, who pay it and rate it."""
    customers = 8 + agent.number % 15
    return address(seed, "customer", agent.number * 20 + number % customers)


def payments_of(agent: Agent, size: Size) -> int:
    """Return the number of payments of an agent: a fifth of those with most feedback have any."""
    rank, remainder = divmod(agent.rank, PAID_EVERY)
    if remainder:
        return 0
    return records_of(rank, max(1, size.agents * 6 // 50), size.payments, TOP_PAID)


def records_of(rank: int, ranked: int, total: int, top: float) -> int:
    """Return the number of records of a rank: at least one, if there are enough.

    The rest follows a heavy-tailed distribution, with the share `top` for the first tenth.
    """
    ranked = min(ranked, total)
    if rank >= ranked:
        return 0
    rest = total - ranked
    up_to, before = (share(part / ranked, top) for part in (rank + 1, rank))
    return 1 + int(rest * up_to) - int(rest * before)


def share(ranks: float, top: float) -> float:
    """Return the share of all records that the first part of the ranks has; both from 0 to 1."""
    return float(top * min(1.0, ranks / 0.1) ** 0.3 + (1 - top) * ranks**0.6)


def moment(agent: Agent, position: int, count: int, jitter: float) -> int:
    """Return the time of a record of an agent in seconds; it grows with the position."""
    age = agent.until - agent.created_at
    return agent.created_at + int(age * (position + jitter) / count)


def timestamp(seconds: int) -> str:
    """Return a time as PostgreSQL reads it."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()
