"""The values of feedback, with the tags, scales and decimals that are in use."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import NamedTuple

from kamiyo_api.demo.population import Agent

NULL = "\\N"
HIGHEST = 10**38
PERIODS = ("day", "week", "month", "year")
RATED_TAGS = (NULL, NULL, "quality", "helpfulness", "accuracy")


class Reading(NamedTuple):
    """The columns of one value in COPY format; only ratings have a score."""

    value: int
    decimals: int = 0
    score: str = NULL
    tag1: str = NULL
    tag2: str = NULL


def grade(random: Random, agent: Agent) -> float:
    """Return the quality of one use of an agent, 0-100."""
    return min(100.0, max(0.0, random.gauss(agent.mean_score, agent.spread)))


def with_decimals(random: Random, number: float, tag1: str) -> Reading:
    """Return a number with zero to two decimals, because clients differ."""
    decimals = int(3 * random.random() ** 2)
    return Reading(round(number * 10**decimals), decimals, tag1=tag1)


def starred(random: Random, agent: Agent) -> Reading:
    return with_decimals(random, grade(random, agent), "starred")


def untagged(random: Random, agent: Agent) -> Reading:
    return with_decimals(random, grade(random, agent), NULL)


def given(score: int) -> Reading:
    return Reading(score, score=str(score))


def rating(random: Random, agent: Agent) -> Reading:
    score = round(grade(random, agent))
    return Reading(score, score=str(score), tag1=random.choice(RATED_TAGS))


def uptime(random: Random, agent: Agent) -> Reading:
    return Reading(round(10_000 - (100 - grade(random, agent)) * 30), 2, tag1="uptime")


def success_rate(random: Random, agent: Agent) -> Reading:
    return with_decimals(random, grade(random, agent), "successRate")


def reachable(random: Random, agent: Agent) -> Reading:
    return Reading(int(random.random() < agent.success), tag1="reachable")


def owner_verified(random: Random, agent: Agent) -> Reading:
    return Reading(int(random.random() < agent.success), tag1="ownerVerified")


def miner_vouch(random: Random, agent: Agent) -> Reading:
    return Reading(1, tag1="miner-vouch")


def response_time(random: Random, agent: Agent) -> Reading:
    return Reading(int(random.lognormvariate(6, 1)), tag1="responseTime")


def revenues(random: Random, agent: Agent) -> Reading:
    decimals = 6 if random.random() < 0.7 else 2
    value = round(random.lognormvariate(3, 2) * 10**decimals)
    return Reading(value, decimals, tag1="revenues")


def trading_yield(random: Random, agent: Agent) -> Reading:
    value = round(random.gauss(2, 8) * 100)
    return Reading(value, 2, tag1="tradingYield", tag2=random.choice(PERIODS))


def rare(random: Random, agent: Agent) -> Reading:
    number = int(550 * random.random() ** 3)
    return Reading(random.randrange(1000), tag1=f"skill-{number}")


def above(random: Random, agent: Agent) -> Reading:
    return Reading(int(random.lognormvariate(7, 2)) + 101, tag1="starred")


def below(random: Random, agent: Agent) -> Reading:
    return Reading(-random.randrange(1, 51), tag1="starred")


def highest(random: Random, agent: Agent) -> Reading:
    return Reading(HIGHEST, tag1="starred")


# How many of a thousand records are of each kind. In the real registries miner-vouch is two thirds;
# here it is less, so more agents have a score.
KINDS: dict[Callable[[Random, Agent], Reading], float] = {
    miner_vouch: 260,
    starred: 235,
    rating: 140,
    untagged: 60,
    uptime: 75,
    success_rate: 65,
    reachable: 50,
    owner_verified: 30,
    response_time: 30,
    revenues: 20,
    trading_yield: 20,
    rare: 10,
    above: 3.6,
    below: 0.9,
    highest: 0.5,
}
MAKERS = tuple(KINDS)
THRESHOLDS = tuple(accumulate(KINDS.values()))


def value_of(random: Random, agent: Agent) -> Reading:
    """Return the value of one feedback for an agent."""
    return MAKERS[bisect(THRESHOLDS, random.random() * THRESHOLDS[-1])](random, agent)
