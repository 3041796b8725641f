"""Load the demo data by COPY, in one transaction and in constant memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from kamiyo_api import db
from kamiyo_api.cache.invalidation import invalidate_all
from kamiyo_api.db.copying import copy_rows
from kamiyo_api.demo.agents import agent_rows, metadata_rows
from kamiyo_api.demo.feedback import feedback_rows, response_rows
from kamiyo_api.demo.payments import payment_rows, validation_rows
from kamiyo_api.demo.population import REGISTRY, Size

# PostgreSQL holds the foreign keys to check in memory until a COPY ends.
ROWS_PER_COPY = 100_000
ROWS_PER_STEP = 500


class AlreadyLoaded(Exception):
    """The database already contains demo data; it cannot be loaded twice."""

    def __init__(self) -> None:
        super().__init__(
            "demo data is here already; take an empty database, "
            f"or first delete the agents whose registry_address is {REGISTRY}"
        )


def load(size: Size, advance: Callable[[int], object] = lambda rows: None) -> None:
    """Load the demo data; call advance with the number of agents, feedback and payments.

    Raises AlreadyLoaded, and the errors of db.transaction().
    """
    with db.transaction(limited=False) as tx:
        invalidate_all(tx)
        check_not_loaded(tx)
        copy(tx, "demo.copy_agents", metered(agent_rows(size), advance))
        copy(tx, "demo.copy_metadata", metadata_rows(size))
        copy(tx, "demo.copy_feedback", metered(feedback_rows(size), advance))
        copy(tx, "demo.copy_responses", response_rows(size))
        copy(tx, "demo.copy_payments", metered(payment_rows(size), advance))
        copy(tx, "demo.copy_validations", validation_rows(size))
        tx.execute("demo.update_fetches", registry_address=REGISTRY)
        tx.execute("demo.analyze_tables")


def is_empty() -> bool:
    """Return whether the database contains no agent."""
    return db.row("demo.get_any_agent") is None


def check_not_loaded(tx: db.Transaction) -> None:
    """Wait for a concurrent load to end. Raises AlreadyLoaded."""
    tx.row("demo.get_lock")
    if tx.row("demo.get_loaded", registry_address=REGISTRY):
        raise AlreadyLoaded


def copy(tx: db.Transaction, query: str, rows: Iterator[bytes]) -> None:
    """Load rows, at most ROWS_PER_COPY with each COPY."""
    while copy_rows(tx, query, islice(rows, ROWS_PER_COPY)) == ROWS_PER_COPY:
        pass


def metered(rows: Iterator[bytes], advance: Callable[[int], object]) -> Iterator[bytes]:
    """Yield the rows, and call advance after every few with their number."""
    number = 0
    for number, row in enumerate(rows, start=1):
        yield row
        if number % ROWS_PER_STEP == 0:
            advance(ROWS_PER_STEP)
    advance(number % ROWS_PER_STEP)
