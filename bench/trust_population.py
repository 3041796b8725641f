"""A population in the shape of the registries: few agents with nearly all feedback, few reviewers
who write nearly all of it, few customers who pay; and the quality that each agent truly has."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

SEED = 8004
RATED = 0.48
REVIEWERS_AN_AGENT = 0.2
# How many percent of the reviewers the most rated agent has, and how steeply others have fewer.
MOST_RATED = 0.3
STEEPNESS = 1.6
CONSTANT = 0.5
PAID = 0.25
MIXED = 15.0

Row = tuple[Any, ...]


def address(kind: str, number: int) -> str:
    """The address of one of a kind."""
    return f"0x{kind.encode().hex():0>20}{number:020x}"


@dataclass
class Population:
    """Rows to be stored; `quality` is the true quality of each rated agent, by its number."""

    agents: list[Row] = field(default_factory=list)
    feedback: list[Row] = field(default_factory=list)
    payments: list[Row] = field(default_factory=list)
    quality: dict[int, float] = field(default_factory=dict)


def population(agents: int) -> Population:
    """So many agents, always the same ones."""
    chance = random.Random(SEED)
    made = Population()
    reviewers = max(20, round(agents * REVIEWERS_AN_AGENT))
    constant = {number for number in range(reviewers) if chance.random() < CONSTANT}
    for number in range(agents):
        made.agents.append((number, address("owner", owner_of(chance, agents))))
    rated = chance.sample(range(agents), round(agents * RATED))
    for place, number in enumerate(rated):
        quality = made.quality[number] = 100 * chance.betavariate(3, 1.5)
        rate(chance, made, number, quality, clients_of(chance, place, reviewers), constant)
    return made


def owner_of(chance: random.Random, agents: int) -> int:
    """An owner; one has a sixth of all agents, most have one or few."""
    return 0 if chance.random() < 1 / 6 else int(agents / 4 * chance.random() ** 1.5) + 1


def clients_of(chance: random.Random, place: int, reviewers: int) -> list[int]:
    """The reviewers of an agent: mostly one, of the first agents very many."""
    most = int(MOST_RATED * reviewers / (place + 1) ** STEEPNESS)
    count = max(most, min(10, int(chance.paretovariate(1.3))))
    found = {int(reviewers * chance.random() ** 2.5) for _ in range(count)}
    return sorted(found)


def rate(
    chance: random.Random,
    made: Population,
    number: int,
    quality: float,
    clients: list[int],
    constant: set[int],
) -> None:
    """Let the clients of an agent rate it; those who pay say what they found, of the others many
    always say the same."""
    pays = chance.random() < PAID
    for client in clients:
        is_customer = pays and chance.random() < 0.8
        honest = min(100.0, max(0.0, chance.gauss(quality, MIXED)))
        said = 100.0 if client in constant and not is_customer else honest
        records = 1 + int(chance.expovariate(0.8)) if client > 5 else chance.randint(1, 30)
        days = chance.randint(2, 180)
        made.feedback += [(number, address("client", client), round(said, 2), days)] * records
        if is_customer:
            pay(chance, made, number, client, quality)
    if pays or chance.random() < 0.1:
        for _ in range(chance.randint(5, 15)):
            status = "verified" if chance.random() * 100 < 90 + quality / 10 else "failed"
            made.payments.append((number, None, "0.01", status))


def pay(chance: random.Random, made: Population, number: int, client: int, quality: float) -> None:
    """Let a customer pay an agent, mostly cents."""
    amount = f"{min(20.0, chance.lognormvariate(-1, 1.5)):.6f}"
    made.payments.append((number, address("client", client), amount, "verified"))
