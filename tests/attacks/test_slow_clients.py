"""Clients that are idle or slow, by the dozen and by the thousand: others are answered meanwhile,
by the service itself and behind nginx."""

from __future__ import annotations

import resource
import time
from contextlib import ExitStack, suppress

import psutil
import pytest

from bench.serving import serving
from tests.support.nginx import nginx
from tests.support.raw_http import ANNOUNCED, CHUNKED, LAST_LIVE, LIVE, dial, read

FILES = 6000
GOOD = 30
PATIENCE = 15


@pytest.fixture(scope="module", autouse=True)
def many_files():
    """Let this process have as many connections as it attacks with."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = before[1] if before[1] != resource.RLIM_INFINITY else FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], min(FILES, most)), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def plain(session_app):
    """A service of its own, both of whose workers are there."""
    with serving() as started:
        while len(started.workers()) < 2:
            time.sleep(0.01)
        yield started


@pytest.fixture(scope="module")
def behind_nginx(session_app):
    """A service behind nginx."""
    with serving(TRUSTED_PROXIES="1") as web, nginx(web) as front:
        yield front


@pytest.fixture(params=["plain", "behind_nginx"])
def web(request):
    """The service, plain and behind nginx."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def held():
    """Connections that stay until the test is over."""
    with ExitStack() as stack:
        yield stack.enter_context


def one_byte(web, keep):
    for _ in range(40):
        keep(dial(web)).sendall(b"G")


def half_a_head(web, keep):
    for _ in range(40):
        keep(dial(web)).sendall(LIVE[:-2])


def nothing(web, keep):
    for _ in range(300):
        keep(dial(web))


def half_a_body(web, keep):
    for _ in range(20):
        keep(dial(web)).sendall(ANNOUNCED % 500_000 + b"{")
        keep(dial(web)).sendall(CHUNKED + b"100\r\n{")


def never_read(web, keep):
    for _ in range(40):
        sock = keep(dial(web, buffer=2048))
        sock.setblocking(False)
        with suppress(BlockingIOError):
            sock.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n" * 10)


def never_close(web, keep):
    for _ in range(5):
        socks = [keep(dial(web)) for _ in range(50)]
        for sock in socks:
            sock.sendall(LAST_LIVE)
        for sock in socks:
            assert sock.recv(100).startswith(b"HTTP/1.1 200")


def keep_alive(web, keep):
    for _ in range(2100):
        sock = keep(dial(web))
        sock.sendall(LIVE)
        assert sock.recv(100).startswith(b"HTTP/1.1 200")


ATTACKS = [one_byte, half_a_head, nothing, half_a_body, never_read, never_close, keep_alive]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_others_are_answered_while_slow_clients_hold_connections(web, held, attack):
    attack(web, held)
    for _ in range(GOOD):
        with dial(web, seconds=PATIENCE) as sock:
            sock.sendall(LAST_LIVE)
            assert read(sock).status == 200


def test_request_that_never_ends_is_given_up_however_steadily_it_comes(plain, behind_nginx):
    with dial(plain) as ours, dial(behind_nginx) as theirs:
        for each in (ours, theirs):
            each.sendall(b"GET /health/live?")
        end = time.monotonic() + 60
        open_ones = {ours, theirs}
        while open_ones and time.monotonic() < end:
            time.sleep(0.5)
            open_ones = {each for each in open_ones if is_open(each)}
        assert open_ones == set()
        assert read(ours).outcome == (408, "REQUEST_TIMEOUT")


def is_open(sock):
    """Whether one byte more can be sent, and nothing came back."""
    sock.setblocking(False)
    try:
        sock.send(b"x")
        sock.recv(1, 2)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(30)
    return False


def test_unfinished_bodies_are_held_in_bounded_memory(plain, held):
    before = sum(psutil.Process(pid).memory_info().rss for pid in plain.workers())
    socks = [held(dial(plain)) for _ in range(250)]
    for sock in socks:
        with suppress(OSError):
            sock.sendall(ANNOUNCED % 1_048_576 + b"x" * 1_000_000)
    with dial(plain, seconds=PATIENCE) as sock:
        sock.sendall(LAST_LIVE)
        assert read(sock).status == 200
    after = sum(psutil.Process(pid).memory_info().rss for pid in plain.workers())
    assert after - before < 200 * 1024 * 1024
