"""PostgreSQL as an operator sees it in psql."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2
import psycopg2.extras

Row = dict[str, Any]
Sql = Callable[..., list[Row]]

# Children first: what refers to an agent goes before the agents.
TABLES = (
    "erc8004_feedback_responses",
    "erc8004_reputation",
    "erc8004_agent_payments",
    "erc8004_validations",
    "erc8004_agent_metadata",
    "erc8004_feedback_changes",
    "erc8004_payment_changes",
    "erc8004_agent_search",
    "erc8004_agents",
    "idempotency_keys",
    "api_keys",
)


@contextmanager
def session(database_url: str) -> Iterator[Any]:
    """A session of its own, whose statements commit at once and answer rows as dicts."""
    connection = psycopg2.connect(database_url, cursor_factory=psycopg2.extras.RealDictCursor)
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def run(connection: Any, statement: str, *params: Any) -> list[Row]:
    """Run SQL; its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, params or None)
        return [dict(row) for row in cursor.fetchall()] if cursor.description else []


def run_once(database_url: str, statement: str, *params: Any) -> list[Row]:
    """Run SQL over a session of its own."""
    with session(database_url) as connection:
        return run(connection, statement, *params)


def empty(sql: Sql) -> None:
    """Delete every row that a test may have written, in one round trip."""
    sql("; ".join(f"delete from {table}" for table in TABLES))
