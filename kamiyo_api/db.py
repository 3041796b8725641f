"""PostgreSQL: the pool, named queries and transactions; the only place that knows the driver."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import orjson
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from flask import Flask, current_app
from psycopg2.extensions import connection as Connection
from sqlalchemy import pool
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kamiyo_api import errors
from kamiyo_api.config import Config

SQL = Path(__file__).parent.parent / "sql"
QUERY = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)

Row = dict[str, Any]

CONSTRAINT_ERRORS: dict[str, type[errors.ApiError]] = {
    "fk__erc8004_agents__chain": errors.ChainNotSupported,
    "fk__erc8004_reputation__chain": errors.ChainNotSupported,
    "fk__erc8004_validations__chain": errors.ChainNotSupported,
    "fk__erc8004_agent_payments__chain": errors.ChainNotSupported,
    "uq__erc8004_agents__chain_registry_agent": errors.AgentAlreadyExists,
    "uq__erc8004_validations__chain_registry_request": errors.ValidationAlreadyExists,
    "ck__erc8004_agents__registration_file_size": errors.InvalidInput,
}


def load_queries() -> dict[str, str]:
    """Every named query of sql/queries, as "<file>.<name>"."""
    queries = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        _, *parts = QUERY.split(path.read_text())
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            queries[f"{path.stem}.{name}"] = text.strip()
    return queries


QUERIES = load_queries()


class Readable(Protocol):
    """What COPY reads its rows from."""

    def read(self, size: int = -1, /) -> bytes: ...


class Transaction:
    """Runs named queries over one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, query: str, /, **params: Any) -> list[Row]:
        """All rows of a named query."""
        with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(QUERIES[query], params)
            return [dict(row) for row in cursor.fetchall()]

    def row(self, query: str, /, **params: Any) -> Row | None:
        """The first row of a named query, or None."""
        with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(QUERIES[query], params)
            row = cursor.fetchone()
            return dict(row) if row else None

    def execute(self, query: str, /, **params: Any) -> int:
        """Run a named query that answers no rows; the number of rows that it changed."""
        with self._connection.cursor() as cursor:
            cursor.execute(QUERIES[query], params)
            return int(cursor.rowcount)

    def copy(self, query: str, /, source: Readable) -> int:
        """Feed a named `copy … from stdin`; the number of rows that it loaded."""
        with self._connection.cursor() as cursor:
            cursor.copy_expert(QUERIES[query], source)
            return int(cursor.rowcount)

    def run_script(self, script: str) -> None:
        """Run a migration file: several statements, no parameters."""
        with self._connection.cursor() as cursor:
            cursor.execute(script)


def row(query: str, /, **params: Any) -> Row | None:
    """The first row of a named query that reads, or None; in one round trip."""
    with _connection() as connection:
        connection.autocommit = True
        return Transaction(connection).row(query, **params)


def rows(query: str, /, **params: Any) -> list[Row]:
    """All rows of a named query that reads; in one round trip."""
    with _connection() as connection:
        connection.autocommit = True
        return Transaction(connection).rows(query, **params)


@contextmanager
def transaction() -> Iterator[Transaction]:
    """A transaction: commits when the block ends, leaves nothing behind when it raises.

    Raises the ApiError that a violated constraint stands for, DatabaseUnavailable,
    DatabaseBusy and TransactionFailed.
    """
    with _connection() as connection:
        connection.autocommit = False
        try:
            yield Transaction(connection)
            connection.commit()
        except BaseException:
            with suppress(psycopg2.Error):
                connection.rollback()
            raise


@contextmanager
def _connection() -> Iterator[Any]:
    """A pooled connection; the driver's errors leave it as ApiErrors."""
    try:
        with current_app.extensions["db"].connect() as connection:
            try:
                yield connection
            except (psycopg2.OperationalError, psycopg2.InterfaceError):
                if connection.dbapi_connection.closed:
                    connection.invalidate()
                raise
    except PoolTimeout as error:
        raise errors.DatabaseBusy from error
    except psycopg2.Error as error:
        raise _translated(error) from error


def _translated(error: psycopg2.Error) -> Exception:
    """The ApiError that a driver error stands for; itself where it is a defect of ours."""
    constraint = error.diag.constraint_name if error.diag else None
    if constraint in CONSTRAINT_ERRORS:
        return CONSTRAINT_ERRORS[constraint]()
    if isinstance(error, psycopg2.errors.QueryCanceled | psycopg2.errors.LockNotAvailable):
        return errors.DatabaseBusy()
    if isinstance(error, psycopg2.errors.TransactionRollback):
        return errors.TransactionFailed()
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return errors.DatabaseUnavailable()
    return error


def init_app(app: Flask, config: Config) -> None:
    """Make the pool; it opens nothing before the first query, so that forks share nothing."""

    def connect() -> Connection:
        return psycopg2.connect(config.database_url, connect_timeout=2)

    psycopg2.extras.register_default_jsonb(loads=orjson.loads, globally=True)
    psycopg2.extensions.register_adapter(uuid.UUID, psycopg2.extras.UUID_adapter)
    app.extensions["db"] = pool.QueuePool(
        connect,
        pool_size=config.database_pool_size,
        max_overflow=config.database_max_overflow,
        timeout=config.database_pool_timeout,
    )
