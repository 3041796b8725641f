"""Loading the demo: all of it by COPY, in one transaction, in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from kamiyo_api import db
from kamiyo_api.cache.invalidation import invalidate_all
from kamiyo_api.db.copying import copy_rows
from kamiyo_api.demo.agents import agent_rows, metadata_rows
from kamiyo_api.demo.feedback import feedback_rows, response_rows
from kamiyo_api.demo.payments import payment_rows, validation_rows
from kamiyo_api.demo.population import REGISTRY

# PostgreSQL keeps the foreign keys to check in memory until a COPY ends.
ROWS_A_COPY = 100_000
ROWS_A_STEP = 500


@dataclass(frozen=True)
class Size:
    """How much is made, and from which seed; the same size and seed give the same rows."""

    agents: int
    feedback: int
    payments: int
    seed: int


class AlreadyLoaded(Exception):
    """The database holds demo data, which cannot be there twice."""

    def __init__(self) -> None:
        super().__init__(
            "demo data is here already; take an empty database, "
            f"or first delete the agents whose registry_address is {REGISTRY}"
        )


def load(size: Size, advance: Callable[[int], object] = lambda rows: None) -> None:
    """Load the demo, telling advance of every few rows of agents, feedback and payments.

    Raises AlreadyLoaded, and the errors of db.transaction().
    """
    seed, agents = size.seed, size.agents
    with db.transaction(limited=False) as tx:
        invalidate_all(tx)
        check_not_loaded(tx)
        copy(tx, "demo.copy_agents", metered(agent_rows(seed, agents), advance))
        copy(tx, "demo.copy_metadata", metadata_rows(seed, agents))
        feedback = feedback_rows(seed, agents, size.feedback)
        copy(tx, "demo.copy_feedback", metered(feedback, advance))
        copy(tx, "demo.copy_responses", response_rows(seed, agents, size.feedback))
        payments = payment_rows(seed, agents, size.payments)
        copy(tx, "demo.copy_payments", metered(payments, advance))
        copy(tx, "demo.copy_validations", validation_rows(seed, agents))
        tx.execute("demo.analyze_tables")


def is_empty() -> bool:
    """Whether the database holds no agent at all."""
    return db.row("demo.get_any_agent") is None


def check_not_loaded(tx: db.Transaction) -> None:
    """Let one load go first, and none follow it."""
    tx.row("demo.get_lock")
    if tx.row("demo.get_loaded", registry_address=REGISTRY):
        raise AlreadyLoaded


def copy(tx: db.Transaction, query: str, rows: Iterator[bytes]) -> None:
    """Load rows, so many a COPY."""
    while copy_rows(tx, query, islice(rows, ROWS_A_COPY)) == ROWS_A_COPY:
        pass


def metered(rows: Iterator[bytes], advance: Callable[[int], object]) -> Iterator[bytes]:
    """The rows, telling advance of every few that went by."""
    number = 0
    for number, row in enumerate(rows, start=1):
        yield row
        if number % ROWS_A_STEP == 0:
            advance(ROWS_A_STEP)
    advance(number % ROWS_A_STEP)
