"""The connections that wait for their clients in a worker's main loop, for a limited time."""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable
from functools import partial

from kamiyo_api.server.connection import ClientConnection, WaitingFor


class ParkedConnections:
    """The waiting connections, oldest first, watched by a selector."""

    def __init__(
        self, poller: selectors.BaseSelector, wake: Callable[[ClientConnection], None]
    ) -> None:
        self._poller = poller
        self._wake = wake
        self._waiting: dict[ClientConnection, None] = {}

    def __contains__(self, conn: ClientConnection) -> bool:
        return conn in self._waiting

    def put(self, conn: ClientConnection, wait: WaitingFor, until: float) -> None:
        """Watch a connection until it can be read, or written if its answer is not sent yet.

        `until` is in seconds of the monotonic clock.
        """
        conn.wait, conn.until = wait, until
        event = selectors.EVENT_WRITE if wait is WaitingFor.CLIENT_TO_READ else selectors.EVENT_READ
        self._poller.register(conn.sock, event, partial(self._woken, conn))
        self._waiting[conn] = None

    def _woken(self, conn: ClientConnection, sock: object) -> None:
        # Another event of the same batch may have closed it.
        if conn in self._waiting:
            self._wake(conn)

    def take(self, conn: ClientConnection) -> None:
        """Stop watching a connection."""
        del self._waiting[conn]
        self._poller.unregister(conn.sock)

    def oldest(self, *, with_data: bool = False) -> ClientConnection | None:
        """Return the connection that has waited longest, of all or of those with buffered data."""
        return next((conn for conn in self._waiting if conn.buffered_bytes or not with_data), None)

    def overdue(self) -> list[ClientConnection]:
        """Return the connections whose deadline has passed."""
        now = time.monotonic()
        return [conn for conn in self._waiting if conn.until <= now]

    def shorten_waits(self, seconds: float) -> None:
        """Limit the remaining wait of connections without a request in progress."""
        until = time.monotonic() + seconds
        for conn in self._waiting:
            if conn.wait in (WaitingFor.REQUEST, WaitingFor.CLIENT_TO_CLOSE):
                conn.until = min(conn.until, until)
