"""Rows of feedback and of the responses to it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from kamiyo_api.demo import population, scenes
from kamiyo_api.demo.files import host_of
from kamiyo_api.demo.population import (
    DAY,
    GOLDEN,
    HOUR,
    Agent,
    Ids,
    Size,
    address,
    moment,
    timestamp,
)
from kamiyo_api.demo.values import Reading, given, rating, value_of

TOP = 0.75
RESPONSE_EVERY = 33
# One in so many feedback records about an agent with customers comes from others.
CUSTOMERS_EVERY = 5
# Agents with at least this much feedback have it from many clients.
CROWD = 200
REVOKED = 0.01
KEPT = "f\t\\N\t\\N"
REASONS = ("given by mistake", "the agent has mended it", "wrong agent")


def feedback_rows(size: Size) -> Iterator[bytes]:
    """Yield rows of erc8004_reputation, agent by agent; about half of the agents have any."""
    ids = Ids(size.seed, "feedback")
    yield from cast_rows(size, ids)
    yield from crowd_rows(size, ids)


def cast_rows(size: Size, ids: Ids) -> Iterator[bytes]:
    """Yield the feedback to the cast; none is revoked."""
    random = Random(f"{size.seed} cast feedback rows")
    members = list(islice(population.agents(size), len(size.cast)))
    for number, review in enumerate(scenes.script(size).reviews):
        at = size.now - int(review.days * DAY)
        agent, reading = members[review.agent], given(review.score)
        yield row(random, agent, ids.of(number), review.client, at, reading, KEPT).encode()


def crowd_rows(size: Size, ids: Ids) -> Iterator[bytes]:
    """Yield the feedback to the other agents; some is revoked."""
    seed, others = size.seed, scenes.crowd(size)
    random = Random(f"{seed} feedback rows")
    reviewers = max(1, others.feedback // 20)
    for agent, first, many in rated(size):
        regular = reviewer(random, reviewers)
        is_paid = many < CROWD and population.payments_of(agent, others) > 0
        for position in range(many):
            number = first + position
            at = moment(agent, position, many, jitter(number))
            if is_paid and position % CUSTOMERS_EVERY:
                client = population.customer(seed, agent, position)
                reading = rating(random, agent)
            else:
                client = client_of(random, agent, regular, reviewers, seed)
                reading = value_of(random, agent)
            yield row(
                *(random, agent, ids.of(number), client, at, reading),
                revocation(random, at) if random.random() < REVOKED else KEPT,
            ).encode()


def response_rows(size: Size) -> Iterator[bytes]:
    """Yield rows of erc8004_feedback_responses: by the owner, to one of thirty-three records."""
    feedback_ids, ids = Ids(size.seed, "feedback"), Ids(size.seed, "responses")
    for agent, first, many in rated(size):
        for number in range(first + -first % RESPONSE_EVERY, first + many, RESPONSE_EVERY):
            given_at = moment(agent, number - first, many, jitter(number))
            at = timestamp(given_at + (1 + number % 40) * HOUR)
            uri = f"https://{host_of(agent)}/responses/{number}.json"
            feedback_id = feedback_ids.of(number)
            yield f"{ids.of(number)}\t{feedback_id}\t{agent.owner}\t{uri}\t{at}\n".encode()


def rated(size: Size) -> Iterator[tuple[Agent, int, int]]:
    """Yield each other rated agent, the number of its first feedback, and how many it has."""
    others = scenes.crowd(size)
    first = size.feedback - others.feedback
    for agent in islice(population.agents(size), len(size.cast), None):
        many = population.records_of(agent.rank, max(1, others.agents // 2), others.feedback, TOP)
        if many:
            yield agent, first, many
        first += many


def jitter(number: int) -> float:
    """Return an offset from 0 to 1; not random, so responses can compute the time of feedback."""
    return number * GOLDEN % 1.0


def reviewer(random: Random, reviewers: int) -> int:
    """Return one of the reviewers; the first ten write more than half of all feedback."""
    if random.random() < 0.5:
        return min(int(10 * random.random() ** 1.3), reviewers - 1)
    return int(reviewers * random.random() ** 8)


def client_of(random: Random, agent: Agent, regular: int, reviewers: int, seed: int) -> str:
    """Return the client of a feedback, who is never the owner.

    All reviewers rate the first agent, nearly always the same one rates the second.
    """
    if agent.rank == 0:
        number = int(reviewers * random.random() ** 2)
    elif random.random() < (0.95 if agent.rank == 1 else 0.7):
        number = regular
    else:
        number = reviewer(random, reviewers)
    client = reviewer_address(seed, number)
    return client if client != agent.owner else reviewer_address(seed, number + 1)


def reviewer_address(seed: int, number: int) -> str:
    """Return the address of a reviewer; one of seven is an owner of other agents."""
    return address(seed, "owner" if number % 7 == 3 else "client", number)


def revocation(random: Random, at: int) -> str:
    """Return the columns of a revocation within two days of a feedback."""
    return f"t\t{timestamp(at + random.randrange(40) * HOUR)}\t{random.choice(REASONS)}"


def row(
    random: Random,
    agent: Agent,
    feedback_id: str,
    client: str,
    at: int,
    reading: Reading,
    revoked: str,
) -> str:
    """Return one line for COPY."""
    value, decimals, score, tag1, tag2 = reading
    endpoint = f"https://{host_of(agent)}/mcp" if random.random() < 0.3 else "\\N"
    tx_hash = "\\N" if score != "\\N" else f"0x{random.getrandbits(256):064x}"
    return (
        f"{feedback_id}\t{agent.uuid}\t{client}\t{value}\t{decimals}\t{score}\t{tag1}\t{tag2}\t"
        f"{endpoint}\t{agent.chain}\t{tx_hash}\t{revoked}\t{timestamp(at)}\n"
    )
