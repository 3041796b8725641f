"""The driver of PostgreSQL: open connections, run named queries that read, and turn the driver's
errors into ours. No other module imports psycopg2."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import orjson
import psycopg2
import psycopg2.errors
import psycopg2.extensions
import psycopg2.extras
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kamiyo_api import errors
from kamiyo_api.config import Config
from kamiyo_api.config_parsing import ConfigError
from kamiyo_api.context import current_state, services
from kamiyo_api.db.address import refuse_malformed
from kamiyo_api.db.pool import Pool
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.db.watch import NoAnswer, waiting

# How long sent data may stay unacknowledged; the system would try for a quarter of an hour.
TCP_TIMEOUT_MS = 10_000
INSUFFICIENT_RESOURCES = "53"
# What erc8004_confirm_key raises.
KEY_CHANGED = "KEY01"
# jsonb takes less than JSON allows, and reads members that a later one of the same name hides.
UNSTORABLE = psycopg2.errors.NumericValueOutOfRange | psycopg2.errors.UntranslatableCharacter

Row = dict[str, Any]
DriverError = psycopg2.Error

CONSTRAINT_ERRORS: dict[str, type[errors.ApiError]] = {
    "fk__erc8004_reputation__chain": errors.ChainNotSupported,
    "fk__erc8004_agent_payments__chain": errors.ChainNotSupported,
    "uq__erc8004_agents__chain_registry_agent": errors.AgentAlreadyExists,
    "uq__erc8004_validations__chain_registry_request": errors.ValidationAlreadyExists,
    "ck__erc8004_agents__registration_file_size": errors.RegistrationFileTooLarge,
}


class Connection(psycopg2.extensions.connection):
    """A connection whose waits another thread can end."""

    watch: Any = None
    patience: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of its own: the driver closes its descriptor at any time, and the next file gets that.
        self._way = socket.socket(fileno=os.dup(self.fileno()))

    def hang_up(self) -> None:
        """Make whoever waits for the server believe that it closed the connection."""
        with suppress(OSError):
            self._way.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._way.close()

    def __del__(self) -> None:
        if hasattr(self, "_way"):
            self._way.close()


def pool_of(config: Config) -> Pool:
    """A pool of connections to DATABASE_URL; it opens nothing before the first query.

    Raises ConfigError where the address cannot be read, without showing it: it holds a password.
    """
    refuse_malformed(address_parts(config.database_url))
    psycopg2.extras.register_default_jsonb(loads=orjson.loads, globally=True)

    def connect(name: str) -> Any:
        connection = psycopg2.connect(
            config.database_url,
            connect_timeout=2,
            keepalives_idle=30,
            tcp_user_timeout=TCP_TIMEOUT_MS,
            fallback_application_name=name,
            connection_factory=Connection,
        )
        connection.autocommit = True
        # What a query casts to json is answered as it is, its numbers exact and nothing parsed.
        psycopg2.extras.register_default_json(connection, loads=orjson.Fragment)
        return connection

    opening, looking = partial(connect, "kamiyo-api"), partial(connect, "kamiyo-api looks")
    return Pool(config, opening, psycopg2.OperationalError, looking)


def address_parts(url: str) -> dict[str, str]:
    """Return the parts of an address as libpq reads them. Raises ConfigError."""
    try:
        return dict(psycopg2.extensions.parse_dsn(url))
    except (psycopg2.ProgrammingError, UnicodeError):
        raise ConfigError("DATABASE_URL is not a well-formed postgresql:// address") from None


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
    except errors.DatabaseSilent:
        raise
    except errors.DatabaseUnavailable:
        return _read(query, params)


def _read(query: str, params: dict[str, Any]) -> list[Row]:
    with pooled_connection() as connection, connection.cursor() as cursor:
        # One simple-protocol message is one transaction: the timeout ends with it, so
        # nothing is left on a connection that a pooler may hand to somebody else.
        run(cursor, f"{statement_timeout()}; {QUERIES[query]}", params)
        return fetched(cursor)


def fetched(cursor: Any) -> list[Row]:
    """The rows that a statement answered, by the names of their columns."""
    names = [column.name for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def run(cursor: Any, text: str, params: dict[str, Any], *, is_commit: bool = False) -> None:
    """Run a query under the request's id, which PostgreSQL's log then shows, and time it.

    Raises NoAnswer where the connection bounds the wait.
    """
    began, state = time.perf_counter(), current_state()
    try:
        with waiting(cursor.connection, is_commit=is_commit):
            cursor.execute(f"/* {state.request_id} */ {text}", params)
    finally:
        state.queries += 1
        state.query_seconds += time.perf_counter() - began


def statement_timeout() -> str:
    """What bounds the statements of a transaction; run in it, it ends with it."""
    return f"set local statement_timeout = {services().db.statement_timeout}"


@contextmanager
def pooled_connection(*, limited: bool = True) -> Iterator[Any]:
    """A pooled connection in autocommit; the driver's errors leave it as ApiErrors.

    A request waits in vain once, not again for each of its queries. `limited` bounds each wait
    for the server.
    """
    connections, state = services().db, current_state()
    if state.pool_timeout is not None and connections.is_exhausted():
        raise errors.DatabaseBusy from state.pool_timeout
    try:
        if limited:
            connections.watch.refuse_silent()
        with connections.connect() as connection:
            raw = connection.dbapi_connection
            raw.watch, raw.patience = connections.watch, connections.patience if limited else None
            try:
                yield connection
            finally:
                if connection.dbapi_connection.closed or _in_transaction(connection):
                    connection.invalidate()
    except PoolTimeout as error:
        state.pool_timeout = error
        raise errors.DatabaseBusy from error
    except NoAnswer as error:
        raise errors.DatabaseSilent from error
    except psycopg2.Error as error:
        translated_error = translated(error)
        if isinstance(translated_error, errors.DatabaseUnwritable):
            connections.writes.note_refused(translated_error)
        raise translated_error from error


def _in_transaction(connection: Any) -> bool:
    status = connection.dbapi_connection.info.transaction_status
    return bool(status != psycopg2.extensions.TRANSACTION_STATUS_IDLE)


def translated(error: psycopg2.Error) -> Exception:
    """The ApiError that a driver error stands for; itself where it is a defect of ours."""
    constraint = error.diag.constraint_name
    if constraint in CONSTRAINT_ERRORS:
        return CONSTRAINT_ERRORS[constraint]()
    if error.pgcode == KEY_CHANGED:
        return errors.KeyChanged()
    if isinstance(error, UNSTORABLE):
        return errors.UnstorableInput()
    if isinstance(error, psycopg2.errors.QueryCanceled | psycopg2.errors.LockNotAvailable):
        return errors.DatabaseBusy()
    if isinstance(error, psycopg2.errors.ReadOnlySqlTransaction):
        return errors.DatabaseReadOnly()
    if isinstance(error, psycopg2.errors.DiskFull):
        return errors.DatabaseFull()
    if isinstance(error, psycopg2.extensions.TransactionRollbackError):
        return errors.TransactionFailed()
    if (error.pgcode or "").startswith(INSUFFICIENT_RESOURCES):
        return errors.DatabaseBusy()
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return errors.DatabaseUnavailable()
    if _is_unanswered(error):
        return errors.DatabaseUnavailable()
    return error


def is_lost(connection: Any, error: BaseException) -> bool:
    if isinstance(error, NoAnswer):
        return error.is_sent
    if _is_unanswered(error):
        return True
    is_broken = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return is_broken and bool(connection.dbapi_connection.closed)


def _is_unanswered(error: BaseException) -> bool:
    """Whether a statement could not even be sent, which libpq says of a connection that it
    takes for open still; what a server says has a code."""
    return type(error) is psycopg2.DatabaseError and error.pgcode is None
