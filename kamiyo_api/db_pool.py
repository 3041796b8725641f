"""The connections of one process to PostgreSQL."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, pool
from sqlalchemy.exc import DisconnectionError, InvalidRequestError

from kamiyo_api import metrics
from kamiyo_api.config import Config

FAIL_FAST_SECONDS = 0.5
RECYCLE_SECONDS = 1800


class Pool:
    """The connections of one process: at most pool size + overflow, opened when first needed.

    After a failure to connect it refuses for half a second without trying, so that threads
    do not queue up behind a database that is away.
    """

    def __init__(
        self, config: Config, opening: Callable[[], Any], failure: type[Exception]
    ) -> None:
        """`opening` makes a connection, or raises `failure`."""
        self._most = config.database_pool_size + config.database_max_overflow
        self._opening, self._failure = opening, failure
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
        if time.monotonic() < self._refuse_until:
            raise self._failure("the last attempt to connect failed just now")
        try:
            return self._opening()
        except self._failure:
            self._refuse_until = time.monotonic() + FAIL_FAST_SECONDS
            raise


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
