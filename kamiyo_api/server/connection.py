"""The connection of a client: the data that has arrived, and the data that is not sent yet.

Nothing here waits for the client: it reads and sends as much as is possible at once, so that a slow
client occupies a limited amount of memory, and never a thread.
"""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from enum import Enum
from typing import Any

from gunicorn.http.body import ChunkedReader
from gunicorn.http.errors import (
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader

from kamiyo_api.server.chunked_body import (
    END_OF_HEAD,
    MAX_HEAD_BYTES,
    MAX_LINE_BYTES,
    ChunkedBody,
)

READ_BYTES = 16 * 1024
BODY_READ_BYTES = 256 * 1024
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class WaitingFor(Enum):
    """The event that a connection waits for."""

    REQUEST = "the first byte of a request"
    REST_OF_REQUEST = "the rest of a request"
    CLIENT_TO_READ = "the client to read the answer"
    CLIENT_TO_CLOSE = "the client to close the connection"
    NOTHING = "nothing, because the client requested to close it"


class BodyTooLarge(ParseException):
    """The chunked body is larger than a body may be."""


def accept_with_data(listeners: Iterable[Any]) -> None:
    """Let connections wait in the kernel until data arrives, but at most a second, if the system
    supports that: a connection that is accepted earlier has to be handled twice."""
    for listener in listeners:
        if listener.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(AttributeError):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)


def allow_files(wanted: int) -> None:
    """Raise the limit of open files to `wanted`, or as far as the system permits: each connection
    is a file. Under systemd, the limit is set in the unit."""
    with suppress(OSError, ValueError):
        allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY:
            wanted = min(wanted, most)
        if allowed != resource.RLIM_INFINITY and allowed < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def refuse_transfer_codings(request: Request) -> None:
    """Refuse a body with a transfer coding other than chunked (RFC 9112, section 6.1).

    Raises UnsupportedTransferCoding.
    """
    codings = [value.strip() for name, value in request.headers if name == "TRANSFER-ENCODING"]
    if codings and ",".join(codings).lower() != "chunked":
        raise UnsupportedTransferCoding(codings[0])


class BufferedSocket(socket.socket):
    """The socket of a client, which buffers an answer and never blocks to send it."""

    def __init__(self, accepted: socket.socket) -> None:
        kind = (accepted.family, accepted.type, accepted.proto)
        super().__init__(*kind, fileno=accepted.detach())
        self.setblocking(False)
        self._parts: list[bytes] = []
        self.unsent = b""

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Buffer a part of the answer."""
        self._parts.append(data)

    def flush(self) -> None:
        """Send as much as possible without blocking; the rest stays in `unsent`."""
        data = self.unsent + b"".join(self._parts)
        self._parts.clear()
        try:
            sent = self.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        self.unsent = data[sent:]


class ReceivedData(Unreader):
    """The data that has arrived, for gunicorn's parser, which sees the end of the stream after
    it."""

    def __init__(self, received: bytearray) -> None:
        super().__init__()
        self._received = received

    def chunk(self, size_hint: int | None = None) -> bytes:
        """Return the next piece; a small one, because the parser copies its buffer repeatedly."""
        piece = bytes(self._received[:READ_BYTES])
        del self._received[:READ_BYTES]
        return piece


class ClientConnection:
    """The state of a client's connection."""

    def __init__(
        self, cfg: Any, sock: BufferedSocket, client: Any, server: Any, max_body: int
    ) -> None:
        self.sock = sock
        self.client = client
        self.server = server
        self.received = bytearray()
        self.has_ended = False
        self.request: Request | None = None
        self.began = 0.0
        self.wait = self.wait_after_send = WaitingFor.REQUEST
        self.until = 0.0
        self.send_until = 0.0
        self.discard_bytes = 0
        self.buffered_bytes = 0
        self._max_body = max_body
        self._searched = 0
        self._chunks: ChunkedBody | None = None
        self.parser = RequestParser(cfg, (), client)
        self.parser.unreader = ReceivedData(self.received)

    def receive(self) -> None:
        """Read a piece of the data that has arrived."""
        try:
            data = self.sock.recv(READ_BYTES if self.request is None else BODY_READ_BYTES)
        except BlockingIOError:
            return
        if not self.received and self.request is None:
            self.began = time.monotonic()
        self.received += data
        self.has_ended = not data

    def has_request(self) -> bool:
        """Return whether there is a request to answer: one that is whole, or can never be whole.

        Raises ParseException for a request to refuse, StopIteration if the client has disconnected.
        """
        while self.is_ready():
            if self.request is not None:
                self.request._expected_100_continue = False
                return True
            self._parse()
        return False

    def is_ready(self) -> bool:
        """Return whether the head or, after it, the body needs no more data from the client."""
        if self.has_ended:
            return True
        if self.request is None:
            return self._has_head()
        if self._chunks is not None:
            return self._chunks.is_complete(self.received)
        length: int = self.request.body.reader.length
        return length <= len(self.received) or length > self._max_body

    def _has_head(self) -> bool:
        end = self.received.find(END_OF_HEAD, self._searched)
        if end >= 0:
            return True
        self._searched = max(0, len(self.received) - len(END_OF_HEAD) + 1)
        is_long = self._line_is_long() or len(self.received) > MAX_HEAD_BYTES
        # The parser never finds the end of a line without CR, and refuses the request.
        return is_long or self.received.count(b"\n") != self.received.count(b"\r\n")

    def _line_is_long(self) -> bool:
        end = self.received.find(b"\r\n", 2, MAX_LINE_BYTES + 4)
        return end < 0 and len(self.received) > MAX_LINE_BYTES + 4

    def _parse(self) -> None:
        """Parse the head of a request. Raises ParseException, or StopIteration at the end."""
        if self._line_is_long():
            raise LimitRequestLine(len(self.received), MAX_LINE_BYTES)
        end = self.received.find(END_OF_HEAD)
        if end > MAX_HEAD_BYTES or (end < 0 and len(self.received) > MAX_HEAD_BYTES):
            raise LimitRequestHeaders("the head is too large")
        try:
            request = next(self.parser)
        except NoMoreData:
            raise StopIteration from None
        refuse_transfer_codings(request)
        self._restore_unparsed()
        self._searched = 0
        is_chunked = isinstance(request.body.reader, ChunkedReader)
        self._chunks = ChunkedBody(self._max_body) if is_chunked else None
        self.request = request

    def _restore_unparsed(self) -> None:
        """Take back the data that the parser has read ahead."""
        self.received[:0] = self.parser.unreader.take_buffered()

    def finish_body(self) -> bool:
        """Skip the rest of the body that the application did not read, and return whether another
        request may follow. None may follow a broken body, whose request is answered already."""
        try:
            is_finished: bool = self.parser.finish_body()
        except (ParseException, OSError):
            return False
        self._restore_unparsed()
        return is_finished

    def can_close_at_once(self, request: Request) -> bool:
        """Return whether the client requested to close the connection after this answer and sent
        nothing else. To close it at once while there is data to read would reset it."""
        return not (request.must_close or self.received) and request.should_close()

    def ask_for_body(self) -> None:
        """Send 100 Continue to a client that waits for it (RFC 9110, section 10.1.1)."""
        if self.request is not None and self.request._expected_100_continue:
            self.request._expected_100_continue = False
            self.sock.sendall(CONTINUE)
            self.sock.flush()

    def take_request(self) -> Request:
        """Return the request, and wait for the next. After a request with an incomplete body, the
        connection is closed. Raises BodyTooLarge.
        """
        request, self.request = self.request, None
        self.began = time.monotonic()
        assert request is not None
        if self._chunks is None:
            is_whole = request.body.reader.length <= len(self.received)
        elif self._chunks.is_too_large:
            raise BodyTooLarge
        else:
            is_whole = self._chunks.is_whole
        if not is_whole:
            request.force_close()
        return request

    def update_buffered_bytes(self) -> int:
        """Update the number of bytes in memory, and return by how much it has grown."""
        before, self.buffered_bytes = (
            self.buffered_bytes,
            len(self.received) + len(self.sock.unsent),
        )
        return self.buffered_bytes - before
