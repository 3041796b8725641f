"""PostgreSQL: the pool, named queries and transactions; the only place that knows the driver."""

from __future__ import annotations

import logging
import random
import re
import select
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeVar

import orjson
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from flask import Flask, current_app
from sqlalchemy import event, pool
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kamiyo_api import errors
from kamiyo_api.config import Config

SQL = Path(__file__).parent.parent / "sql"
QUERY = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
RETRIES = 3
LONGEST_PAUSE = 0.1
FAIL_FAST_SECONDS = 0.5
RECYCLE_SECONDS = 1800

Row = dict[str, Any]
Result = TypeVar("Result")

log = logging.getLogger(__name__)

CONSTRAINT_ERRORS: dict[str, type[errors.ApiError]] = {
    "fk__erc8004_reputation__chain": errors.ChainNotSupported,
    "fk__erc8004_agent_payments__chain": errors.ChainNotSupported,
    "uq__erc8004_agents__chain_registry_agent": errors.AgentAlreadyExists,
    "uq__erc8004_validations__chain_registry_request": errors.ValidationAlreadyExists,
    "ck__erc8004_agents__registration_file_size": errors.RegistrationFileTooLarge,
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


class ConnectionLost(Exception):
    """The connection broke before the commit was sent: nothing was kept."""


class Transaction:
    """Runs named queries over one connection; what is hung on it runs around the commit."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.before_commit: list[Callable[[], None]] = []
        self.after_commit: list[Callable[[], None]] = []

    def rows(self, query: str, /, **params: Any) -> list[Row]:
        """All rows of a named query."""
        with self._connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(QUERIES[query], params)
            return [dict(row) for row in cursor.fetchall()]

    def row(self, query: str, /, **params: Any) -> Row | None:
        """The first row of a named query, or None."""
        return next(iter(self.rows(query, **params)), None)

    def execute(self, query: str, /, **params: Any) -> int:
        """Run a named query that answers no rows; the number of rows that it changed."""
        with self._connection.cursor() as cursor:
            cursor.execute(QUERIES[query], params)
            return int(cursor.rowcount)

    def copy(self, query: str, /, source: IO[bytes]) -> int:
        """Feed a named `copy … from stdin`; the number of rows that it loaded."""
        with self._connection.cursor() as cursor:
            cursor.copy_expert(QUERIES[query], source)
            return int(cursor.rowcount)

    def run_script(self, script: str) -> None:
        """Run SQL that is no named query: a migration file, or a word of the protocol."""
        with self._connection.cursor() as cursor:
            cursor.execute(script)


def row(query: str, /, **params: Any) -> Row | None:
    """The first row of a named query that reads, or None; in one round trip."""
    return next(iter(rows(query, **params)), None)


def rows(query: str, /, **params: Any) -> list[Row]:
    """All rows of a named query that reads; in one round trip.

    A read that loses its connection is asked once more, over a new one.
    Raises DatabaseUnavailable, DatabaseBusy.
    """
    try:
        return _read(query, params)
    except errors.DatabaseUnavailable:
        return _read(query, params)


def _read(query: str, params: dict[str, Any]) -> list[Row]:
    with (
        _connection() as connection,
        connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
    ):
        # One simple-protocol message is one transaction: the timeout ends with it, so
        # nothing is left on a connection that a pooler may hand to somebody else.
        cursor.execute(f"{_timeouts()}; {QUERIES[query]}", params)
        return [dict(row) for row in cursor.fetchall()]


def in_transaction(work: Callable[[Transaction], Result]) -> Result:
    """Run work in a transaction of its own; once more, up to three times, where it collided
    with others or lost its connection before the commit.

    Work must leave no trace but through the transaction. A connection lost during the commit
    is never repeated: the write may have been kept. Raises TransactionFailed and what work raises.
    """
    for attempt in range(RETRIES + 1):
        try:
            with transaction() as tx:
                return work(tx)
        except (errors.TransactionFailed, ConnectionLost) as error:
            if isinstance(error, errors.CommitUnknown):
                raise
            cause = error.__cause__
            time.sleep(random.uniform(0, LONGEST_PAUSE) * (attempt + 1))
    log.error("Transaction failed after %d retries: %s", RETRIES, str(cause).strip())
    raise errors.TransactionFailed from cause


@contextmanager
def transaction(*, limited: bool = True) -> Iterator[Transaction]:
    """A transaction: commits when the block ends, leaves nothing behind when it raises.

    `limited` applies the statement timeout of requests; bulk work and refreshes go without.
    Raises the ApiError that a violated constraint stands for, DatabaseUnavailable,
    DatabaseBusy, TransactionFailed, CommitUnknown, and ConnectionLost.
    """
    with _connection() as connection:
        tx = Transaction(connection)
        tx.run_script(f"begin; {_timeouts()}" if limited else "begin")
        try:
            yield tx
            for call in tx.before_commit:
                call()
        except BaseException as error:
            with suppress(psycopg2.Error):
                tx.run_script("rollback")
            if _is_lost(connection, error):
                raise ConnectionLost from error
            raise
        _commit(tx, connection)
    for call in tx.after_commit:
        call()


def _commit(tx: Transaction, connection: Any) -> None:
    try:
        tx.run_script("commit")
    except psycopg2.Error as error:
        if _is_lost(connection, error):
            log.error("Transaction failed: the connection was lost during the commit: %s", error)
            raise errors.CommitUnknown from error
        raise


def _is_lost(connection: Any, error: BaseException) -> bool:
    is_lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return is_lost and bool(connection.dbapi_connection.closed)


def _timeouts() -> str:
    milliseconds = current_app.extensions["db"].statement_timeout
    return (
        f"set local statement_timeout = {milliseconds}; "
        f"set local idle_in_transaction_session_timeout = {milliseconds}"
    )


@contextmanager
def _connection() -> Iterator[Any]:
    """A pooled connection in autocommit; the driver's errors leave it as ApiErrors."""
    try:
        with current_app.extensions["db"].connect() as connection:
            try:
                yield connection
            finally:
                if connection.dbapi_connection.closed or _in_transaction(connection):
                    connection.invalidate()
    except PoolTimeout as error:
        raise errors.DatabaseBusy from error
    except psycopg2.Error as error:
        raise _translated(error) from error


def _in_transaction(connection: Any) -> bool:
    status = connection.dbapi_connection.info.transaction_status
    return bool(status != psycopg2.extensions.TRANSACTION_STATUS_IDLE)


def _translated(error: psycopg2.Error) -> Exception:
    """The ApiError that a driver error stands for; itself where it is a defect of ours."""
    constraint = error.diag.constraint_name
    if constraint in CONSTRAINT_ERRORS:
        return CONSTRAINT_ERRORS[constraint]()
    if isinstance(error, psycopg2.errors.QueryCanceled | psycopg2.errors.LockNotAvailable):
        return errors.DatabaseBusy()
    if isinstance(error, psycopg2.errors.TransactionRollback):
        return errors.TransactionFailed()
    if isinstance(error, psycopg2.errors.InsufficientResources):
        return errors.DatabaseBusy()
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return errors.DatabaseUnavailable()
    return error


class Pool:
    """The connections of one process: at most pool size + overflow, opened when first needed.

    After a failure to connect it refuses for half a second without trying, so that threads
    do not queue up behind a database that is away.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._refuse_until = 0.0
        self.statement_timeout = config.database_statement_timeout
        self._pool = pool.QueuePool(
            self._open,
            pool_size=config.database_pool_size,
            max_overflow=config.database_max_overflow,
            timeout=config.database_pool_timeout,
            recycle=RECYCLE_SECONDS,
            reset_on_return=None,
        )
        event.listen(self._pool, "checkout", _refuse_dead)

    def connect(self) -> Any:
        """A connection, given back when its `with` block ends."""
        return self._pool.connect()

    def _open(self) -> Any:
        if time.monotonic() < self._refuse_until:
            raise psycopg2.OperationalError("the last attempt to connect failed just now")
        try:
            connection = psycopg2.connect(
                self._config.database_url,
                connect_timeout=2,
                keepalives_idle=30,
                fallback_application_name="kamiyo-api",
            )
        except psycopg2.OperationalError:
            self._refuse_until = time.monotonic() + FAIL_FAST_SECONDS
            raise
        connection.autocommit = True
        return connection


def _refuse_dead(connection: Any, record: Any, proxy: Any) -> None:
    """Replace a connection that the server closed while it lay idle.

    An idle connection has nothing to read, so one that is readable says goodbye; this
    sees it without a round trip.
    """
    if connection.closed or select.select([connection], [], [], 0)[0]:
        raise DisconnectionError


def init_app(app: Flask, config: Config) -> None:
    """Make the pool; it opens nothing before the first query, so that forks share nothing."""
    psycopg2.extras.register_default_jsonb(loads=orjson.loads, globally=True)
    psycopg2.extensions.register_adapter(uuid.UUID, psycopg2.extras.UUID_adapter)
    app.extensions["db"] = Pool(config)
