"""The connections of one process to PostgreSQL."""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import event, pool
from sqlalchemy.exc import DisconnectionError, InvalidRequestError

from kamiyo_api.config import Config
from kamiyo_api.db.reach import Reach
from kamiyo_api.db.watch import OPENING_SECONDS, NoAnswer, Wait, Watch
from kamiyo_api.db.writes import Writes
from kamiyo_api.observability import metrics

RECYCLE_SECONDS = 1800
# What a server may take beyond the statement timeout, which it keeps to itself.
PATIENCE_SECONDS = 1.0
# The driver gives up sooner, but not where a name is looked up.
LONGEST_OPENING_SECONDS = 5.0


class Pool:
    """The connections of one process: at most pool size + overflow, opened when first needed.

    After a failure to connect it refuses without trying until a connection could be opened
    aside, so that threads do not queue up behind a database that is away.
    """

    def __init__(
        self,
        config: Config,
        opening: Callable[[], Any],
        failure: type[Exception],
        looking: Callable[[], Any] | None = None,
    ) -> None:
        """`opening` makes a connection, or raises `failure`; `looking` makes one to see whether
        the server answers."""
        self._most = config.database_pool_size + config.database_max_overflow
        self._opening, self._failure = opening, failure
        self.statement_timeout = config.database_statement_timeout
        self.reach = Reach(looking or opening, failure)
        self.watch = Watch(self.reach, config.web_threads)
        self.writes = Writes()
        self._pool = pool.QueuePool(
            self._open,
            pool_size=config.database_pool_size,
            max_overflow=config.database_max_overflow,
            timeout=config.database_pool_timeout,
            recycle=RECYCLE_SECONDS,
            reset_on_return=None,
        )
        event.listen(self._pool, "checkout", _refuse_dead)
        for change in ("checkout", "invalidate"):
            event.listen(self._pool, change, self.show)

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """A connection, given back when the block ends. Raises PoolTimeout and `failure`."""
        began = time.perf_counter()
        try:
            connection = self._pool.connect()
        except InvalidRequestError as error:
            raise self._failure("each new connection was closed at once") from error
        finally:
            metrics.pool_wait.observe(time.perf_counter() - began)
        try:
            with connection:
                yield connection
        finally:
            self.show()

    @property
    def patience(self) -> float:
        """For how many seconds the server may leave a statement of a request unanswered."""
        return self.statement_timeout / 1000 + PATIENCE_SECONDS

    def when_opened(self, call: Callable[[], None]) -> None:
        """Have a call made whenever a connection was opened."""
        event.listen(self._pool, "connect", lambda *_: call())

    def usage(self) -> tuple[int, int]:
        """How many connections are in use, and how many there may be."""
        return self._pool.checkedout(), self._most

    def is_exhausted(self) -> bool:
        """Whether every connection that there may be is in use."""
        used, most = self.usage()
        return used >= most

    def show(self, *_: Any) -> None:
        """Tell the metrics how many connections there are."""
        metrics.pool_in_use.set(self._pool.checkedout())
        metrics.pool_idle.set(self._pool.checkedin())

    def _open(self) -> Any:
        metrics.pool_limit.set(self._most)
        reason = self.reach.reason
        if reason is not None:
            raise self._failure(reason)
        try:
            return self._opened_aside()
        except self._failure as error:
            self.reach.note_away(str(error))
            raise

    def _opened_aside(self) -> Any:
        """A new connection, which another thread opens: nothing ends a call that does."""
        opened: Future[Any] = Future()
        threading.Thread(target=_open_into, args=(opened, self._opening), daemon=True).start()

        def give_up() -> None:
            with suppress(InvalidStateError):
                opened.set_exception(NoAnswer("given up", is_sent=False))

        with Wait(self.watch, give_up, LONGEST_OPENING_SECONDS, grace=OPENING_SECONDS):
            return opened.result()


def _open_into(opened: Future[Any], opening: Callable[[], Any]) -> None:
    """Open a connection for whoever waits for it, if somebody still does."""
    try:
        connection = opening()
    except BaseException as error:
        with suppress(InvalidStateError):
            opened.set_exception(error)
        return
    try:
        opened.set_result(connection)
    except InvalidStateError:
        connection.close()


def _refuse_dead(connection: Any, record: Any, proxy: Any) -> None:
    """Replace a connection that the server closed while it lay idle.

    An idle connection has nothing to read, so one that is readable says goodbye; this
    sees it without a round trip.
    """
    if connection.closed or is_readable(connection):
        raise DisconnectionError


def is_readable(connection: Any) -> bool:
    """Whether something can be read; by poll(), as select() knows no descriptor from 1024 on."""
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    return bool(poller.poll(0))
