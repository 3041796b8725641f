"""PostgreSQL: the pool, named queries and transactions; the only place that knows the driver."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg2
import psycopg2.errors
import psycopg2.extensions
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kamiyo_api import errors
from kamiyo_api.context import current_state, services
from kamiyo_api.db_watch import NoAnswer
from kamiyo_api.observability import metrics
from kamiyo_api.observability.redaction import brief
from kamiyo_api.queries import QUERIES
from kamiyo_api.transaction import (
    Confirmation,
    Row,
    Transaction,
    beginning,
    fetched,
    run,
    statement_timeout,
)

RETRIES = 3
LONGEST_PAUSE = 0.1
INSUFFICIENT_RESOURCES = "53"
# What erc8004_confirm_key raises.
KEY_CHANGED = "KEY01"
# jsonb takes less than JSON allows, and reads members that a later one of the same name hides.
UNSTORABLE = psycopg2.errors.NumericValueOutOfRange | psycopg2.errors.UntranslatableCharacter

Result = TypeVar("Result")

log = logging.getLogger(__name__)

CONSTRAINT_ERRORS: dict[str, type[errors.ApiError]] = {
    "fk__erc8004_reputation__chain": errors.ChainNotSupported,
    "fk__erc8004_agent_payments__chain": errors.ChainNotSupported,
    "uq__erc8004_agents__chain_registry_agent": errors.AgentAlreadyExists,
    "uq__erc8004_validations__chain_registry_request": errors.ValidationAlreadyExists,
    "ck__erc8004_agents__registration_file_size": errors.RegistrationFileTooLarge,
}


class ConnectionLost(Exception):
    """The connection broke before the commit was sent: nothing was kept."""


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
    with _connection() as connection, connection.cursor() as cursor:
        # One simple-protocol message is one transaction: the timeout ends with it, so
        # nothing is left on a connection that a pooler may hand to somebody else.
        run(cursor, f"{statement_timeout()}; {QUERIES[query]}", params)
        return fetched(cursor)


def in_transaction(
    work: Callable[[Transaction], Result], confirmation: Confirmation | None = None
) -> Result:
    """Run work in a transaction of its own; once more, up to three times, where it collided
    with others or lost its connection before the commit.

    Work must leave no trace but through the transaction. A connection lost during the commit
    is never repeated: the write may have been kept. Each attempt confirms the key that authorised
    it anew. Raises TransactionFailed, KeyChanged, and what work raises.
    """
    for attempt in range(RETRIES + 1):
        if attempt:
            current_state().retries = attempt
            metrics.transaction_retries.inc()
            time.sleep(random.uniform(0, LONGEST_PAUSE) * attempt)
        try:
            with transaction(confirmation=confirmation) as tx:
                return work(tx)
        except (errors.CommitUnknown, errors.KeyChanged):
            raise
        except (errors.TransactionFailed, ConnectionLost) as error:
            cause = error.__cause__
    metrics.transactions.labels("failed").inc()
    log.error("Transaction failed after %d retries: %s", RETRIES, brief(str(cause)))
    raise errors.TransactionFailed from cause


@contextmanager
def transaction(
    *, limited: bool = True, confirmation: Confirmation | None = None
) -> Iterator[Transaction]:
    """A transaction: commits when the block ends, leaves nothing behind when it raises.

    `limited` applies the statement timeout of requests; bulk work and refreshes go without.
    A confirmation refuses the first statement where a key has changed.
    Raises the ApiError that a violated constraint stands for, DatabaseUnavailable,
    DatabaseBusy, TransactionFailed, CommitUnknown, KeyChanged, and ConnectionLost.
    """
    with _connection(limited=limited) as connection:
        tx = Transaction(connection, beginning() if limited else "begin; ", confirmation)
        try:
            yield tx
            tx.commit()
        except BaseException as error:
            _abandon(tx, connection, error)
            raise
    metrics.transactions.labels("committed").inc()
    services().db.writes.note_kept()
    for call in (tx.end_changes, *tx.after_commit):
        try:
            call()
        except Exception:
            # The write was kept, so its answer must say so.
            log.exception("What follows a commit failed")


def takes_writes() -> bool:
    """Whether nothing is known of why a write would be refused."""
    return services().db.writes.refusal is None


def _abandon(tx: Transaction, connection: Any, error: BaseException) -> None:
    """Roll back. Raises CommitUnknown and ConnectionLost where the error means that."""
    is_lost = _is_lost(connection, error)
    if is_lost and tx.is_committing:
        reason = brief(str(error))
        log.error("Transaction failed: the connection was lost during the commit: %s", reason)
        metrics.transactions.labels("unknown").inc()
        raise errors.CommitUnknown from error
    metrics.transactions.labels("rolled_back").inc()
    if tx.has_begun:
        connection.dbapi_connection.patience = services().db.patience
        with suppress(psycopg2.Error, NoAnswer):
            tx.run_script("rollback")
    # Who waited in vain does not wait again.
    if is_lost and not isinstance(error, NoAnswer):
        raise ConnectionLost from error
    if tx.is_committing:
        tx.end_changes()


def _is_lost(connection: Any, error: BaseException) -> bool:
    if isinstance(error, NoAnswer):
        return error.is_sent
    if _is_unanswered(error):
        return True
    is_lost = isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError)
    return is_lost and bool(connection.dbapi_connection.closed)


@contextmanager
def _connection(*, limited: bool = True) -> Iterator[Any]:
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
        translated = _translated(error)
        if isinstance(translated, errors.DatabaseUnwritable):
            connections.writes.note_refused(translated)
        raise translated from error


def _in_transaction(connection: Any) -> bool:
    status = connection.dbapi_connection.info.transaction_status
    return bool(status != psycopg2.extensions.TRANSACTION_STATUS_IDLE)


def _translated(error: psycopg2.Error) -> Exception:
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


def _is_unanswered(error: BaseException) -> bool:
    """Whether a statement could not even be sent, which libpq says of a connection that it
    takes for open still; what a server says has a code."""
    return type(error) is psycopg2.DatabaseError and error.pgcode is None
