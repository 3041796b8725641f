"""Rows of x402 payments and of validations."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random

from kamiyo_api.demo import population, scenes
from kamiyo_api.demo.files import host_of
from kamiyo_api.demo.population import (
    DAY,
    HOUR,
    Agent,
    Ids,
    Size,
    address,
    digest,
    moment,
    timestamp,
)

PENDING = 0.04
PATHS = ("/mcp", "/a2a", "/api/query", "/api/report", "/stream")
FAILURES = {
    "failed": ("insufficient funds", "transaction reverted", "timed out"),
    "rejected": ("wrong amount", "wrong recipient"),
}
# In each run of so many payments, one transaction settles the first few.
BATCH_EVERY, BATCH = 20, 5
VALIDATED_EVERY = 40
VALIDATORS = 12
REGISTRIES = 9


def payment_rows(size: Size) -> Iterator[bytes]:
    """Yield rows of erc8004_agent_payments: few agents have most, nine of ten have none."""
    ids = Ids(size.seed, "payments")
    yield from cast_rows(size, ids)
    yield from crowd_rows(size, ids)


def cast_rows(size: Size, ids: Ids) -> Iterator[bytes]:
    """Yield the payments to the cast, each with its own transaction."""
    random = Random(f"{size.seed} cast payment rows")
    members = list(islice(population.agents(size), len(size.cast)))
    for number, paid in enumerate(scenes.script(size).payments):
        at = size.now - int(paid.days * DAY)
        agent, nonce = members[paid.agent], digest(size.seed, "nonce", number, 32)
        known = f"{paid.payer}\t{paid.payee}\t0x{nonce}"
        settled = f"{paid.usdc:.6f}", paid.status
        yield payment_row(random, agent, ids.of(number), at, None, known, *settled).encode()


def crowd_rows(size: Size, ids: Ids) -> Iterator[bytes]:
    """Yield the payments to the other agents, some in batches."""
    seed, others = size.seed, scenes.crowd(size)
    random = Random(f"{seed} payment rows")
    number = size.payments - others.payments
    for agent in population.agents(size):
        many = population.payments_of(agent, others)
        for position in range(many):
            place, jitter = position % BATCH_EVERY, random.random()
            if place < BATCH:
                at = moment(agent, position - place, many, 0)
                log = f"0x{digest(seed, 'batch', number - place, 32)}\t{place}"
            else:
                at, log = moment(agent, position, many, jitter), None
            known = parties(seed, agent, number, position)
            settled = f"{random.lognormvariate(-1, 2):.6f}", status_of(random, agent)
            yield payment_row(random, agent, ids.of(number), at, log, known, *settled).encode()
            number += 1


def parties(seed: int, agent: Agent, number: int, position: int) -> str:
    """Return payer, payee and nonce of a payment; one of three payments has none."""
    if number % 3 == 0:
        return "\\N\t\\N\t\\N"
    payer = population.customer(seed, agent, position)
    return f"{payer}\t{agent.owner}\t0x{digest(seed, 'nonce', number, 32)}"


def payment_row(
    random: Random,
    agent: Agent,
    payment_id: str,
    at: int,
    log: str | None,
    known: str,
    usdc: str,
    status: str,
) -> str:
    """Return one line for COPY; without a log it is the only payment of a transaction."""
    endpoint = f"https://{host_of(agent)}{random.choice(PATHS)}"
    reason = random.choice(FAILURES[status]) if status in FAILURES else "\\N"
    verified_at = timestamp(at + random.randrange(1, 90)) if status == "verified" else "\\N"
    alone = f"0x{random.getrandbits(256):064x}\t\\N"
    return (
        f"{payment_id}\t{agent.uuid}\t{agent.chain}\t{log or alone}\t{known}\t"
        f"{usdc}\t{status}\t{endpoint}\t{reason}\t"
        f"{timestamp(at)}\t{verified_at}\n"
    )


def status_of(random: Random, agent: Agent) -> str:
    """Return the status of a payment, depending on the quality of the agent."""
    if random.random() < PENDING:
        return "pending"
    if random.random() < agent.success:
        return "verified"
    return "failed" if random.random() < 0.75 else "rejected"


def validation_rows(size: Size) -> Iterator[bytes]:
    """Yield rows of erc8004_validations: up to three for one agent of forty."""
    seed = size.seed
    random = Random(f"{seed} validation rows")
    ids = Ids(seed, "validations")
    number = 0
    for agent in population.agents(size):
        many = 0 if agent.number % VALIDATED_EVERY else random.randrange(1, 4)
        for position in range(many):
            at = moment(agent, position, many, random.random())
            yield validation_row(random, agent, seed, ids.of(number), number, at).encode()
            number += 1


def validation_row(
    random: Random, agent: Agent, seed: int, validation_id: str, number: int, at: int
) -> str:
    """Return one line for COPY."""
    outcome, expires_at = outcome_of(random, agent, at)
    registry = address(seed, "validation registry", random.randrange(REGISTRIES))
    validator = address(seed, "validator", random.randrange(VALIDATORS))
    request_hash = digest(seed, "validation request", number, 32)
    return (
        f"{validation_id}\t{agent.uuid}\t{agent.chain}\t{registry}\t0x{request_hash}\t"
        f"https://{host_of(agent)}/validations/{number}.json\t{validator}\t"
        f"{outcome}\t{timestamp(at)}\t{expires_at}\n"
    )


def outcome_of(random: Random, agent: Agent, at: int) -> tuple[str, str]:
    """Return status, response, tag and time of the response, and when the request expires."""
    chance = random.random()
    if chance < 0.7:
        response = round(min(100.0, max(0.0, random.gauss(agent.mean_score, agent.spread))))
        return f"completed\t{response}\taudit\t{timestamp(at + HOUR)}", "\\N"
    if chance < 0.85:
        return "pending\t\\N\t\\N\t\\N", "\\N"
    return "expired\t\\N\t\\N\t\\N", timestamp(at + DAY)
