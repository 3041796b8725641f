"""Files are fetched over HTTPS from public addresses only, and from no host that misbehaves."""

from __future__ import annotations

import gzip
import socket
import threading
from ipaddress import ip_address

import pytest

from kamiyo_api.indexer.files.addresses import is_public, look_up
from kamiyo_api.indexer.files.decoding import unpacked
from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.fetching import Fetcher
from kamiyo_api.schemas.fields import MAX_FILE_BYTES
from tests.support import hosts
from tests.support.hosts import ADDRESS, NAME, answering, redirecting

BODY = b'{"name": "Tides"}'
REFUSED = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::7f00:1",
    "::ffff:0:7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:4860::5efe:7f00:1",
    "2001:db8::1",
]
PUBLIC = ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return hosts.Authority(tmp_path_factory.mktemp("authority"), NAME, "other.example")


@pytest.fixture
def server(authority):
    with hosts.host(authority.serving()) as started:
        yield started


@pytest.fixture
def fetcher(authority):
    return Fetcher(hosts.is_allowed, hosts.look_up_here, authority.trusted())


def reason(fetch, *arguments):
    """Why a fetch is refused."""
    with pytest.raises(Unresolved) as refused:
        fetch(*arguments)
    return refused.value.reason


@pytest.mark.parametrize("address", REFUSED)
def test_address_that_is_not_public_is_refused(address):
    assert not is_public(ip_address(address))
    written = f"[{address}]" if ":" in address else address
    assert reason(Fetcher().fetch, f"https://{written}/") == "address_refused"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_address_is_allowed(address):
    assert is_public(ip_address(address))


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1"])
def test_other_ways_to_write_this_machine_are_refused(host):
    assert reason(Fetcher().fetch, f"https://{host}/") == "address_refused"


def test_file_is_fetched_with_the_name_of_its_host(server, fetcher):
    server.behaviours["/a%20b/%C3%BC?x=1"] = answering(BODY)
    assert fetcher.fetch(server.url("/a b/ü?x=1")) == BODY
    lines = server.heads[0].splitlines()
    assert lines[:2] == ["GET /a%20b/%C3%BC?x=1 HTTP/1.1", f"Host: {NAME}:{server.port}"]


def test_chunked_file_is_fetched(server, fetcher):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    server.behaviours["/"] = lambda connection: connection.sendall(head + chunks)
    assert fetcher.fetch(server.url("/")) == BODY


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
def test_three_redirects_are_followed_and_no_more(server, fetcher, status):
    for number in range(4):
        server.behaviours[f"/{number}"] = redirecting(f"/{number + 1}", status)
    server.behaviours["/4"] = answering(BODY)
    assert fetcher.fetch(server.url("/1")) == BODY
    assert reason(fetcher.fetch, server.url("/0")) == "too_many_redirects"
    assert server.paths() == ["/1", "/2", "/3", "/4", "/0", "/1", "/2", "/3"]


@pytest.mark.parametrize("address", REFUSED)
def test_redirect_to_an_address_that_is_not_public_is_refused(server, fetcher, address):
    written = f"[{address}]" if ":" in address else address
    server.behaviours["/"] = redirecting(f"https://{written}:{server.port}/")
    assert reason(fetcher.fetch, server.url("/")) == "address_refused"
    assert server.paths() == ["/"]


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://files.example/", "http_refused"),
        ("//localhost/", "address_refused"),
        ("file:///etc/passwd", "scheme_not_supported"),
        ("data:application/json,{}", "scheme_not_supported"),
        ("https://user:secret@files.example/", "invalid_uri"),
        ("https://[::1/", "invalid_uri"),
        ("https://files.example:99999/", "invalid_uri"),
    ],
)
def test_redirect_to_anything_else_is_refused(server, fetcher, location, expected):
    server.behaviours["/"] = redirecting(location)
    assert reason(fetcher.fetch, server.url("/")) == expected


def test_name_that_changes_its_address_leads_to_the_one_that_was_checked(authority, server):
    lookups = []

    def look_up_once(host, seconds):
        lookups.append(host)
        return [ip_address(ADDRESS if len(lookups) == 1 else "127.0.0.1")]

    with hosts.host(authority.serving(), "127.0.0.1") as inner:
        server.behaviours["/"] = answering(BODY)
        server.behaviours["/moved"] = redirecting(inner.url("/"))
        fetcher = Fetcher(hosts.is_allowed, look_up_once, authority.trusted())
        assert fetcher.fetch(server.url("/")) == BODY
        assert lookups == [NAME]
        lookups.clear()
        assert reason(fetcher.fetch, server.url("/moved")) == "address_refused"
        assert lookups == [NAME, NAME]
        assert inner.heads == []


def test_of_several_addresses_only_public_ones_are_used(authority, server):
    with hosts.host(authority.serving(), "127.0.0.1") as inner:
        addresses = [ip_address("127.0.0.1"), ip_address(ADDRESS)]
        fetcher = Fetcher(hosts.is_allowed, lambda *_: addresses, authority.trusted())
        server.behaviours["/"] = answering(BODY)
        assert fetcher.fetch(server.url("/")) == BODY
        assert inner.heads == []


def test_certificate_of_another_name_or_authority_is_refused(authority, server):
    def here(*_):
        return [ip_address(ADDRESS)]

    stranger = Fetcher(hosts.is_allowed, here, authority.trusted())
    assert reason(stranger.fetch, server.url("/", "wrong.example")) == "certificate_refused"
    distrustful = Fetcher(hosts.is_allowed, here)
    assert reason(distrustful.fetch, server.url("/")) == "certificate_refused"
    assert server.heads == []


def test_proxies_of_the_environment_are_not_used(server, fetcher, monkeypatch):
    with hosts.host(None) as proxy:
        for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://{ADDRESS}:{proxy.port}")
        server.behaviours["/"] = answering(BODY)
        assert fetcher.fetch(server.url("/")) == BODY
        assert proxy.heads == []


def endless(connection):
    """Send a body without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"{" * 10_000)


def endless_headers(connection):
    """Send headers without an end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X: " + b"x" * 10_000 + b"\r\n")


def endless_continues(connection):
    """Say without an end that an answer will come."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def endless_chunks(connection):
    """Send chunks without an end, each with an extension."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        connection.sendall(b"1;" + b"x" * 1000 + b"\r\n{\r\n")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (endless, "too_large"),
        (endless_headers, "too_large"),
        (endless_continues, "too_large"),
        (endless_chunks, "too_large"),
        (answering(b"{", length=MAX_FILE_BYTES + 1), "too_large"),
        (answering(b" " * (MAX_FILE_BYTES + 1)), "too_large"),
        (answering(b"{", length=100), "connection_failed"),
        (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH\r\n"), "not_http"),
        (lambda connection: connection.sendall(b"HTTP/1.1 2"), "not_http"),
        (lambda connection: None, "connection_failed"),
        (answering(status="404 Not Found"), "not_found"),
        (answering(status="410 Gone"), "not_found"),
        (answering(status="403 Forbidden"), "refused_by_host"),
        (answering(status="429 Too Many"), "refused_by_host"),
        (answering(status="500 Error"), "host_error"),
        (answering(status="204 Empty"), "host_error"),
        (answering(status="302 Found"), "host_error"),
    ],
)
def test_host_that_misbehaves_is_a_reason(server, fetcher, behaviour, expected):
    server.behaviours["/"] = behaviour
    assert reason(fetcher.fetch, server.url("/")) == expected


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_host_that_sends_slowly_meets_the_deadline(authority, server, beginning):
    gone = threading.Event()

    def drip(connection):
        connection.sendall(beginning)
        while not gone.wait(0.02):
            connection.sendall(b"x")

    server.behaviours["/"] = drip
    fetcher = Fetcher(hosts.is_allowed, hosts.look_up_here, authority.trusted(), seconds=0.5)
    assert reason(fetcher.fetch, server.url("/")) == "timeout"
    gone.set()


def test_redirects_share_one_deadline(authority, server):
    def late(connection):
        threading.Event().wait(0.3)
        redirecting("/")(connection)

    server.behaviours["/"] = late
    fetcher = Fetcher(hosts.is_allowed, hosts.look_up_here, authority.trusted(), seconds=0.5)
    assert reason(fetcher.fetch, server.url("/")) == "timeout"
    assert len(server.heads) < 3


def test_host_without_tls_or_at_no_port_is_a_reason(fetcher):
    with hosts.host(None) as plain:
        assert reason(fetcher.fetch, plain.url("/")) == "connection_failed"
    assert reason(fetcher.fetch, plain.url("/")) == "connection_failed"


def test_silent_host_meets_the_deadline(authority):
    with socket.create_server((ADDRESS, 0)) as silent:
        url = f"https://{NAME}:{silent.getsockname()[1]}/"
        fetcher = Fetcher(hosts.is_allowed, hosts.look_up_here, authority.trusted(), seconds=0.3)
        assert reason(fetcher.fetch, url) == "timeout"


def test_host_without_address_is_a_reason():
    assert reason(Fetcher().fetch, "https://no-such-host.invalid/") == "host_not_found"


def test_lookup_that_takes_too_long_is_given_up():
    found = threading.Event()
    assert reason(look_up, "slow.example", 0.05, lambda host: found.wait() and None) == "timeout"
    found.set()


def test_gzip_bomb_is_refused_before_it_unfolds():
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < MAX_FILE_BYTES
    assert reason(unpacked, bomb) == "too_large"
    assert unpacked(gzip.compress(BODY)) == BODY


def test_gateway_may_be_on_this_machine_but_not_what_it_redirects_to(fetcher):
    with hosts.host(None, "127.0.0.1") as gateway, hosts.host(None, "127.0.0.3") as inner:
        gateway.behaviours = {"/a": answering(BODY), "/b": redirecting(inner.url("/", "127.0.0.3"))}
        gateway.behaviours["/c"] = redirecting(f"http://{NAME}/")
        url = f"http://127.0.0.1:{gateway.port}"
        assert fetcher.fetch_from_gateway(f"{url}/a") == BODY
        assert reason(fetcher.fetch_from_gateway, f"{url}/b") == "address_refused"
        assert reason(fetcher.fetch_from_gateway, f"{url}/c") == "http_refused"
        assert inner.heads == []
