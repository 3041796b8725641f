"""The connection of one thread to Redis, which can send a command without waiting for its reply."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any

import hiredis
import redis


class RedisConnection:
    """A connection of one thread, which can send a command without waiting for its reply; the next
    command that waits reads that reply first."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        """Take the settings of a pool; the connection is opened when first used."""
        self._connection = pool.connection_class(
            **pool.connection_kwargs, redis_connect_func=on_connect
        )
        self._unread = 0

    def execute(self, command: tuple[Any, ...]) -> Any:
        """Return the reply to a command; retry it once if the server closed the connection while it
        was idle. Raises RedisError."""
        try:
            return self._execute(command)
        except redis.ConnectionError as error:
            if isinstance(error.__context__, BlockingIOError):
                raise redis.TimeoutError("no answer in time") from error
            # If the server ran a script before the connection broke, a request is counted twice.
            return self._execute(command)

    def _execute(self, command: tuple[Any, ...]) -> Any:
        self.send(command)
        try:
            while self._unread > 1:
                self._read()
            return self._read()
        except redis.exceptions.NoScriptError:
            raise
        except redis.RedisError:
            self._disconnect()
            raise

    def _read(self) -> Any:
        self._unread -= 1
        return self._connection.read_response()

    def send(self, command: tuple[Any, ...]) -> None:
        """Send a command; the next one that waits raises its error, if any. Raises RedisError."""
        try:
            self._connection.send_packed_command([hiredis.pack_command(command)])
        except redis.RedisError:
            self._disconnect()
            raise
        self._unread += 1

    def _disconnect(self) -> None:
        self._connection.disconnect()
        self._unread = 0


def on_connect(connection: redis.Connection) -> None:
    """Begin the session, and let the system limit each wait, which then ends with a
    BlockingIOError: Python would poll before each wait, and release its lock for that."""
    connection.on_connect()  # type: ignore[no-untyped-call]
    sock = connection._get_socket()
    # TLS needs Python's timeouts: without them it would wait for ever.
    seconds = connection.socket_timeout
    if sock is None or isinstance(sock, ssl.SSLSocket) or seconds is None:
        return
    microseconds = round(seconds * 1_000_000)
    timeout = struct.pack("ll", *divmod(microseconds, 1_000_000))
    for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, option, timeout)
    sock.settimeout(None)
