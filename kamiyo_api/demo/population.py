"""The agents of the demo: who they are, how good, and how much others say of each.

Everything follows from the seed and the position of a row, so that each table is made
in a walk of its own over the same agents and nothing has to be remembered.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from random import Random
from typing import NamedTuple

REGISTRY = "0xdec0de8004dec0de8004dec0de8004dec0de8004"
NOW = int(dt.datetime(2026, 8, 11, tzinfo=dt.UTC).timestamp())
FIRST_ID_MS = int(dt.datetime(2026, 1, 1, tzinfo=dt.UTC).timestamp()) * 1000
HOUR = 3600
DAY = 24 * HOUR
SETTLING = 2 * DAY
UINT256 = 2**256
GOLDEN = (math.sqrt(5) - 1) / 2

# How many of a hundred agents live on a chain.
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

# Mean and spread of the scores that agents of a quality get, the share of their
# payments that succeed, and how many agents are such.
QUALITIES = (
    (95.0, 4.0, 0.992, 30),
    (84.0, 7.0, 0.93, 30),
    (72.0, 9.0, 0.84, 25),
    (40.0, 16.0, 0.55, 15),
)


class Agent(NamedTuple):
    """An agent of the demo; rank 0 is the one that most is said of."""

    number: int
    uuid: str
    agent_id: int
    chain: str
    owner: str
    rank: int
    created_at: int
    mean_score: float
    spread: float
    success: float


class Ids:
    """Uuids of version 7, ordered by row number; the same for the same seed and table."""

    def __init__(self, seed: int, table: str) -> None:
        tail = digest(seed, table, 0, 10)
        variant = "89ab"[int(tail[3], 16) % 4]
        self._tail = f"-7{tail[:3]}-{variant}{tail[4:7]}-{tail[7:19]}"

    def of(self, number: int) -> str:
        """The id of a row."""
        time = f"{FIRST_ID_MS + number:012x}"
        return f"{time[:8]}-{time[8:]}{self._tail}"


def digest(seed: int, kind: str, number: int, size: int) -> str:
    """As many bytes in hex, always the same for the same row."""
    return hashlib.blake2b(f"{seed} {kind} {number}".encode(), digest_size=size).hexdigest()


@lru_cache(maxsize=100_000)
def address(seed: int, kind: str, number: int) -> str:
    """The address of the owner, client or validator of a number."""
    return "0x" + digest(seed, kind, number, 20)


def agents(seed: int, count: int) -> Iterator[Agent]:
    """All agents, in the order of their registration; the same at every walk."""
    random = Random(f"{seed} agents")
    ids = Ids(seed, "agents")
    token_ids = {chain: itertools.count() for chain in CHAINS}
    chains, chain_weights = tuple(CHAINS), tuple(itertools.accumulate(CHAINS.values()))
    quality_weights = tuple(itertools.accumulate(quality[-1] for quality in QUALITIES))
    step = stride(count)
    for number in range(count):
        chain = random.choices(chains, cum_weights=chain_weights)[0]
        mean, spread, success, _ = random.choices(QUALITIES, cum_weights=quality_weights)[0]
        local = number % LOCAL_EVERY == LOCAL_EVERY // 2
        yield Agent(
            number=number,
            uuid=ids.of(number),
            agent_id=UINT256 + number if local else next(token_ids[chain]),
            chain=chain,
            owner=address(seed, "owner", heavy_tailed(random.random(), owners(count))),
            rank=number * step % count,
            created_at=registered_at(number, count),
            mean_score=mean,
            spread=spread,
            success=success,
        )


def owners(count: int) -> int:
    """How many owners so many agents have; field.md: 15,641 of 61,425."""
    return max(1, count // 4)


def heavy_tailed(chance: float, many: int) -> int:
    """One of so many, the low ones far more often; chance is evenly spread over 0-1."""
    return int(many * chance**6)


def stride(count: int) -> int:
    """A step that visits all of count positions, scattered."""
    step = max(1, int(count * GOLDEN))
    while math.gcd(step, count) != 1:
        step += 1
    return step


def registered_at(number: int, count: int) -> int:
    """When an agent was registered: over the 200 days before the demo's present, ever faster."""
    age = 200 * DAY * (1 - ((number + 1) / (count + 1)) ** 0.7)
    return NOW - SETTLING - 5 * DAY - int(age)


def records_of(rank: int, ranked: int, total: int, top: float) -> int:
    """How many of the records a rank gets: each at least one, while there are enough.

    What is left goes by a heavy tail, the share of it called top to the first tenth.
    """
    ranked = min(ranked, total)
    if rank >= ranked:
        return 0
    spare = total - ranked
    upto, before = (share(part / ranked, top) for part in (rank + 1, rank))
    return 1 + int(spare * upto) - int(spare * before)


def share(ranks: float, top: float) -> float:
    """What the first of the ranks hold together; both are parts of the whole, 0-1."""
    return float(top * min(1.0, ranks / 0.1) ** 0.3 + (1 - top) * ranks**0.6)


def moment(agent: Agent, position: int, count: int, jitter: float) -> int:
    """When the record at a position of an agent's came, in seconds; later ones come later."""
    lived = NOW - SETTLING - agent.created_at
    return agent.created_at + int(lived * (position + jitter) / count)


def timestamp(seconds: int) -> str:
    """A moment as PostgreSQL reads it."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat()
