"""The log while a server is away: one line at each change of state, and one bounded line a request,
which says why it was refused and holds no trace and no secret."""

from __future__ import annotations

import json
import re
import signal
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.serving import serving
from tests.support.concurrency import wait_until
from tests.support.load import API, prepared
from tests.support.servers import open_place

REQUESTS = 40
UNKNOWN = f"{API}019fffff-ffff-7fff-bfff-ffffffffffff/registration"
BYTES_A_REQUEST = 600
PASSWORD = "hunter2hunter2"
AWAY = "PostgreSQL is away ("
BACK = re.compile(r"PostgreSQL is back after \d+\.\d s")


@pytest.fixture(scope="module")
def standing_place():
    """A service on servers of its own, which these tests end."""
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-outage-") as folder,
        open_place(Path(folder), WEB_CONCURRENCY="1", LOG_LEVEL="info") as place,
    ):
        yield place


@pytest.fixture
def place(standing_place):
    """That service, where all is well."""
    wait_until(lambda: standing_place.health() == (200, "healthy"))
    return standing_place


@contextmanager
def logged(server):
    """The lines that a service logs while the block runs."""
    begin, lines = len(server.log.read_text()), []
    yield lines
    lines += server.log.read_text()[begin:].splitlines()


def asked(server, status, code):
    """Requests that need the database, each of which is answered so."""
    for _ in range(REQUESTS):
        answer = server.request("GET", UNKNOWN)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_outage_is_a_line_each_way_and_a_bounded_line_a_request(place, figures):
    with logged(place.web) as lines:
        place.postgres.end(signal.SIGKILL)
        try:
            asked(place.web, 503, "DATABASE_UNAVAILABLE")
        finally:
            place.postgres.start()
        wait_until(lambda: place.health() == (200, "healthy"))
        asked(place.web, 404, "AGENT_NOT_FOUND")
    refused = [line for line in lines if '"status":503' in line and API in line]
    figures(bytes_a_refused_request=round(sum(map(len, refused)) / REQUESTS))
    assert len(refused) == REQUESTS
    assert max(map(len, refused)) < BYTES_A_REQUEST
    causes = {json.loads(line)["cause"] for line in refused[1:]}
    assert all("Connection refused" in cause for cause in causes), causes
    whole = "\n".join(lines)
    assert whole.count(AWAY) == 1
    assert len(BACK.findall(whole)) == 1
    assert "Traceback" not in whole


def test_outage_of_redis_is_a_line_each_way_too(place, figures):
    load = prepared(place, "outage")
    with logged(place.web) as lines, load.client() as client:
        place.valkey.end(signal.SIGKILL)
        try:
            for _ in range(REQUESTS):
                assert client.ask("GET", API + load.agent_uuid).status_code == 200
        finally:
            place.valkey.start()
        wait_until(lambda: place.health() == (200, "healthy"))
    answered = [line for line in lines if '"status":200' in line]
    figures(bytes_an_answer=round(sum(map(len, answered)) / len(answered)))
    assert max(map(len, answered)) < BYTES_A_REQUEST
    whole = "\n".join(lines)
    assert whole.count("Redis is away (") == whole.count("Redis is back") == 1
    assert "Traceback" not in whole


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_reason_is_told_in_each_line_and_no_secret_is(session_app, log_format, figures):
    address = f"postgresql://somebody:{PASSWORD}@127.0.0.1:1/kamiyo"
    with serving(DATABASE_URL=address, LOG_LEVEL="info", LOG_FORMAT=log_format) as server:
        asked(server, 503, "DATABASE_UNAVAILABLE")
        lines = server.log.read_text().splitlines()
    refused = [line for line in lines if "GET /api" in line and "503" in line]
    figures(**{f"bytes_of_{log_format}": round(sum(map(len, refused)) / REQUESTS)})
    assert len(refused) == REQUESTS
    assert all("Connection refused" in line for line in refused)
    assert max(map(len, refused)) < BYTES_A_REQUEST
    assert "\n".join(lines).count(AWAY) in (1, 2)
    assert "Traceback" not in "\n".join(lines)
    assert PASSWORD not in "\n".join(lines)
    assert "somebody" not in "\n".join(lines)


def test_whom_the_server_refuses_is_not_reported(session_app, servers):
    address = servers.database_url.replace("postgres@", f"somebody:{PASSWORD}@")
    with serving(DATABASE_URL=address, LOG_LEVEL="info", LOG_FORMAT="json") as server:
        asked(server, 503, "DATABASE_UNAVAILABLE")
        said = server.log.read_text()
    assert "role *** does not exist" in said
    assert "somebody" not in said
    assert PASSWORD not in said


@pytest.fixture
def never_migrated(session_app, sql):
    """A gunicorn over a database without a table."""
    sql("create database never_migrated")
    own = session_app.extensions["kamiyo"].config.database_url
    address = own.replace("/kamiyo?", "/never_migrated?")
    with serving(DATABASE_URL=address, WEB_CONCURRENCY="1") as server:
        yield server
    sql("drop database never_migrated with (force)")


def test_check_that_fails_for_the_same_reason_is_traced_once(never_migrated):
    for _ in range(5):
        assert never_migrated.request("GET", "/health").status_code == 503
    assert never_migrated.log.read_text().count("The check of views failed") == 1


def test_defect_keeps_its_trace(never_migrated):
    assert never_migrated.request("GET", UNKNOWN).status_code == 500
    said = never_migrated.log.read_text()
    assert "Traceback" in said
    assert "UndefinedTable" in said
