"""A connection with a deadline, however slow the other side is, and with a limit of bytes."""

from __future__ import annotations

import io
import socket
import ssl
import time
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, cast

from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.schemas.fields import MAX_FILE_BYTES

# Headers and the marks between chunks.
MAX_ANSWER_BYTES = MAX_FILE_BYTES + 64 * 1024
HTTP_METHOD = "GET"


class Deadline:
    """The moment at which a fetch ends, with all its redirects."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left. Raises Unresolved if there are none."""
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise Unresolved("timeout")
        return seconds


class BoundedReader(io.RawIOBase):
    """The bytes that a connection receives until its deadline, up to a limit."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline
        self._left = MAX_ANSWER_BYTES

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._left:
            raise Unresolved("too_large")
        self._connection.settimeout(self._deadline.remaining())
        count = self._connection.recv_into(buffer, min(len(buffer), self._left))
        self._left -= count
        return count


class Readable:
    """A connection as HTTPResponse takes it, which only reads."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._reader = BoundedReader(connection, deadline)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the file that HTTPResponse reads."""
        return io.BufferedReader(self._reader)


def connect(address: str, port: int, deadline: Deadline) -> socket.socket:
    """Return a connection to an address. Raises Unresolved."""
    try:
        return socket.create_connection((address, port), deadline.remaining())
    except TimeoutError:
        raise Unresolved("timeout") from None
    except OSError:
        raise Unresolved("connection_failed") from None


def secured(
    connection: socket.socket, host: str, trusted: ssl.SSLContext, deadline: Deadline
) -> ssl.SSLSocket:
    """Return a connection over TLS to a host that proved its name. Raises Unresolved."""
    try:
        connection.settimeout(deadline.remaining())
        return trusted.wrap_socket(connection, server_hostname=host)
    except ssl.SSLCertVerificationError:
        raise Unresolved("certificate_refused") from None
    except TimeoutError:
        raise Unresolved("timeout") from None
    except (OSError, ValueError):
        raise Unresolved("connection_failed") from None


def request(connection: socket.socket, head: bytes, deadline: Deadline) -> HTTPResponse:
    """Send a request and return the answer, of which only the headers were read.

    Raises Unresolved.
    """
    try:
        connection.settimeout(deadline.remaining())
        connection.sendall(head)
        readable = cast(socket.socket, Readable(connection, deadline))
        answer = HTTPResponse(readable, method=HTTP_METHOD)
        answer.begin()
    except TimeoutError:
        raise Unresolved("timeout") from None
    except OSError:
        raise Unresolved("connection_failed") from None
    except (HTTPException, ValueError):
        raise Unresolved("not_http") from None
    return answer


def body_of(answer: HTTPResponse) -> bytes:
    """Return the body of an answer, if it is no larger than a file may be. Raises Unresolved."""
    if answer.length is not None and answer.length > MAX_FILE_BYTES:
        raise Unresolved("too_large")
    try:
        body = answer.read(MAX_FILE_BYTES + 1)
    except TimeoutError:
        raise Unresolved("timeout") from None
    except (IncompleteRead, OSError):
        raise Unresolved("connection_failed") from None
    except (HTTPException, ValueError):
        raise Unresolved("not_http") from None
    if len(body) > MAX_FILE_BYTES:
        raise Unresolved("too_large")
    if answer.length:
        raise Unresolved("connection_failed")
    return body
