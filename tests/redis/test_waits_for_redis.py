"""Waits for Redis: bounded, ended after one try where it hangs, begun anew where it hung up."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from contextlib import contextmanager
from queue import Queue

import pytest
import redis

from kamiyo_api.dev.databases import embedded_valkey
from kamiyo_api.redis.client import RedisClient, RedisUnavailable, Script
from tests.support.concurrency import wait_until
from tests.support.programs import needed
from tests.support.servers import Restartable

pytestmark = pytest.mark.slow

COUNT = Script("return redis.call('incr', KEYS[1])")
GIVE = Script("return ARGV[1]")
LARGE = "x" * 20_000_000
TIMEOUT = 0.5


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    folder = tmp_path_factory.mktemp("line")
    valkey = Restartable(lambda: embedded_valkey(folder), folder / "valkey/valkey.pid")
    yield redis.Redis.from_url(valkey.start()), valkey
    valkey.close()


@pytest.fixture
def asked(own):
    server, _ = own
    made = RedisClient(address_of(server), TIMEOUT)
    made.run(COUNT, ["count"], [])
    server.delete("count")
    return made


def address_of(server):
    return f"redis://127.0.0.1:{server.connection_pool.connection_kwargs['port']}/0"


def test_server_that_hangs_is_asked_once(own, asked):
    server, valkey = own
    with valkey.frozen(), pytest.raises(RedisUnavailable) as away:
        asked.run(COUNT, ["count"], [])
    # To begin a line anew would have waited once more, and failed otherwise.
    assert str(away.value.__cause__) == "no answer in time"
    wait_until(lambda: not asked.is_unavailable)
    assert server.get("count") == b"1"


def test_server_that_takes_nothing_more_is_left(own, asked):
    _, valkey = own
    with valkey.frozen(), pytest.raises(RedisUnavailable) as away:
        asked.run_without_reply(GIVE, [], [LARGE])
    assert "writing" in str(away.value.__cause__)
    wait_until(lambda: not asked.is_unavailable)


def test_large_answer_comes_whole(asked):
    asked.run(GIVE, [], ["short"])
    assert asked.run(GIVE, [], [LARGE]) == LARGE.encode()


def test_line_that_was_closed_while_idle_begins_anew(own, asked):
    server, _ = own
    server.client_kill_filter(_type="normal", skipme=True)
    assert asked.run(COUNT, ["count"], []) == 1
    assert not asked.is_unavailable


def test_server_behind_tls_that_hangs_is_left(own, tmp_path):
    server, valkey = own
    with behind_tls(server, tmp_path) as address:
        asked = RedisClient(f"{address}?ssl_cert_reqs=none&ssl_check_hostname=false", TIMEOUT)
        assert asked.run(GIVE, [], [LARGE]) == LARGE.encode()
        with valkey.frozen(), pytest.raises(RedisUnavailable) as away:
            asked.run(GIVE, [], ["never"])
        assert isinstance(away.value.__cause__, redis.TimeoutError)
        wait_until(lambda: not asked.is_unavailable)


@contextmanager
def behind_tls(server, folder):
    """The address where TLS leads to a server."""
    behind = server.connection_pool.connection_kwargs["port"]
    begun: Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()

    async def forward(reader, writer):
        onward = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(pump(reader, onward[1]), pump(onward[0], writer))

    async def serve(context):
        ended = asyncio.Event()
        listening = await asyncio.start_server(forward, "127.0.0.1", 0, ssl=context)
        begun.put((listening.sockets[0].getsockname()[1], asyncio.get_running_loop(), ended))
        await ended.wait()
        listening.close()

    coroutine = serve(certified(folder))
    thread = threading.Thread(target=asyncio.run, args=[coroutine], daemon=True)
    thread.start()
    port, loop, ended = begun.get(timeout=5)
    try:
        yield f"rediss://127.0.0.1:{port}/0"
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


async def pump(reader, writer):
    try:
        while sent := await reader.read(100_000):
            writer.write(sent)
            await writer.drain()
    finally:
        writer.transport.abort()


def certified(folder):
    """A TLS context with a certificate that only this test trusts."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = "req -x509 -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -keyout {} -out {}"
    command = [needed("openssl"), *make.format(key, certificate).split()]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
