"""One thread's connection to Redis, over which a command may be sent unheard."""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any

import hiredis
import redis


class Line:
    """A connection of one thread, over which a command may be sent without waiting for what
    it answers; the next command that waits looks at that first."""

    def __init__(self, pool: redis.ConnectionPool) -> None:
        """A line to where the connections of a pool lead; it connects when first used."""
        self._connection = pool.connection_class(**pool.connection_kwargs, redis_connect_func=begin)
        self._unread = 0

    def ask(self, words: tuple[Any, ...]) -> Any:
        """What a command answers; asked once more where the server closed the connection
        while it lay idle. Raises RedisError."""
        try:
            return self._ask(words)
        except redis.ConnectionError as error:
            if isinstance(error.__context__, BlockingIOError):
                raise redis.TimeoutError("no answer in time") from error
            # Where the server ran a script before it broke, a request is counted twice.
            return self._ask(words)

    def _ask(self, words: tuple[Any, ...]) -> Any:
        self.send(words)
        try:
            while self._unread > 1:
                self._read()
            return self._read()
        except redis.exceptions.NoScriptError:
            raise
        except redis.RedisError:
            self._hang_up()
            raise

    def _read(self) -> Any:
        self._unread -= 1
        return self._connection.read_response()

    def send(self, words: tuple[Any, ...]) -> None:
        """Send a command, whose failure the next one that waits will raise. Raises RedisError."""
        try:
            self._connection.send_packed_command([hiredis.pack_command(words)])
        except redis.RedisError:
            self._hang_up()
            raise
        self._unread += 1

    def _hang_up(self) -> None:
        self._connection.disconnect()
        self._unread = 0


def begin(connection: redis.Connection) -> None:
    """Greet the server; from then on let the system bound each wait, which ends as a
    BlockingIOError. Python would poll before each, and give its lock away for that."""
    connection.on_connect()  # type: ignore[no-untyped-call]
    way = connection._get_socket()
    # TLS waits in Python, or for ever.
    seconds = connection.socket_timeout
    if way is None or isinstance(way, ssl.SSLSocket) or seconds is None:
        return
    microseconds = round(seconds * 1_000_000)
    bound = struct.pack("ll", *divmod(microseconds, 1_000_000))
    for wait in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        way.setsockopt(socket.SOL_SOCKET, wait, bound)
    way.settimeout(None)
