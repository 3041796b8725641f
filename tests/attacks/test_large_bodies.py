"""Bodies that are larger than any may be: the client reads 413, and never finds its connection
broken instead; one that sends for ever is cut off."""

from __future__ import annotations

import threading
import time

import pytest

from bench.serving import serving
from tests.support.nginx import nginx
from tests.support.raw_http import ANNOUNCED, CHUNKED, ask, dial

SIZE = 8 * 1024 * 1024
TIMES = 50
PIECE = 64 * 1024
BODY = b"x" * SIZE
IN_CHUNKS = CHUNKED + b"".join(b"%x\r\n%s\r\n" % (PIECE, BODY[:PIECE]) for _ in range(128))
AT_MOST = 64 * 1024 * 1024


@pytest.fixture(scope="module")
def behind_nginx(session_app):
    """The service behind nginx."""
    with serving(TRUSTED_PROXIES="1") as web, nginx(web) as front:
        yield front


@pytest.fixture(params=["gunicorn", "behind_nginx"])
def web(request):
    """The service, plain and behind nginx."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("how", ["announced", "in chunks"])
def test_client_that_sends_too_much_always_reads_why_it_is_refused(web, admin, how):
    key = f"Authorization: {admin['Authorization']}\r\n\r\n".encode()
    head, body = (ANNOUNCED % SIZE, BODY) if how == "announced" else IN_CHUNKS.split(b"\r\n\r\n", 1)
    data = head.rstrip() + b"\r\n" + key + body + b"0\r\n\r\n" * (how != "announced")
    outcomes = {ask(web, data).outcome for _ in range(TIMES)}
    assert outcomes == {(413, "BODY_TOO_LARGE")}


def sent_until_cut_off(web, head, piece, pause):
    """How many bytes a client gets rid of that reads nothing and never ends."""
    sent = 0
    with dial(web, seconds=60) as sock:
        sock.sendall(head)
        try:
            while sent < 20 * AT_MOST:
                sock.sendall(piece)
                sent += len(piece)
                time.sleep(pause)
        except OSError:
            return sent
    return sent


def test_client_that_sends_for_ever_is_cut_off(gunicorn):
    endless = ANNOUNCED % 10**12
    found = {}

    def send(name, head, piece, pause):
        found[name] = sent_until_cut_off(gunicorn, head, piece, pause)

    ways = [
        ("fast", endless, BODY[:PIECE], 0),
        ("fast chunks", CHUNKED, b"%x\r\n%s\r\n" % (PIECE, BODY[:PIECE]), 0),
        ("slow", endless, b"x", 0.1),
    ]
    clients = [threading.Thread(target=send, args=way) for way in ways]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert max(found.values()) < AT_MOST
    assert found["slow"] < 600
