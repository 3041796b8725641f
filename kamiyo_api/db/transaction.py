"""Transactions: statements over one connection, retries, and hooks around the commit."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, Protocol, TypeVar

from kamiyo_api import outages
from kamiyo_api.context import current_state, services
from kamiyo_api.db.driver import (
    AlreadyStored,
    DriverError,
    Row,
    fetched_rows,
    is_lost,
    pooled_connection,
    run,
    statement_timeout,
)
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.db.watch import NoAnswer, bounded_wait
from kamiyo_api.observability import metrics
from kamiyo_api.observability.redaction import brief

MAX_RETRIES = 3
# Each part that COPY sends wakes PostgreSQL; the default is 8 KiB.
COPIED_AT_ONCE = 256 * 1024
MAX_PAUSE_SECONDS = 0.1
# The parameters of keys.get_confirmed, which confirms the API key that authorised a write.
Confirmation = Mapping[str, Any]
CONFIRM = "keys.get_confirmed"

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class ConnectionLost(Exception):
    """The connection was lost before the commit was sent: nothing was stored."""


class CommitHook(Protocol):
    """A hook that runs before and after a commit."""

    def before_commit(self) -> None:
        """Run before the commit."""

    def after_commit(self) -> None:
        """Run after the commit, or after it is certain that nothing is committed."""


class Transaction:
    """A transaction that runs named queries over one connection, and its hooks around the
    commit."""

    def __init__(
        self, connection: Any, beginning: str, confirmation: Confirmation | None = None
    ) -> None:
        """`beginning` and the confirmation run in the round trip of the first statement."""
        self._connection = connection
        self._beginning = beginning
        self._confirmation = confirmation
        self.is_committing = False
        self.commit_hooks: list[CommitHook] = []
        self.after_commit: list[Callable[[], None]] = []

    @property
    def has_begun(self) -> bool:
        """Return whether there is anything to commit or to roll back."""
        return not self._beginning

    def row_and_commit(self, query: str, /, **params: Any) -> Row | None:
        """Return the first row of the only query of a transaction, and commit it in its
        round trip.

        Return None if it changed nothing; the transaction is then as before. After other
        statements, it does not commit.
        """
        if self.has_begun:
            return self.row(query, **params)
        self._before_commit()
        with self._connection.cursor() as cursor:
            confirmation, confirmed = self._confirmation_sql()
            text = f"{statement_timeout()}; {confirmation}{QUERIES[query]}"
            run(cursor, text, {**confirmed, **params}, is_commit=True)
            rows = fetched_rows(cursor)
        if rows:
            return rows[0]
        self.run_after_commit()
        self.is_committing = False
        return None

    def commit(self) -> None:
        """Commit the transaction, if it has begun."""
        if self.has_begun:
            self._before_commit()
            self.run_script("commit")

    def _before_commit(self) -> None:
        for hook in self.commit_hooks:
            hook.before_commit()
        self.is_committing = True

    def run_after_commit(self) -> None:
        """Call after_commit() of every commit hook."""
        for hook in self.commit_hooks:
            hook.after_commit()

    def rows(self, query: str, /, **params: Any) -> list[Row]:
        """Return all rows of a named query."""
        with self._connection.cursor() as cursor:
            self._run(cursor, query, params)
            return fetched_rows(cursor)

    def row(self, query: str, /, **params: Any) -> Row | None:
        """Return the first row of a named query, or None."""
        return next(iter(self.rows(query, **params)), None)

    def execute(self, query: str, /, **params: Any) -> int:
        """Run a named query that returns no rows, and return the number of rows that it changed."""
        with self._connection.cursor() as cursor:
            self._run(cursor, query, params)
            return int(cursor.rowcount)

    def copy(self, query: str, /, source: IO[bytes]) -> int:
        """Run a named `copy … from stdin`, and return the number of rows that it loaded."""
        if not self.has_begun:
            self.run_script("")
        with self._connection.cursor() as cursor:
            cursor.copy_expert(QUERIES[query], source, COPIED_AT_ONCE)
            return int(cursor.rowcount)

    def copy_new(self, query: str, /, source: IO[bytes]) -> bool:
        """Run a named `copy … from stdin`, and return True; load nothing, and return False, if one
        of its rows is stored already."""
        if not self.has_begun:
            self.run_script("")
        try:
            with self._connection.cursor() as cursor:
                cursor.copy_expert(f"savepoint copied; {QUERIES[query]}", source, COPIED_AT_ONCE)
        except AlreadyStored:
            self.run_script("rollback to savepoint copied")
            return False
        return True

    def copy_out(self, query: str, /, target: IO[bytes], **params: Any) -> int:
        """Run a named `copy … to stdout`, and return the number of rows that it wrote."""
        if not self.has_begun:
            self.run_script("")
        with self._connection.cursor() as cursor:
            cursor.copy_expert(cursor.mogrify(QUERIES[query], params), target)
            return int(cursor.rowcount)

    def run_script(self, script: str) -> None:
        """Run SQL that is not a named query: a file of the schema, or a statement such as
        commit."""
        confirmation, confirmed = self._confirmation_sql()
        text = self._with_beginning(confirmation + script)
        with (
            self._connection.cursor() as cursor,
            bounded_wait(cursor.connection, is_commit=self.is_committing),
        ):
            cursor.execute(text, confirmed or None)

    def _run(self, cursor: Any, query: str, params: dict[str, Any]) -> None:
        confirmation, confirmed = self._confirmation_sql()
        run(cursor, self._with_beginning(confirmation + QUERIES[query]), {**confirmed, **params})

    def _confirmation_sql(self) -> tuple[str, Confirmation]:
        """Return the statement that confirms the key before the first one, and its parameters."""
        if self._confirmation is None or self.has_begun:
            return "", {}
        return f"{QUERIES[CONFIRM]}\n", self._confirmation

    def _with_beginning(self, text: str) -> str:
        text, self._beginning = f"{self._beginning}{text}", ""
        return text


def beginning() -> str:
    """Return the statements that begin a transaction, and limit its statements and its idle
    time."""
    milliseconds = services().db.statement_timeout
    idle = f"set local idle_in_transaction_session_timeout = {milliseconds}"
    return f"begin; {statement_timeout()}; {idle}; "


def in_transaction(
    work: Callable[[Transaction], Result], confirmation: Confirmation | None = None
) -> Result:
    """Run work in a transaction of its own, and return its result. Retry it up to MAX_RETRIES times
    if it collides with another transaction or loses its connection before the commit.

    Work must have no effects outside of the transaction. If the connection is lost during the
    commit, it is not retried, because the write may have been stored. Each attempt confirms the key
    that authorised it again. Raises TransactionFailed, KeyChanged, and what work raises.
    """
    for attempt in range(MAX_RETRIES + 1):
        if attempt:
            current_state().retries = attempt
            metrics.transaction_retries.inc()
            time.sleep(random.uniform(0, MAX_PAUSE_SECONDS) * attempt)
        try:
            with transaction(confirmation=confirmation) as tx:
                return work(tx)
        except (outages.CommitUnknown, outages.KeyChanged):
            raise
        except (outages.TransactionFailed, ConnectionLost) as error:
            cause = error.__cause__
    metrics.transactions.labels("failed").inc()
    metrics.note("failed_transaction")
    log.error("Transaction failed after %d retries: %s", MAX_RETRIES, brief(str(cause)))
    raise outages.TransactionFailed from cause


@contextmanager
def transaction(
    *, limited: bool = True, confirmation: Confirmation | None = None
) -> Iterator[Transaction]:
    """Yield a transaction; commit it when the block ends, or roll it back if the block raises.

    `limited` applies the statement timeout of requests; bulk loads and refreshes have none.
    With a confirmation, the first statement is refused if the key has changed.
    Raises the ApiError of a violated constraint, DatabaseUnavailable, DatabaseBusy,
    TransactionFailed, CommitUnknown, KeyChanged, and ConnectionLost.
    """
    with pooled_connection(limited=limited) as connection:
        tx = Transaction(connection, beginning() if limited else "begin; ", confirmation)
        try:
            yield tx
            tx.commit()
        except BaseException as error:
            _roll_back(tx, connection, error)
            raise
    metrics.transactions.labels("committed").inc()
    services().db.writes.record_success()
    for call in (tx.run_after_commit, *tx.after_commit):
        try:
            call()
        except Exception:
            # The write was stored, so its answer must say so.
            log.exception("What follows a commit failed")


def takes_writes() -> bool:
    """Return whether the database takes writes, as far as this process knows."""
    return services().db.writes.refusal is None


def _roll_back(tx: Transaction, connection: Any, error: BaseException) -> None:
    """Roll back. Raises CommitUnknown or ConnectionLost if the error means that."""
    lost = is_lost(connection, error)
    if lost and tx.is_committing:
        reason = brief(str(error))
        log.error("Transaction failed: the connection was lost during the commit: %s", reason)
        metrics.transactions.labels("unknown").inc()
        metrics.note("failed_transaction")
        raise outages.CommitUnknown from error
    metrics.transactions.labels("rolled_back").inc()
    if tx.has_begun:
        connection.dbapi_connection.max_wait = services().db.max_wait
        with suppress(DriverError, NoAnswer):
            tx.run_script("rollback")
    # A request that waited without an answer does not wait again.
    if lost and not isinstance(error, NoAnswer):
        raise ConnectionLost from error
    if tx.is_committing:
        tx.run_after_commit()
