"""What Sentry is told: each defect once, with what finds it again, and nothing secret."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import brotli
import pytest

from bench.serving import serving
from kamiyo_api import create_app
from kamiyo_api.config import Config
from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.triggers import trigger

API = "/api/v1/agents/"
REGISTER = f"{API}register"
JSON = {"Content-Type": "application/json"}
DEFECT = "raise exception 'a defect';"


@contextmanager
def sentry_server() -> Iterator[tuple[str, list[str]]]:
    """A Sentry on this machine: its DSN, and the envelopes that it got."""
    envelopes: list[str] = []

    class Take(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Encoding"] == "br"
            envelopes.append(brotli.decompress(body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Take) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://public@127.0.0.1:{server.server_port}/1", envelopes
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def sentry(session_app):
    """A gunicorn that tells of defects, and what its Sentry got."""
    with sentry_server() as (dsn, envelopes):
        settings = {"RELEASE": "kamiyo-api@9.9.9", "ENVIRONMENT": "rehearsal"}
        with serving(SENTRY_DSN=dsn, DATABASE_STATEMENT_TIMEOUT_MS="500", **settings) as server:
            yield server, envelopes


@pytest.fixture
def server(app, sentry):
    """That gunicorn, over empty tables."""
    return sentry[0]


@pytest.fixture
def events(server, sentry):
    """The events since the test began, once there are so many."""
    begin = len(sentry[1])

    def wait_for(count):
        wait_until(lambda: len(sentry[1]) >= begin + count)
        return [event_of(envelope) for envelope in sentry[1][begin:]]

    return wait_for


def event_of(envelope):
    """The event in an envelope: its third line."""
    header, payload = map(json.loads, envelope.splitlines()[1:3])
    assert header["type"] == "event"
    return payload


def test_defect_is_one_event_that_finds_the_request_again(server, events, admin, sql):
    (key,) = sql("select id::text as id from api_keys")
    headers = {**admin, "X-Request-ID": "find-me"}
    with trigger(sql, "erc8004_agents", DEFECT):
        answer = server.request("POST", REGISTER, headers=headers, json=factories.agent())
    (event,) = events(1)
    assert (answer.status_code, answer.json()["request_id"]) == (500, "find-me")
    assert (event["release"], event["environment"]) == ("kamiyo-api@9.9.9", "rehearsal")
    assert event["tags"] == {"request_id": "find-me"}
    assert event["user"] == {"id": key["id"]}
    assert event["request"] == {"method": "POST", "url": server.url + REGISTER}
    assert event["level"] == "error"
    last = event["exception"]["values"][-1]
    assert (last["type"], last["value"]) == ("RaiseException", "a defect")
    assert "register_agent" in {frame["function"] for frame in last["stacktrace"]["frames"]} | {
        frame["function"]
        for each in event["exception"]["values"]
        for frame in each["stacktrace"]["frames"]
    }


def test_every_defect_is_reported(server, events, admin, sql):
    with trigger(sql, "erc8004_agents", DEFECT):
        for _ in range(5):
            server.request("POST", REGISTER, headers=admin, json=factories.agent())
    assert len(events(5)) == 5
    assert len({event["tags"]["request_id"] for event in events(5)}) == 5


def test_nothing_that_a_client_sent_is_reported(server, sentry, events, admin, sql):
    file = {"name": "body-secret", "description": "body-secret"}
    agent = factories.agent(registration_file=file, chain="celo")
    headers = {
        **admin,
        "Idempotency-Key": "idempotency-secret",
        "Cookie": "session=cookie-secret",
        "User-Agent": "agent-secret",
        "X-Forwarded-For": "203.0.113.9",
    }
    sql("alter table erc8004_agents add constraint ck_test check (chain <> 'celo') not valid")
    try:
        path = f"{REGISTER}?q=query-secret"
        assert server.request("POST", path, headers=headers, json=agent).status_code in (422, 500)
        answer = server.request("POST", REGISTER, headers=headers, json=agent)
    finally:
        sql("alter table erc8004_agents drop constraint ck_test")
    assert answer.status_code == 500
    events(1)
    for envelope in sentry[1]:
        assert "-secret" not in envelope
        assert admin["Authorization"].split()[1] not in envelope
        assert "203.0.113.9" not in envelope
        assert "vars" not in {
            name
            for each in event_of(envelope)["exception"]["values"]
            for frame in each["stacktrace"]["frames"]
            for name in frame
        }
    assert "ck_test" in sentry[1][-1]


def test_what_clients_and_operators_expect_is_no_event(server, events, admin, key_for, sql):
    owner = factories.address()
    agent = server.request("POST", REGISTER, headers=admin, json=factories.agent()).json()
    statuses = [
        server.request("GET", API).status_code,
        server.request("GET", API, headers={"Authorization": "Bearer wrong"}).status_code,
        server.request("GET", "/nowhere").status_code,
        server.request("PUT", API, headers=admin).status_code,
        server.request("POST", REGISTER, headers=admin | JSON, data=b"{").status_code,
        server.request("POST", REGISTER, headers=admin, json={}).status_code,
        server.request(
            "POST", REGISTER, headers=key_for(owner), json=factories.agent()
        ).status_code,
    ]
    with trigger(sql, "erc8004_agents", "perform pg_sleep(5);"):
        busy = server.request("POST", REGISTER, headers=admin, json=factories.agent())
    with trigger(sql, "erc8004_agents", "raise exception using errcode = '40001';"):
        failed = server.request("POST", REGISTER, headers=admin, json=factories.agent())
    assert statuses == [401, 401, 404, 405, 400, 422, 403]
    assert (busy.json()["code"], failed.json()["code"]) == ("DATABASE_BUSY", "TRANSACTION_FAILED")
    sql("alter table erc8004_validations rename to moved_away")
    try:
        headers = {**admin, "X-Request-ID": "the-only-one"}
        path = f"{API}{agent['agent_uuid']}/validations"
        assert server.request("GET", path, headers=headers).status_code == 500
    finally:
        sql("alter table moved_away rename to erc8004_validations")
    assert [event["tags"]["request_id"] for event in events(1)] == ["the-only-one"]


@pytest.mark.slow
def test_without_a_dsn_nothing_is_sent(servers, app):
    with serving(SENTRY_DSN="") as server:
        assert server.request("GET", "/health/live").status_code == 200
        assert "sentry" not in server.log.read_text()


@pytest.mark.slow
def test_sentry_that_is_away_delays_no_answer_and_fails_none(session_app, app, admin, sql):
    with (
        serving(SENTRY_DSN="http://public@127.0.0.1:1/1") as server,
        trigger(sql, "erc8004_agents", DEFECT),
    ):
        answer = server.request("POST", REGISTER, headers=admin, json=factories.agent())
        assert answer.json()["code"] == "INTERNAL_ERROR"
        assert server.request("GET", API, headers=admin).status_code == 200


def test_broken_dsn_ends_the_start(session_app, monkeypatch):
    monkeypatch.setenv("SENTRY_DSN", "not a dsn")
    with pytest.raises(SystemExit, match="SENTRY_DSN"):
        create_app(Config.from_environment())
