"""Connections over the workers: evenly, and none is lost when a worker ends or hangs."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack

import psutil
import pytest

from bench.serving import serving
from tests.support.concurrency import at_once
from tests.support.raw_http import LAST_LIVE, LIVE, dial, read

CONNECTIONS = 16
RUNS = 15


@pytest.fixture(scope="module")
def web(session_app):
    """A service of its own."""
    with serving() as started:
        while len(started.workers()) < 2:
            time.sleep(0.01)
        yield started


def connections_of(pid, port):
    """How many clients' connections a worker has."""
    found = psutil.Process(pid).net_connections(kind="tcp")
    return sum(each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port for each in found)


def spread(web):
    """How many of the connections that are there now each worker has."""
    port = int(web.url.rpartition(":")[2])
    return [connections_of(pid, port) for pid in web.workers()]


def test_connections_that_come_at_once_are_spread_over_the_workers(web):
    for _ in range(RUNS):
        with ExitStack() as stack:
            socks = at_once(CONNECTIONS, lambda _: dial(web))
            for sock in socks:
                stack.enter_context(sock)
                sock.sendall(LIVE)
                assert sock.recv(100).startswith(b"HTTP/1.1 200")
            counts = spread(web)
            assert (len(counts), sum(counts)) == (2, CONNECTIONS)
            assert min(counts) >= CONNECTIONS // 4
        while sum(spread(web)):
            time.sleep(0.01)


def test_worker_that_hangs_takes_no_new_connections_with_it(web):
    hung = web.workers()[0]
    os.kill(hung, signal.SIGSTOP)
    try:
        for _ in range(40):
            with dial(web, seconds=15) as sock:
                sock.sendall(LAST_LIVE)
                assert read(sock).status == 200
    finally:
        os.kill(hung, signal.SIGCONT)


@pytest.fixture
def asking(web):
    """Clients that ask over new connections all the time; what went wrong for them."""
    failures, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            try:
                with dial(web, seconds=15) as sock:
                    sock.sendall(LAST_LIVE)
                    failures.extend([] if read(sock).status == 200 else ["status"])
            except OSError as error:
                failures.append(repr(error))

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    yield failures
    stop.set()
    for client in clients:
        client.join()


def test_workers_that_come_and_go_lose_no_connection(web, asking):
    master = psutil.Process(web.workers()[0]).ppid()
    for name in ("SIGHUP", "SIGTTIN", "SIGTTOU", "SIGHUP"):
        os.kill(master, getattr(signal, name))
        time.sleep(1.5)
    assert asking == []


def test_workers_that_replace_others_share_connections_too(web):
    former = set(web.workers())
    os.kill(psutil.Process(web.workers()[0]).ppid(), signal.SIGHUP)
    while former & set(web.workers()) or len(web.workers()) < 2:
        time.sleep(0.05)
    socks = at_once(CONNECTIONS, lambda _: dial(web))
    try:
        for sock in socks:
            sock.sendall(LIVE)
            sock.recv(100)
        assert min(spread(web)) >= CONNECTIONS // 4
    finally:
        for sock in socks:
            sock.close()


def test_connection_that_a_client_resets_is_no_worry(web):
    for _ in range(50):
        sock = dial(web)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        sock.sendall(LIVE)
        sock.close()
    assert web.request("GET", "/health/live").status_code == 200
    assert "Traceback" not in web.log.read_text()
