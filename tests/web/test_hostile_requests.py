"""Paths, parameters and headers that mean harm, and the codes that no single resource owns."""

from __future__ import annotations

import dataclasses
import json
import re
import socket
from contextlib import closing

import psycopg2
import pytest

from kamiyo_api.config import Config
from kamiyo_api.db import driver
from tests.support import factories
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, BODIES, FAR_UUID, FEEDBACK, PARAMETERS, READS, REGISTER

SURROGATE = "%ED%A0%80"
CODES = [
    "MALFORMED_JSON",
    "MALFORMED_PATH",
    "CHAIN_NOT_SUPPORTED",
    "INVALID_CURSOR",
    "MISSING_API_KEY",
    "INVALID_API_KEY",
    "EXPIRED_API_KEY",
    "INSUFFICIENT_SCOPE",
    "NOT_AGENT_OWNER",
    "NOT_FEEDBACK_CLIENT",
    "NOT_VALIDATOR",
    "SELF_FEEDBACK",
    "AGENT_NOT_FOUND",
    "FEEDBACK_NOT_FOUND",
    "VALIDATION_NOT_FOUND",
    "METADATA_NOT_FOUND",
    "NOT_FOUND",
    "METHOD_NOT_ALLOWED",
    "BODY_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "URI_TOO_LONG",
    "AGENT_ALREADY_EXISTS",
    "AGENT_NOT_ACTIVE",
    "PAYMENT_ALREADY_LINKED",
    "INVALID_TRANSITION",
    "ALREADY_REVOKED",
    "IDEMPOTENCY_KEY_REUSED",
    "VALIDATION_ERROR",
    "RATE_LIMIT_EXCEEDED",
    "DATABASE_UNAVAILABLE",
    "DATABASE_FULL",
    "DATABASE_READ_ONLY",
    "DATABASE_BUSY",
    "TRANSACTION_FAILED",
]


@pytest.mark.parametrize("code", CODES)
def test_type_of_an_error_leads_to_what_it_means(client, code):
    page = client.get("/docs/errors")
    assert f'id="{code}"' in page.text


@pytest.mark.parametrize(("path", "name"), PARAMETERS)
@pytest.mark.parametrize("value", ["a%00b", "x" * 7_000], ids=["NUL", "endless"])
def test_nul_or_endless_parameter_is_refused_by_name(client, admin, path, name, value):
    answer = client.get(f"{path}?{name}={value}", headers=admin)
    if name == "cursor" and "%00" in value:
        assert outcome(answer) == (400, "INVALID_CURSOR")
    else:
        assert outcome(answer) == (422, "VALIDATION_ERROR")
        assert list(answer.get_json(force=True)["errors"]) == [name]


@pytest.mark.parametrize(("path", "name"), PARAMETERS)
@pytest.mark.parametrize("value", [SURROGATE, "%FF", "%C3", "'%3B--", "%25", "1e400", "٣"])
def test_strange_parameter_is_answered_clearly(client, admin, path, name, value):
    answer = client.get(f"{path}?{name}={value}", headers=admin)
    assert answer.status_code in (200, 400, 404, 422)


@pytest.mark.parametrize("path", READS)
def test_query_string_of_nothing_but_names_is_refused(client, admin, path):
    answer = client.get(f"{path}?{'&'.join(f'a{n}' for n in range(1000))}", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "uuid",
    ["1", "null", "%00", SURROGATE, "x" * 7_000, FAR_UUID[:-1], f"{{{FAR_UUID}}}", "%2E%2E"],
)
@pytest.mark.parametrize("below", ["", "/stats", "/feedback", "/metadata/color", "/registration"])
def test_ill_formed_uuid_in_a_path_is_not_found(client, admin, uuid, below):
    answer = client.get(f"{AGENTS}{uuid}{below}", headers=admin)
    assert outcome(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("uuid", ["1", "%00", SURROGATE, "x" * 7_000])
@pytest.mark.parametrize("below", ["revoke", "responses"])
def test_ill_formed_feedback_id_is_not_found(client, admin, uuid, below):
    answer = client.post(f"{AGENTS}feedback/{uuid}/{below}", json={}, headers=admin)
    assert outcome(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("key", [SURROGATE, "%00", "x" * 7_000, "'", "%25s", "%EF%BF%BD"])
def test_strange_metadata_key_is_not_found(client, admin, make_agent, key):
    path = f"{AGENTS}{make_agent()['agent_uuid']}/metadata/{key}"
    assert outcome(client.get(path, headers=admin)) == (404, "METADATA_NOT_FOUND")


def test_uuid_in_a_path_is_taken_in_any_case(client, admin, make_agent):
    path = AGENTS + make_agent()["agent_uuid"].upper()
    assert client.get(path, headers=admin).status_code == 200


@pytest.mark.parametrize("path", ["/nothing", "/api/v2", "/api/v2/agents/", "/api/v1/agent"])
def test_path_that_is_none_is_not_found(client, admin, path):
    assert outcome(client.get(path, headers=admin)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", AGENTS),
        ("GET", REGISTER),
        ("POST", AGENTS + FAR_UUID),
        ("PUT", "/api/v1/key"),
        ("TRACE", "/health"),
        ("BREW", AGENTS),
    ],
)
def test_method_that_is_not_taken_is_told_which_are(client, admin, method, path):
    answer = client.open(path, method=method, headers=admin)
    assert outcome(answer) == (405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", [AGENTS, f"{AGENTS}?limit=x", AGENTS + FAR_UUID, "/api/v1/key", "/health", "/nothing"]
)
def test_head_answers_as_get_does_without_a_body(client, admin, path):
    get, head = (client.open(path, method=method, headers=admin) for method in ("GET", "HEAD"))
    assert head.status_code == get.status_code
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert head.headers["Content-Length"] == get.headers["Content-Length"]
    assert (head.data, bool(get.data)) == (b"", True)


@pytest.mark.parametrize("given", ["abc", "A-1.2:3_4", "x" * 128])
def test_sane_request_id_is_echoed(client, given):
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", " ", "x" * 129, "<script>", "a b", "é", '"', "a;b", "%0a"])
def test_insane_request_id_is_replaced(client, given):
    answer = client.get("/health/live", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


@pytest.mark.parametrize("path", BODIES)
def test_nobody_without_a_key_gets_further(client, path):
    assert outcome(client.post(path, json=BODIES[path])) == (401, "MISSING_API_KEY")


@pytest.fixture
def raw(server):
    """Send bytes to the running service, as they are; the first line of its answer."""

    def send(data):
        host, port = server.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return connection.makefile("rb").readline()

    return send


def test_running_service_answers_a_query_string_of_8000_characters_itself(raw):
    target = AGENTS + "?q=" + "x" * 8_000
    line = raw(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert b" 401 " in line


def test_running_service_refuses_a_body_of_5_mb(server, admin):
    answer = server.request("POST", REGISTER, data=b"x" * 5_000_000, headers=admin)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


def test_running_service_refuses_a_chunked_body_of_5_mb(server, admin):
    headers = {**admin, "Content-Type": "application/json"}
    chunks = iter([b'{"chain": "', *[b"x" * 100_000] * 50, b'"}'])
    answer = server.request("POST", REGISTER, data=chunks, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    ("how", "body"),
    [
        ("Transfer-Encoding: chunked", b"ZZ\r\n"),
        ("Transfer-Encoding: chunked", b"-1\r\n"),
        ("Transfer-Encoding: chunked", b"2;x\r\n{}XX0"),
        ("Transfer-Encoding: chunked", b"2\r\n{}"),
        ("Content-Length: {}", b""),
    ],
    ids=["no size", "negative", "no end", "cut", "short"],
)
def test_body_that_does_not_arrive_whole_is_refused(raw, admin, make_agent, sql, how, body):
    feedback = factories.feedback(agent_uuid=make_agent()["agent_uuid"])
    body = body or json.dumps(feedback).encode()
    head = [
        f"POST {FEEDBACK} HTTP/1.1",
        "Host: a",
        f"Authorization: {admin['Authorization']}",
        "Content-Type: application/json",
        how.format(len(body) + 500),
        "Connection: close\r\n\r\n",
    ]
    assert b" 400 " in raw("\r\n".join(head).encode() + body)
    assert sql("select count(*) from erc8004_reputation") == [{"count": 0}]


def test_database_that_is_away_is_said_so(app, client, admin, monkeypatch):
    nowhere = "postgresql://postgres@127.0.0.1:1/nowhere"
    config = dataclasses.replace(Config.from_environment(), database_url=nowhere)
    monkeypatch.setattr(app.extensions["kamiyo"], "db", driver.pool_of(config))
    for answer in (
        client.get(f"{AGENTS}{FAR_UUID}/registration"),
        client.post(REGISTER, json=factories.agent(), headers=admin),
    ):
        assert outcome(answer) == (503, "DATABASE_UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/health").status_code == 503
    assert client.get("/health/live").status_code == 200


def test_write_that_waits_too_long_says_that_the_database_is_busy(
    app, client, admin, servers, make_agent, monkeypatch
):
    agent = make_agent()
    monkeypatch.setattr(app.extensions["kamiyo"].db, "statement_timeout", 100)
    with closing(psycopg2.connect(servers.database_url)) as holder, holder.cursor() as cursor:
        cursor.execute("select from erc8004_agents for update")
        path = AGENTS + agent["agent_uuid"]
        answer = client.patch(path, json={"status": "suspended"}, headers=admin)
    assert outcome(answer) == (503, "DATABASE_BUSY")
    assert answer.headers["Retry-After"]
    assert client.get(path, headers=admin).json["status"] == "active"


@pytest.fixture
def raising(sql):
    """Let every write to a table raise, until the test is over."""

    def install(table, code):
        sql(
            f"""
            create function break_write() returns trigger language plpgsql
            as $$ begin raise exception 'broken' using errcode = '{code}'; end $$;
            create trigger break_write after insert or update on {table}
            for each row execute function break_write();
            """
        )

    yield install
    sql("drop function if exists break_write cascade")


def test_write_that_always_collides_fails_and_leaves_nothing(client, admin, get, raising, sql):
    raising("erc8004_agent_metadata", "40001")
    body = factories.agent(metadata=[{"key": "color", "value": "cmVk"}])
    answer = client.post(REGISTER, json=body, headers=admin)
    assert outcome(answer) == (503, "TRANSACTION_FAILED")
    assert answer.headers["Retry-After"]
    assert get("/agents/?status=any")["total"] == 0
    assert sql("select id from erc8004_agents") == []
