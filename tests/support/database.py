"""PostgreSQL as an operator sees it in psql."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
    "erc8004_owner_changes",
    "erc8004_pair_changes",
    "erc8004_reviewers",
    "erc8004_trusted_reviewers",
    "erc8004_rated_parties",
    "erc8004_money_flows",
    "erc8004_ownership_epochs",
    "erc8004_chain_unprojected",
    "erc8004_agents",
    "erc8004_file_fetches",
    "erc8004_name_words",
    "erc8004_chain_logs",
    "erc8004_chain_blocks",
    "erc8004_chain_cursors",
    "erc8004_chain_gaps",
    "erc8004_chain_counts",
    "erc8004_chain_audit_differences",
    "erc8004_chain_audits",
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


class LastingSession:
    """A session for all tests of a process: a new one would take 10 ms before its first delete."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._opened = ExitStack()
        self._connection: Any = None

    def empty(self) -> None:
        """Empty the tables; over a new session if a test ended the last one."""
        try:
            empty(self._run)
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.close()
            empty(self._run)

    def close(self) -> None:
        """End the session, if there is one."""
        self._opened.close()
        self._connection = None

    def _run(self, statement: str) -> list[Row]:
        if self._connection is None:
            self._connection = self._opened.enter_context(session(self._database_url))
        return run(self._connection, statement)
