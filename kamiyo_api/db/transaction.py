"""Transactions: statements over one connection, and what happens around the commit."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, Any, Protocol, TypeVar

from kamiyo_api import errors
from kamiyo_api.context import current_state, services
from kamiyo_api.db.driver import (
    DriverError,
    Row,
    fetched,
    is_lost,
    pooled_connection,
    run,
    statement_timeout,
)
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.db.watch import NoAnswer, waiting
from kamiyo_api.observability import metrics
from kamiyo_api.observability.redaction import brief

RETRIES = 3
LONGEST_PAUSE = 0.1
# The key that authorised a write, as keys.get_confirmed takes it.
Confirmation = Mapping[str, Any]
CONFIRM = "keys.get_confirmed"

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class ConnectionLost(Exception):
    """The connection broke before the commit was sent: nothing was kept."""


class Change(Protocol):
    """What a commit makes untrue elsewhere."""

    def before_commit(self) -> None:
        """Run before the commit."""

    def after_commit(self) -> None:
        """Run after the commit, or once it is sure that there is nothing to commit."""


class Transaction:
    """Runs named queries over one connection; what is hung on it runs around the commit."""

    def __init__(
        self, connection: Any, beginning: str, confirmation: Confirmation | None = None
    ) -> None:
        """`beginning` is run with the first statement, in its round trip; so is a confirmation."""
        self._connection = connection
        self._beginning = beginning
        self._confirmation = confirmation
        self.is_committing = False
        self.changes: list[Change] = []
        self.after_commit: list[Callable[[], None]] = []

    @property
    def has_begun(self) -> bool:
        """Whether there is anything to commit or to roll back."""
        return not self._beginning

    def only_row(self, query: str, /, **params: Any) -> Row | None:
        """The first row of a query that is all there is to do, committed in its round trip.

        None where it changed nothing; then the transaction is as it was before. After other
        statements it is one like them.
        """
        if self.has_begun:
            return self.row(query, **params)
        self._before_commit()
        with self._connection.cursor() as cursor:
            confirming, given = self._confirming()
            text = f"{statement_timeout()}; {confirming}{QUERIES[query]}"
            run(cursor, text, {**given, **params}, is_commit=True)
            rows = fetched(cursor)
        if rows:
            return rows[0]
        self.end_changes()
        self.is_committing = False
        return None

    def commit(self) -> None:
        """Keep what was done."""
        if self.has_begun:
            self._before_commit()
            self.run_script("commit")

    def _before_commit(self) -> None:
        for change in self.changes:
            change.before_commit()
        self.is_committing = True

    def end_changes(self) -> None:
        """Tell every change that the commit is over."""
        for change in self.changes:
            change.after_commit()

    def rows(self, query: str, /, **params: Any) -> list[Row]:
        """All rows of a named query."""
        with self._connection.cursor() as cursor:
            self._run(cursor, query, params)
            return fetched(cursor)

    def row(self, query: str, /, **params: Any) -> Row | None:
        """The first row of a named query, or None."""
        return next(iter(self.rows(query, **params)), None)

    def execute(self, query: str, /, **params: Any) -> int:
        """Run a named query that answers no rows; the number of rows that it changed."""
        with self._connection.cursor() as cursor:
            self._run(cursor, query, params)
            return int(cursor.rowcount)

    def copy(self, query: str, /, source: IO[bytes]) -> int:
        """Feed a named `copy … from stdin`; the number of rows that it loaded."""
        if not self.has_begun:
            self.run_script("")
        with self._connection.cursor() as cursor:
            cursor.copy_expert(QUERIES[query], source)
            return int(cursor.rowcount)

    def run_script(self, script: str) -> None:
        """Run SQL that is no named query: a migration file, or a word of the protocol."""
        confirming, given = self._confirming()
        text = self._begun(confirming + script)
        with (
            self._connection.cursor() as cursor,
            waiting(cursor.connection, is_commit=self.is_committing),
        ):
            cursor.execute(text, given or None)

    def _run(self, cursor: Any, query: str, params: dict[str, Any]) -> None:
        confirming, given = self._confirming()
        run(cursor, self._begun(confirming + QUERIES[query]), {**given, **params})

    def _confirming(self) -> tuple[str, Confirmation]:
        """What confirms the key before the first statement, and its parameters."""
        if self._confirmation is None or self.has_begun:
            return "", {}
        return f"{QUERIES[CONFIRM]}\n", self._confirmation

    def _begun(self, text: str) -> str:
        text, self._beginning = f"{self._beginning}{text}", ""
        return text


def beginning() -> str:
    """What begins a transaction of several statements, and bounds the pauses between them."""
    milliseconds = services().db.statement_timeout
    idle = f"set local idle_in_transaction_session_timeout = {milliseconds}"
    return f"begin; {statement_timeout()}; {idle}; "


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
    with pooled_connection(limited=limited) as connection:
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
    lost = is_lost(connection, error)
    if lost and tx.is_committing:
        reason = brief(str(error))
        log.error("Transaction failed: the connection was lost during the commit: %s", reason)
        metrics.transactions.labels("unknown").inc()
        raise errors.CommitUnknown from error
    metrics.transactions.labels("rolled_back").inc()
    if tx.has_begun:
        connection.dbapi_connection.patience = services().db.patience
        with suppress(DriverError, NoAnswer):
            tx.run_script("rollback")
    # Who waited in vain does not wait again.
    if lost and not isinstance(error, NoAnswer):
        raise ConnectionLost from error
    if tx.is_committing:
        tx.end_changes()
