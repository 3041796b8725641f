"""Load the second half of a large file over a connection of its own, beside the first half.

One process of PostgreSQL writes the rows of one connection, so that two use two processors. Both
halves are written before either is committed, the second half first. Lines about the same thing are
in the same half, so that neither half waits for a row of the other.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Generic, TypeVar

from kamiyo_api import db, outages
from kamiyo_api.db.copying import copy_rows

# A file whose second half is smaller is loaded over one connection, as a whole.
BYTES_OF_A_LARGE_HALF = 1024 * 1024
BYTES_AT_ONCE = 64 * 1024
WAITING_AT_MOST = 16
LOOK_SECONDS = 0.1
LOCK_TIMEOUT_MS = 30_000

Result = TypeVar("Result")
Row = Sequence[bytes]


class Aborted(Exception):
    """The first half has failed, so that the second is rolled back."""


class SecondHalf(Generic[Result]):
    """The rows of the second half, and the thread that writes them if they are many.

    Use it as a context manager within the transaction of the first half: it is rolled back if the
    block raises.
    """

    def __init__(
        self,
        load: tuple[str, str],
        belongs: Callable[[Row], bool] | None,
        write: Callable[[db.Transaction], Result],
    ) -> None:
        """`load` names the queries that create the staging table and copy rows into it, `write`
        writes the staged rows."""
        self._create, self._copy = load
        self._belongs = belongs
        self._write = write
        self._rows: list[bytes] = []
        self._size = 0
        self._limit = BYTES_OF_A_LARGE_HALF
        self._queue: queue.Queue[list[bytes] | None] = queue.Queue(WAITING_AT_MOST)
        self._threads = ThreadPoolExecutor(1)
        self._done: Future[None] | None = None
        self._begun: Future[None] = Future()
        self._may_write: Future[None] = Future()
        self._written: Future[Result] = Future()
        self._may_commit: Future[None] = Future()

    def __enter__(self) -> SecondHalf[Result]:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._abort()
        self._threads.shutdown()

    @property
    def is_used(self) -> bool:
        """Return whether the rows were enough for a second half."""
        return self._done is not None

    def first(self, rows: Iterable[Row]) -> Iterator[bytes]:
        """Yield the rows of the first half in COPY's text format, or all rows if they are few.

        Raises what the thread of the second half raises.
        """
        for row in rows:
            text = b"\t".join(row) + b"\n"
            if self._belongs is None or not self._belongs(row):
                yield text
            elif self._is_full(text) and not self._send():
                yield from self._taken()
        if self._done is None:
            yield from self._taken()
        elif self._send():
            self._put(None)

    def begin_writing(self, tx: db.Transaction) -> None:
        """Let the second half be written, now that nothing else is; `tx` is that of the first."""
        if self._done is not None:
            limit_waits(tx)
            self._may_write.set_result(None)

    def written(self) -> Result | None:
        """Return the result of writing the second half, None if there is none. Raises what that
        raises."""
        return None if self._done is None else self._written.result()

    def commit(self) -> None:
        """Commit the second half."""
        if self._done is not None:
            self._may_commit.set_result(None)
            self._done.result()

    def _is_full(self, text: bytes) -> bool:
        self._rows.append(text)
        self._size += len(text)
        return self._size >= self._limit

    def _taken(self) -> list[bytes]:
        rows, self._rows, self._size = self._rows, [], 0
        return rows

    def _send(self) -> bool:
        """Give the rows to the thread; return whether there is one."""
        if self._done is None and not self._start():
            return False
        self._put(self._taken())
        return True

    def _start(self) -> bool:
        """Start the thread; return False if there is no connection for it."""
        self._done = self._threads.submit(copy_context().run, self._load)
        try:
            self._begun.result()
        except (outages.DatabaseBusy, outages.DatabaseUnavailable):
            self._done = self._belongs = None
            return False
        self._limit = BYTES_AT_ONCE
        return True

    def _put(self, rows: list[bytes] | None) -> None:
        while self._done is not None and not self._done.done():
            with suppress(queue.Full):
                self._queue.put(rows, timeout=LOOK_SECONDS)
                return
        if self._done is not None:
            self._done.result()

    def _abort(self) -> None:
        for permission in (self._may_write, self._may_commit):
            if not permission.done():
                permission.set_exception(Aborted())
        with suppress(Exception):
            self._put(None)

    def _load(self) -> None:
        """Load and write the second half in a transaction of its own."""
        try:
            with db.transaction(limited=False) as tx:
                tx.execute(self._create)
                self._begun.set_result(None)
                copy_rows(tx, self._copy, self._received())
                self._may_write.result()
                limit_waits(tx)
                self._written.set_result(self._write(tx))
                self._may_commit.result()
        except BaseException as failure:
            self._fail(failure)
            raise

    def _fail(self, failure: BaseException) -> None:
        waiting: tuple[Future[Any], ...] = (self._begun, self._written)
        for awaited in waiting:
            if not awaited.done():
                awaited.set_exception(failure)

    def _received(self) -> Iterator[bytes]:
        while (rows := self._queue.get()) is not None:
            yield from rows


def limit_waits(tx: db.Transaction) -> None:
    """Limit how long a half waits for a lock."""
    tx.row("imports.get_lock_timeout", milliseconds=LOCK_TIMEOUT_MS)
