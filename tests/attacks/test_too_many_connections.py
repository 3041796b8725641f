"""A worker that has as many connections as it may have: it closes idle ones, and goes on."""

from __future__ import annotations

import socket
from contextlib import ExitStack, suppress

import pytest

from bench.serving import serving
from tests.support.raw_http import CHUNKED, LIVE, dial, read

MOST = 20


@pytest.fixture
def crowded(session_app):
    """A service of one worker that may have few connections."""
    with serving(WEB_CONCURRENCY="1", GUNICORN_CMD_ARGS=f"--worker-connections {MOST}") as web:
        yield web


def idle(web, opened):
    """A connection that was answered once."""
    sock = opened.enter_context(dial(web))
    sock.sendall(LIVE)
    assert read(sock).status == 200
    return sock


def test_worker_survives_connections_that_it_closes_as_they_speak(crowded):
    """An event of a connection may stand behind that of a new one, for which it was closed."""
    with ExitStack() as opened:
        waiting = [idle(crowded, opened) for _ in range(MOST)]
        workers = crowded.workers()
        for _ in range(60):
            speaking, waiting = waiting[:3], waiting[3:]
            new = [opened.enter_context(dial(crowded)) for _ in speaking]
            for sock in [*speaking, *new]:
                with suppress(OSError):
                    sock.sendall(b"G")
            waiting += new
        assert crowded.request("GET", "/health/live").status_code == 200
    assert crowded.workers() == workers


@pytest.mark.parametrize(
    "body",
    [b"0\r\nHost: x\r\n\r\n", b"5;a\x01\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n"],
    ids=["trailer", "extension", "sign"],
)
def test_request_in_broken_chunks_gets_one_answer(server, body):
    with dial(server) as sock:
        sock.sendall(CHUNKED + body)
        assert read(sock).status in (400, 401)
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1000) == b""


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"deflate,chunked"])
def test_only_chunks_are_taken(server, coding):
    with dial(server) as sock:
        sock.sendall(CHUNKED.replace(b"chunked", coding) + b"2\r\n{}\r\n0\r\n\r\n")
        assert read(sock).status in (400, 501)
