"""The pool of connections of one process to PostgreSQL."""

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
from kamiyo_api.db.reach import Reachability
from kamiyo_api.db.watch import CONNECT_GRACE_SECONDS, BoundedWait, NoAnswer, Watch
from kamiyo_api.db.writes import WriteState
from kamiyo_api.observability import metrics

RECYCLE_SECONDS = 1800
# How long the server may take beyond the statement timeout, which it enforces itself.
TIMEOUT_MARGIN_SECONDS = 1.0
# The driver's own timeout is shorter, but does not apply to the lookup of a host name.
MAX_CONNECT_SECONDS = 5.0


class Pool:
    """The connections of one process: at most pool size + overflow, opened when first needed.

    After a failure to connect, it refuses new connections at once until a background thread could
    open one, so that threads do not wait for a database that is unavailable.
    """

    def __init__(
        self,
        config: Config,
        connect: Callable[[], Any],
        failure: type[Exception],
        probe: Callable[[], Any] | None = None,
    ) -> None:
        """Open nothing yet.

        `connect` opens a connection, or raises `failure`; `probe` opens one to check whether the
        server answers, by default as `connect` does.
        """
        self._max_connections = config.database_pool_size + config.database_max_overflow
        self._connect, self._failure = connect, failure
        self.statement_timeout = config.database_statement_timeout
        self.reach = Reachability(probe or connect, failure)
        self.watch = Watch(self.reach, config.web_threads)
        self.writes = WriteState()
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
            event.listen(self._pool, change, self.update_metrics)

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """Yield a connection, and return it to the pool when the block ends.

        Raises PoolTimeout and `failure`.
        """
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
            self.update_metrics()

    @property
    def max_wait(self) -> float:
        """Return how many seconds a request may wait for the server to answer a statement."""
        return self.statement_timeout / 1000 + TIMEOUT_MARGIN_SECONDS

    def on_connect(self, call: Callable[[], None]) -> None:
        """Call a function after each opening of a connection."""
        event.listen(self._pool, "connect", lambda *_: call())

    def usage(self) -> tuple[int, int]:
        """Return how many connections are in use, and the maximum."""
        return self._pool.checkedout(), self._max_connections

    def is_exhausted(self) -> bool:
        """Return whether all connections of the pool are in use."""
        used, maximum = self.usage()
        return used >= maximum

    def update_metrics(self, *_: Any) -> None:
        """Set the metrics of the pool."""
        metrics.pool_in_use.set(self._pool.checkedout())
        metrics.pool_idle.set(self._pool.checkedin())

    def _open(self) -> Any:
        metrics.pool_limit.set(self._max_connections)
        reason = self.reach.reason
        if reason is not None:
            raise self._failure(reason)
        try:
            return self._open_in_thread()
        except self._failure as error:
            self.reach.mark_unavailable(str(error))
            raise

    def _open_in_thread(self) -> Any:
        """Return a new connection that another thread opens, because a call that opens one
        cannot be interrupted."""
        opened: Future[Any] = Future()
        threading.Thread(target=_open_into, args=(opened, self._connect), daemon=True).start()

        def give_up() -> None:
            with suppress(InvalidStateError):
                opened.set_exception(NoAnswer("given up", is_sent=False))

        with BoundedWait(self.watch, give_up, MAX_CONNECT_SECONDS, grace=CONNECT_GRACE_SECONDS):
            return opened.result()


def _open_into(opened: Future[Any], connect: Callable[[], Any]) -> None:
    """Open a connection into a future; close it if nobody waits for it any more."""
    try:
        connection = connect()
    except BaseException as error:
        with suppress(InvalidStateError):
            opened.set_exception(error)
        return
    try:
        opened.set_result(connection)
    except InvalidStateError:
        connection.close()


def _refuse_dead(connection: Any, record: Any, proxy: Any) -> None:
    """Replace a connection that the server closed while it was idle.

    An idle connection is readable only if the server closed it; this needs no round trip.
    """
    if connection.closed or is_readable(connection):
        raise DisconnectionError


def is_readable(connection: Any) -> bool:
    """Return whether a connection can be read; by poll(), as select() fails from descriptor
    1024 on."""
    poller = select.poll()
    poller.register(connection, select.POLLIN)
    return bool(poller.poll(0))
