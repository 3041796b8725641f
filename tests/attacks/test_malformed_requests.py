"""Requests that are no HTTP, or have more of it than anyone needs: refused at little cost, in the
one shape of errors, and without a word of theirs in the log."""

from __future__ import annotations

import re

import pytest

from bench.load import processor_seconds
from bench.serving import serving
from tests.support.nginx import nginx
from tests.support.prometheus import scrape
from tests.support.raw_http import ANNOUNCED, CHUNKED, LAST_LIVE, LIVE, ask, dial

MEGABYTES = 8 * 1024 * 1024
SECRET = b"kamiyo_do_not_log_me"
HEAD = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
LONG = b"GET /health/live?" + SECRET + b"x" * 8190 + b" HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = HEAD + b"A: %s\r\n" % SECRET * 101 + b"\r\n"
REFUSED = {
    "no request": (SECRET + b"\r\n\r\n", 400, "BAD_REQUEST"),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: " + SECRET + b"\n\n", 400, "BAD_REQUEST"),
    "version": (b"GET /" + SECRET + b" HTTP/9.9\r\n\r\n", 400, "BAD_REQUEST"),
    "header": (HEAD + SECRET + b"\r\n\r\n", 400, "BAD_REQUEST"),
    "two lengths": (HEAD + b"Content-Length: 1\r\n" * 2 + b"\r\n{}", 400, "BAD_REQUEST"),
    "expectation": (HEAD + b"Expect: " + SECRET + b"\r\n\r\n", 417, "EXPECTATION_FAILED"),
    "coding": (
        HEAD + b"Transfer-Encoding: " + SECRET + b"\r\n\r\n",
        501,
        "TRANSFER_CODING_NOT_SUPPORTED",
    ),
    "long line": (LONG, 414, "URI_TOO_LONG"),
    "many headers": (MANY, 431, "REQUEST_HEADERS_TOO_LARGE"),
    "long header": (HEAD + b"A: " + SECRET * 500 + b"\r\n\r\n", 431, "REQUEST_HEADERS_TOO_LARGE"),
    "long head": (
        HEAD + b"".join(b"A: %s\r\n" % (SECRET * 300) for _ in range(9)) + b"\r\n",
        431,
        "REQUEST_HEADERS_TOO_LARGE",
    ),
}
ENDLESS = {
    "query": b"GET /health/live?" + b"x" * MEGABYTES + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "header": HEAD + b"A: " + b"x" * MEGABYTES + b"\r\n\r\n",
    "headers": HEAD + b"A: b\r\n" * (MEGABYTES // 6) + b"\r\n",
    "extension": CHUNKED + b"1;" + b"x" * MEGABYTES + b"\r\n{\r\n0\r\n\r\n",
    "extensions": CHUNKED + (b"1;" + b"a=b;" * 1000 + b"a\r\n{\r\n") * (MEGABYTES // 4000),
    "chunks": CHUNKED + b"1\r\n \r\n" * (MEGABYTES // 6) + b"0\r\n\r\n",
    "trailers": CHUNKED + b"1\r\n{\r\n0\r\n" + b"A: b\r\n" * (MEGABYTES // 6) + b"\r\n",
}


@pytest.fixture(scope="module")
def talkative(session_app):
    """A service that logs each request."""
    with serving(LOG_LEVEL="info", LOG_FORMAT="json") as started:
        yield started


@pytest.mark.parametrize("how", REFUSED)
def test_request_that_is_none_is_refused_as_all_errors_are(talkative, how):
    data, status, code = REFUSED[how]
    before = talkative.log.stat().st_size
    answer = ask(talkative, data)
    assert answer.outcome == (status, code)
    assert answer.headers["connection"] == "close"
    said = talkative.log.read_bytes()[before:]
    (line,) = [line for line in said.splitlines() if line.startswith(b"{")]
    assert answer.problem["request_id"].encode() in line
    assert SECRET not in said
    assert len(line) < 400


def test_codes_of_what_is_refused_are_explained_and_counted(gunicorn):
    page = gunicorn.request("GET", "/docs/errors").text
    before = scrape(gunicorn)
    for data, _, code in REFUSED.values():
        ask(gunicorn, data)
        assert f'id="{code}"' in page
    counted = {"endpoint": "unread", "code": "URI_TOO_LONG"}
    name = "erc8004_request_errors_total"
    assert scrape(gunicorn).total(name, **counted) == before.total(name, **counted) + 1


@pytest.mark.parametrize("what", ENDLESS)
def test_eight_megabytes_cost_less_than_a_second_of_a_core(gunicorn, what):
    before = processor_seconds(gunicorn)
    answer = ask(gunicorn, ENDLESS[what], seconds=60)
    assert answer.status in (401, 413, 414, 431)
    assert answer.problem
    assert processor_seconds(gunicorn) - before < 1


@pytest.mark.parametrize("line", [100, 8000])
def test_request_line_of_eight_thousand_characters_is_read(gunicorn, line):
    target = b"/api/v1/agents/?q=" + b"x" * line
    answer = ask(gunicorn, b"GET " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert answer.outcome == (401, "MISSING_API_KEY")


@pytest.mark.parametrize("piece", [1_000_000, 7, 1])
def test_requests_are_answered_in_turn_however_they_arrive(gunicorn, piece):
    chunks = CHUNKED + b"2;a=b\r\n{}\r\n0\r\nA: b\r\n\r\n"
    data = LIVE + chunks + b"\r\n" + LIVE + ANNOUNCED % 2 + b"{}" + LAST_LIVE
    with dial(gunicorn) as sock:
        for begin in range(0, len(data), piece):
            sock.sendall(data[begin : begin + piece])
        answers = sock.makefile("rb").read()
    assert re.findall(rb"HTTP/1.1 (\d+)", answers) == [b"200", b"401", b"200", b"401", b"200"]


@pytest.fixture(scope="module")
def behind_nginx(session_app):
    """The service behind nginx."""
    with serving(TRUSTED_PROXIES="1") as web, nginx(web) as front:
        yield front


# These nginx takes in a way of its own, and the service gets none of them.
TAKEN_BY_NGINX = {"bare line feeds", "header", "expectation", "many headers"}


@pytest.mark.parametrize("how", sorted(REFUSED.keys() - TAKEN_BY_NGINX))
def test_nginx_refuses_as_the_service_does(behind_nginx, how):
    data, status, code = REFUSED[how]
    assert ask(behind_nginx, data).outcome == (status, code)
