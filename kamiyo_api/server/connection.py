"""One connection of a client: what has arrived on it, and what is not sent yet.

Nothing here waits for the client: it reads what is there and sends what is taken, so that a
client costs memory, which is bounded, and never a thread.
"""

from __future__ import annotations

import re
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

LONGEST_LINE = 8190
LONGEST_HEAD = 32 * 1024
MOST_CHUNKS = 16_384
LONGEST_FRAMES = 256 * 1024
PIECE = 16 * 1024
PIECE_OF_BODY = 256 * 1024
END_OF_HEAD = b"\r\n\r\n"
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Wait(Enum):
    """What a connection waits for."""

    REQUEST = "the first byte of a request"
    REST = "the rest of a request"
    TAKEN = "that the client takes the answer"
    CLOSED = "that the client closes it"
    NOTHING = "nothing: the client asked for its end"


class BodyTooLarge(ParseException):
    """The chunks of a body hold more than a body may have."""


def accept_with_data(listeners: Iterable[Any]) -> None:
    """Let connections wait in the kernel, where that can be, until something arrives on them, but
    no longer than a second: one that is accepted before has to be looked at twice."""
    for listener in listeners:
        if listener.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(AttributeError):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)


def allow_files(wanted: int) -> None:
    """Let this process have so many files, as far as the system permits it: each connection is
    one. systemd permits no change: its unit sets the limit."""
    with suppress(OSError, ValueError):
        allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        if most != resource.RLIM_INFINITY:
            wanted = min(wanted, most)
        if allowed != resource.RLIM_INFINITY and allowed < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


def refuse_codings(request: Request) -> None:
    """Refuse a body in another coding than chunks, which nobody here would decode.

    Raises UnsupportedTransferCoding.
    """
    codings = [value.strip() for name, value in request.headers if name == "TRANSFER-ENCODING"]
    if codings and ",".join(codings).lower() != "chunked":
        raise UnsupportedTransferCoding(codings[0])


class Outbox(socket.socket):
    """The socket of a client, which collects an answer and never waits to send it."""

    def __init__(self, accepted: socket.socket) -> None:
        kind = (accepted.family, accepted.type, accepted.proto)
        super().__init__(*kind, fileno=accepted.detach())
        self.setblocking(False)
        self._parts: list[bytes] = []
        self.unsent = b""

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Collect a part of the answer."""
        self._parts.append(data)

    def flush(self) -> None:
        """Send as much as the client takes now; the rest stays in `unsent`."""
        data = self.unsent + b"".join(self._parts)
        self._parts.clear()
        try:
            sent = self.send(data) if data else 0
        except BlockingIOError:
            sent = 0
        self.unsent = data[sent:]


class Arrived(Unreader):
    """Gives gunicorn's parser what has arrived, as if nothing came after it."""

    def __init__(self, held: bytearray) -> None:
        super().__init__()
        self._held = held

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next piece: a small one, because the parser copies what it has over and over."""
        piece = bytes(self._held[:PIECE])
        del self._held[:PIECE]
        return piece


class Chunks:
    """Finds the end of a chunked body, going through it once, however it arrives."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._length = self._count = self._at = 0
        self.is_whole = self.is_broken = False

    @property
    def is_too_large(self) -> bool:
        """Whether it holds more than a body may have, or what frames it is too much."""
        is_long = self._length > self._longest
        return is_long or self._count > MOST_CHUNKS or self._at - self._length > LONGEST_FRAMES

    def is_found(self, held: bytearray) -> bool:
        """Whether there is nothing to wait for: the body is whole, too large or broken."""
        while not (self.is_whole or self.is_broken or self.is_too_large):
            end = held.find(b"\r\n", self._at, self._at + LONGEST_LINE)
            if end < 0:
                self.is_broken = len(held) - self._at > LONGEST_LINE
                break
            if not self._follow(held, end):
                break
        return self.is_whole or self.is_broken or self.is_too_large

    def _follow(self, held: bytearray, end: int) -> bool:
        """Go past one chunk, or to the end of the trailers; False where that has to arrive."""
        digits = bytes(held[self._at : end]).split(b";")[0]
        size = int(digits, 16) if CHUNK_SIZE.fullmatch(digits) else -1
        if size < 0:
            self.is_broken = True
        elif size == 0:
            self.is_whole = held.find(END_OF_HEAD, end) >= 0
            self.is_broken = not self.is_whole and len(held) - end > LONGEST_HEAD
            return False
        else:
            self._length += size
            self._count += 1
            self._at = end + 2 + size + 2
        return self._at < len(held)


class Connection:
    """What a worker knows of a client's connection."""

    def __init__(self, cfg: Any, sock: Outbox, client: Any, server: Any, longest: int) -> None:
        self.sock = sock
        self.client = client
        self.server = server
        self.held = bytearray()
        self.has_ended = False
        self.request: Request | None = None
        self.began = 0.0
        self.wait = self.then = Wait.REQUEST
        self.until = 0.0
        self.take_until = 0.0
        self.allowance = 0
        self.weight = 0
        self._longest = longest
        self._searched = 0
        self._chunks: Chunks | None = None
        self.parser = RequestParser(cfg, (), client)
        self.parser.unreader = Arrived(self.held)

    def receive(self) -> None:
        """Take in a piece of what has arrived."""
        try:
            data = self.sock.recv(PIECE if self.request is None else PIECE_OF_BODY)
        except BlockingIOError:
            return
        if not self.held and self.request is None:
            self.began = time.monotonic()
        self.held += data
        self.has_ended = not data

    def has_request(self) -> bool:
        """Whether there is a request to answer: one that is whole, or will never be.

        Raises ParseException for one to refuse, StopIteration where the client has gone.
        """
        while self.is_ready():
            if self.request is not None:
                self.request._expected_100_continue = False
                return True
            self._parse()
        return False

    def is_ready(self) -> bool:
        """Whether the head, or after that the body, needs nothing more of the client."""
        if self.has_ended:
            return True
        if self.request is None:
            return self._has_head()
        if self._chunks is not None:
            return self._chunks.is_found(self.held)
        length: int = self.request.body.reader.length
        return length <= len(self.held) or length > self._longest

    def _has_head(self) -> bool:
        end = self.held.find(END_OF_HEAD, self._searched)
        if end >= 0:
            return True
        self._searched = max(0, len(self.held) - len(END_OF_HEAD) + 1)
        is_long = self._line_is_long() or len(self.held) > LONGEST_HEAD
        # A line that ends without CR never ends for the parser, which says so.
        return is_long or self.held.count(b"\n") != self.held.count(b"\r\n")

    def _line_is_long(self) -> bool:
        end = self.held.find(b"\r\n", 2, LONGEST_LINE + 4)
        return end < 0 and len(self.held) > LONGEST_LINE + 4

    def _parse(self) -> None:
        """Read the head of a request. Raises ParseException, or StopIteration at the end."""
        if self._line_is_long():
            raise LimitRequestLine(len(self.held), LONGEST_LINE)
        end = self.held.find(END_OF_HEAD)
        if end > LONGEST_HEAD or (end < 0 and len(self.held) > LONGEST_HEAD):
            raise LimitRequestHeaders("the head is too large")
        try:
            request = next(self.parser)
        except NoMoreData:
            raise StopIteration from None
        refuse_codings(request)
        self._take_back()
        self._searched = 0
        is_chunked = isinstance(request.body.reader, ChunkedReader)
        self._chunks = Chunks(self._longest) if is_chunked else None
        self.request = request

    def _take_back(self) -> None:
        """Hold again what the parser has read ahead."""
        self.held[:0] = self.parser.unreader.take_buffered()

    def finish(self) -> bool:
        """Pass over what the application left of a body; whether a request may follow it. None
        may behind a broken body: its request has been answered, and gets no second answer."""
        try:
            is_finished: bool = self.parser.finish_body()
        except (ParseException, OSError):
            return False
        self._take_back()
        return is_finished

    def is_over(self, request: Request) -> bool:
        """Whether the client wanted only this answer, and sent nothing else: the connection can
        be closed without waiting, which would break one on which something is still to read."""
        return not (request.must_close or self.held) and request.should_close()

    def ask_for_body(self) -> None:
        """Tell a client that waits before it sends its body to go on."""
        if self.request is not None and self.request._expected_100_continue:
            self.request._expected_100_continue = False
            self.sock.sendall(CONTINUE)
            self.sock.flush()

    def take_request(self) -> Request:
        """Hand out the request; one whose body is not whole is the last of its connection.

        Raises BodyTooLarge.
        """
        request, self.request = self.request, None
        self.began = time.monotonic()
        assert request is not None
        if self._chunks is None:
            is_whole = request.body.reader.length <= len(self.held)
        elif self._chunks.is_too_large:
            raise BodyTooLarge
        else:
            is_whole = self._chunks.is_whole
        if not is_whole:
            request.force_close()
        return request

    def weigh(self) -> int:
        """How many bytes more are in memory since this was last asked."""
        before, self.weight = self.weight, len(self.held) + len(self.sock.unsent)
        return self.weight - before
