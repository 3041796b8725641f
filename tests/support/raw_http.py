"""Clients that send bytes as they are, and read answers as they come."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import Any

from bench.serving import Server

REGISTER = "/api/v1/agents/register"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
LAST_LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
BODY = f"POST {REGISTER} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n".encode()
ANNOUNCED = BODY + b"Content-Length: %d\r\n\r\n"
CHUNKED = BODY + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What came back on a connection."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def problem(self) -> dict[str, Any]:
        """The error, which has the shape of every error."""
        problem: dict[str, Any] = json.loads(self.body)
        assert self.headers["content-type"] == "application/problem+json"
        assert self.headers["x-request-id"] == problem["request_id"]
        assert problem["status"] == self.status
        assert problem["type"] == f"/docs/errors#{problem['code']}"
        assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}
        return problem

    @property
    def outcome(self) -> tuple[int, str]:
        """The status and the code of an error."""
        return self.status, self.problem["code"]


def dial(web: Server, *, seconds: float = 30, buffer: int | None = None) -> socket.socket:
    """Connect to a service; with a small buffer, what is not read soon stops the sender."""
    host, port = web.url.removeprefix("http://").split(":")
    sock = socket.socket()
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.settimeout(seconds)
    sock.connect((host, int(port)))
    return sock


def read(sock: socket.socket) -> Answer:
    """The next answer on a connection."""
    response = HTTPResponse(sock)
    response.begin()
    headers = {name.lower(): text for name, text in response.getheaders()}
    return Answer(response.status, headers, response.read())


def ask(web: Server, data: bytes, *, seconds: float = 30) -> Answer:
    """Send bytes over a connection of their own, and read the answer when all are sent."""
    with dial(web, seconds=seconds) as sock:
        sock.sendall(data)
        return read(sock)
