"""One transaction: statements over one connection, and what happens around its commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import IO, Any, Protocol

from kamiyo_api.context import current_state, services
from kamiyo_api.db_watch import waiting
from kamiyo_api.queries import QUERIES

Row = dict[str, Any]
# The key that authorised a write, as keys.get_confirmed takes it.
Confirmation = Mapping[str, Any]
CONFIRM = "keys.get_confirmed"


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


def beginning() -> str:
    """What begins a transaction of several statements, and bounds the pauses between them."""
    milliseconds = services().db.statement_timeout
    idle = f"set local idle_in_transaction_session_timeout = {milliseconds}"
    return f"begin; {statement_timeout()}; {idle}; "
