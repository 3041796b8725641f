"""The PostgreSQL driver: open connections, run named queries that read, and translate the driver's
errors into API errors. No other module imports psycopg2."""

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

from kamiyo_api import errors, outages
from kamiyo_api.config import Config
from kamiyo_api.config_parsing import ConfigError
from kamiyo_api.context import current_state, services
from kamiyo_api.db.connection_url import refuse_malformed
from kamiyo_api.db.pool import Pool
from kamiyo_api.db.queries import QUERIES, SETTINGS
from kamiyo_api.db.watch import NoAnswer, bounded_wait

# How long sent data may stay unacknowledged; the default of the system is a quarter of an hour.
TCP_TIMEOUT_MS = 10_000
INSUFFICIENT_RESOURCES = "53"
# The SQLSTATE that erc8004_confirm_key raises.
KEY_CHANGED = "KEY01"
# jsonb accepts less than JSON allows, and reads fields that a later field of the same name
# replaces.
UNSTORABLE_ERRORS = psycopg2.errors.NumericValueOutOfRange | psycopg2.errors.UntranslatableCharacter

Row = dict[str, Any]
DriverError = psycopg2.Error
AlreadyStored = psycopg2.errors.UniqueViolation

CONSTRAINT_ERRORS: dict[str, type[errors.ApiError]] = {
    "fk__erc8004_reputation__chain": errors.ChainNotSupported,
    "fk__erc8004_agent_payments__chain": errors.ChainNotSupported,
    "uq__erc8004_agents__chain_registry_agent": errors.AgentAlreadyExists,
    "uq__erc8004_agent_payments__log": errors.PaymentAlreadyLinked,
    "uq__erc8004_agent_payments__nonce": errors.PaymentAlreadyLinked,
    "uq__erc8004_agent_payments__agent": errors.PaymentAlreadyLinked,
    "uq__erc8004_validations__chain_registry_request": errors.ValidationAlreadyExists,
    "ck__erc8004_agents__registration_file_size": errors.RegistrationFileTooLarge,
}


class PostgresConnection(psycopg2.extensions.connection):
    """A connection on which another thread can end a wait."""

    watch: Any = None
    max_wait: float | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A duplicate: the driver may close its descriptor at any time, and the next file reuses it.
        self._socket = socket.socket(fileno=os.dup(self.fileno()))

    def shut_down(self) -> None:
        """Shut the connection down, which ends a wait as if the server had closed it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._socket.close()

    def __del__(self) -> None:
        if hasattr(self, "_socket"):
            self._socket.close()


def pool_of(config: Config) -> Pool:
    """Return a pool of connections to DATABASE_URL, which opens none before the first query.

    Raises ConfigError if the URL is malformed, without showing it, because it may hold a password.
    """
    refuse_malformed(url_parts(config.database_url))
    psycopg2.extras.register_default_jsonb(loads=orjson.loads, globally=True)

    def open_connection(name: str) -> Any:
        connection = psycopg2.connect(
            config.database_url,
            connect_timeout=2,
            keepalives_idle=30,
            tcp_user_timeout=TCP_TIMEOUT_MS,
            fallback_application_name=name,
            connection_factory=PostgresConnection,
        )
        connection.autocommit = True
        # Return json values as they are, unparsed and with exact numbers.
        psycopg2.extras.register_default_json(connection, loads=orjson.Fragment)
        return connection

    connect = partial(open_connection, "kamiyo-api")
    probe = partial(open_connection, "kamiyo-api looks")
    return Pool(config, connect, psycopg2.OperationalError, probe)


def url_parts(url: str) -> dict[str, str]:
    """Return the parts of a URL as libpq reads them. Raises ConfigError."""
    try:
        return dict(psycopg2.extensions.parse_dsn(url))
    except (psycopg2.ProgrammingError, UnicodeError):
        raise ConfigError("DATABASE_URL is not a well-formed postgresql:// address") from None


def row(query: str, /, **params: Any) -> Row | None:
    """Return the first row of a named query that reads, or None; in one round trip."""
    return next(iter(rows(query, **params)), None)


def rows(query: str, /, **params: Any) -> list[Row]:
    """Return all rows of a named query that reads; in one round trip.

    A read that loses its connection is retried once, over a new one.
    Raises DatabaseUnavailable, DatabaseBusy.
    """
    try:
        return _read(query, params)
    except outages.DatabaseSilent:
        raise
    except outages.DatabaseUnavailable:
        return _read(query, params)


def _read(query: str, params: dict[str, Any]) -> list[Row]:
    with pooled_connection() as connection, connection.cursor() as cursor:
        # One simple-protocol message is one transaction: the timeout ends with it, so that no
        # setting remains on a connection that a pooler may give to another client.
        run(cursor, f"{statement_timeout()}; {SETTINGS.get(query, '')}{QUERIES[query]}", params)
        return fetched_rows(cursor)


def fetched_rows(cursor: Any) -> list[Row]:
    """Return the rows of a statement, by the names of their columns."""
    names = [column.name for column in cursor.description]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def run(cursor: Any, text: str, params: dict[str, Any], *, is_commit: bool = False) -> None:
    """Run a query with the request id in a comment, which PostgreSQL's log shows, and time it.

    Raises NoAnswer if the connection has a maximum wait and it is exceeded.
    """
    began, state = time.perf_counter(), current_state()
    try:
        with bounded_wait(cursor.connection, is_commit=is_commit):
            cursor.execute(f"/* {state.request_id} */ {text}", params)
    finally:
        state.queries += 1
        state.query_seconds += time.perf_counter() - began


def statement_timeout() -> str:
    """Return the statement that sets the statement timeout of the current transaction."""
    return f"set local statement_timeout = {services().db.statement_timeout}"


@contextmanager
def pooled_connection(*, limited: bool = True) -> Iterator[Any]:
    """Yield a pooled connection in autocommit, and raise the driver's errors as ApiErrors.

    After a request has waited for a connection without getting one, its further queries do not wait
    again. `limited` limits each wait for the server.
    """
    connections, state = services().db, current_state()
    if state.pool_timeout is not None and connections.is_exhausted():
        raise outages.DatabaseBusy from state.pool_timeout
    try:
        if limited:
            connections.watch.raise_if_silent()
        with connections.connect() as connection:
            raw = connection.dbapi_connection
            raw.watch, raw.max_wait = connections.watch, connections.max_wait if limited else None
            try:
                yield connection
            finally:
                if connection.dbapi_connection.closed or _in_transaction(connection):
                    connection.invalidate()
    except PoolTimeout as error:
        state.pool_timeout = error
        raise outages.DatabaseBusy from error
    except NoAnswer as error:
        raise outages.DatabaseSilent from error
    except psycopg2.Error as error:
        translated_error = translated(error)
        if isinstance(translated_error, outages.DatabaseUnwritable):
            connections.writes.record_refusal(translated_error)
        raise translated_error from error


def _in_transaction(connection: Any) -> bool:
    status = connection.dbapi_connection.info.transaction_status
    return bool(status != psycopg2.extensions.TRANSACTION_STATUS_IDLE)


def translated(error: psycopg2.Error) -> Exception:
    """Return the ApiError for a driver error, or the driver error itself if it is a defect."""
    constraint = error.diag.constraint_name
    if constraint in CONSTRAINT_ERRORS:
        return CONSTRAINT_ERRORS[constraint]()
    if error.pgcode == KEY_CHANGED:
        return outages.KeyChanged()
    if isinstance(error, UNSTORABLE_ERRORS):
        return errors.UnstorableInput()
    if isinstance(error, psycopg2.errors.QueryCanceled | psycopg2.errors.LockNotAvailable):
        return outages.DatabaseBusy()
    if isinstance(error, psycopg2.errors.ReadOnlySqlTransaction):
        return outages.DatabaseReadOnly()
    if isinstance(error, psycopg2.errors.DiskFull):
        return outages.DatabaseFull()
    if isinstance(error, psycopg2.extensions.TransactionRollbackError):
        return outages.TransactionFailed()
    if (error.pgcode or "").startswith(INSUFFICIENT_RESOURCES):
        return outages.DatabaseBusy()
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return outages.DatabaseUnavailable()
    if _is_unsent(error):
        return outages.DatabaseUnavailable()
    return error


def is_lost(connection: Any, error: BaseException) -> bool:
    """Return whether an error means that the connection was lost."""
    if isinstance(error, NoAnswer):
        return error.is_sent
    if _is_unsent(error):
        return True
    is_broken = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return is_broken and bool(connection.dbapi_connection.closed)


def _is_unsent(error: BaseException) -> bool:
    """Return whether a statement could not be sent, which libpq reports while it still
    considers the connection open; errors of the server have a code."""
    return type(error) is psycopg2.DatabaseError and error.pgcode is None
