"""The connections that wait for their clients in a worker's main loop, for a bounded time."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from functools import partial

from kamiyo_api.server.connection import Connection, Wait


class Parked:
    """Connections in the order in which they came to wait, watched by a selector."""

    def __init__(self, poller: selectors.BaseSelector, wake: Callable[[Connection], None]) -> None:
        self._poller = poller
        self._wake = wake
        self._waiting: dict[Connection, None] = {}

    def __contains__(self, conn: Connection) -> bool:
        return conn in self._waiting

    def put(self, conn: Connection, wait: Wait, until: float) -> None:
        """Watch a connection until it can be read, or written where its answer is not taken."""
        conn.wait, conn.until = wait, until
        event = selectors.EVENT_WRITE if wait is Wait.TAKEN else selectors.EVENT_READ
        self._poller.register(conn.sock, event, partial(self._woken, conn))
        self._waiting[conn] = None

    def _woken(self, conn: Connection, sock: object) -> None:
        # Another event of the same batch may have ended it.
        if conn in self._waiting:
            self._wake(conn)

    def take(self, conn: Connection) -> None:
        """Watch a connection no more."""
        del self._waiting[conn]
        self._poller.unregister(conn.sock)

    def oldest(self, *, heavy: bool = False) -> Connection | None:
        """The connection that has waited longest; of those that hold bytes, where that matters."""
        return next((conn for conn in self._waiting if conn.weight or not heavy), None)

    def overdue(self) -> list[Connection]:
        """Those whose time is over."""
        now = time.monotonic()
        return [conn for conn in self._waiting if conn.until <= now]

    def hurry(self, seconds: float) -> None:
        """Leave those that have no request under way only so long."""
        until = time.monotonic() + seconds
        for conn in self._waiting:
            if conn.wait in (Wait.REQUEST, Wait.CLOSED):
                conn.until = min(conn.until, until)
