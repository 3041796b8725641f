"""The log: one line a request, under one id from the client to PostgreSQL, and no secret."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from bench.serving import ROOT, serving
from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.triggers import trigger

API = "/api/v1/agents/"
REGISTER = f"{API}register"
SLOW = "perform pg_sleep(10);"
FORBIDDEN = "alter table erc8004_agents add constraint ck_test check (chain <> 'celo') not valid"


@pytest.fixture(scope="module")
def telling(session_app):
    """A gunicorn that logs as it does on a server, and has little patience with queries."""
    with serving(LOG_LEVEL="info", DATABASE_STATEMENT_TIMEOUT_MS="500") as server:
        # gunicorn's own lines come before those of any test.
        wait_until(lambda: len(server.workers()) == 2)
        yield server


@pytest.fixture
def server(app, telling):
    """That gunicorn, over empty tables."""
    return telling


@pytest.fixture
def lines(server):
    """What the service logged since the test began, as objects; every line of it is one."""
    begin = len(server.log.read_text())
    return lambda: [json.loads(line) for line in server.log.read_text()[begin:].splitlines()]


@pytest.fixture
def agent(server, admin):
    """An agent that is there."""
    return server.request("POST", REGISTER, headers=admin, json=factories.agent()).json()


@pytest.fixture
def postgres_log(sql):
    """What PostgreSQL logged since the test began."""
    path = Path(sql("show data_directory")[0]["data_directory"]) / "server.log"
    begin = path.stat().st_size
    return lambda: path.read_bytes()[begin:].decode(errors="replace")


def test_request_is_one_line_with_all_that_is_documented(agent, server, admin, sql, lines):
    (key,) = sql("select id::text as id, key_prefix from api_keys")
    answer = server.request("GET", API + agent["agent_uuid"], headers=admin)
    (line,) = [each for each in lines() if each["message"].startswith("GET")]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert 0 < line.pop("duration_ms") < 60_000
    assert 0 < line.pop("query_ms") < 60_000
    assert line.pop("queries") >= 1
    route = f"{API}<uuid:agent_uuid>"
    assert line == {
        "level": "info",
        "logger": "kamiyo_api.request",
        "message": f"GET {route} 200",
        "request_id": answer.headers["X-Request-ID"],
        "method": "GET",
        "route": route,
        "status": 200,
        "key": key["key_prefix"],
        "key_id": key["id"],
        "tier": "enterprise",
        "cache": "leased",
    }


def test_line_tells_what_the_cache_saved(agent, server, admin, lines):
    for _ in range(3):
        server.request("GET", API + agent["agent_uuid"], headers=admin)
    told = [line for line in lines() if line["method"] == "GET"]
    assert [line["cache"] for line in told] == ["leased", "hit", "hit"]
    assert all("code" not in line and "retries" not in line for line in told)


def test_line_tells_how_often_a_write_ran_once_more(server, admin, sql, lines):
    collide = "if nextval('tried') = 1 then raise exception using errcode = '40001'; end if;"
    with trigger(sql, "erc8004_agents", collide):
        answer = server.request("POST", REGISTER, headers=admin, json=factories.agent())
    (line,) = lines()
    assert (answer.status_code, line["retries"], line["level"]) == (201, 1, "info")


def test_refusal_is_no_error_and_has_its_code(server, key_for, lines):
    server.request("GET", API, headers={"X-Request-ID": "one"})
    server.request("POST", REGISTER, headers=key_for(None, "read"), json={})
    server.request("GET", "/no/such/path")
    told = [(line["level"], line["route"], line["code"]) for line in lines()]
    assert told == [
        ("info", API, "MISSING_API_KEY"),
        ("info", REGISTER, "INSUFFICIENT_SCOPE"),
        ("info", "unmatched", "NOT_FOUND"),
    ]


def test_probes_are_quiet_while_all_is_well(server, lines):
    for path in ("/health", "/health/live", "/metrics"):
        assert server.request("GET", path).status_code == 200
    assert lines() == []


@pytest.mark.slow
def test_probe_that_fails_is_loud():
    with serving(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none", LOG_LEVEL="info") as server:
        answer = server.request("GET", "/health", headers={"X-Request-ID": "probe"})
        (line,) = [line for line in server.log.read_text().splitlines() if '"probe"' in line]
    assert answer.status_code == 503
    assert json.loads(line)["level"] == "error"


def test_defect_is_loud_with_its_trace_in_one_line(server, admin, sql, lines):
    with trigger(sql, "erc8004_agents", "raise exception 'a defect';"):
        answer = server.request("POST", REGISTER, headers=admin, json=factories.agent())
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    defect, line = lines()
    assert (defect["level"], line["level"]) == ("error", "error")
    assert defect["trace"].startswith("Traceback")
    assert "psycopg2.errors.RaiseException: a defect" in defect["trace"]
    assert defect["request_id"] == line["request_id"] == answer.json()["request_id"]


def test_one_id_leads_from_the_client_to_a_statement_that_failed(
    server, admin, sql, lines, postgres_log
):
    headers = {**admin, "X-Request-ID": "checkout.4711:a"}
    with trigger(sql, "erc8004_agents", "raise exception 'a defect';"):
        answer = server.request("POST", REGISTER, headers=headers, json=factories.agent())
    assert answer.headers["X-Request-ID"] == answer.json()["request_id"] == "checkout.4711:a"
    assert {line["request_id"] for line in lines()} == {"checkout.4711:a"}
    assert "STATEMENT:  /* checkout.4711:a */" in postgres_log()


def test_one_id_leads_from_the_client_to_a_statement_that_was_too_slow(
    server, admin, agent, servers, lines, postgres_log
):
    with psycopg2.connect(servers.database_url) as holder, holder.cursor() as cursor:
        cursor.execute("select from erc8004_agents for update")
        path, change = API + agent["agent_uuid"], {"status": "suspended"}
        answer = server.request("PATCH", path, headers=admin, json=change)
        holder.rollback()
    holder.close()
    identifier = answer.headers["X-Request-ID"]
    assert (answer.status_code, answer.json()["code"]) == (503, "DATABASE_BUSY")
    assert answer.json()["request_id"] == identifier
    (line,) = [line for line in lines() if line["request_id"] == identifier]
    assert (line["level"], line["code"]) == ("error", "DATABASE_BUSY")
    assert line["cause"] == "canceling statement due to statement timeout"
    assert "trace" not in line
    assert line["query_ms"] >= 500
    assert "canceling statement due to statement timeout" in postgres_log()
    assert f"/* {identifier} */" in postgres_log()


@pytest.mark.parametrize("insane", ["*/ drop table x /*", "a b", "ü", "x" * 129, "${jndi:x}"])
def test_id_that_could_do_harm_is_replaced(server, lines, insane):
    headers = {"X-Request-ID": insane.encode()}
    answer = server.request("GET", API, headers=headers)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])
    assert lines()[0]["request_id"] == answer.headers["X-Request-ID"]


def test_no_secret_is_ever_logged(server, admin, key_for, sql, lines):
    wrong = "kamiyo_" + "wrong-secret" * 3
    secret = admin["Authorization"].split()[1]
    headers = {**admin, "Idempotency-Key": "idempotency-secret", "Cookie": "c=cookie-secret"}
    file = {"name": "body-secret", "description": "body-secret"}
    agent = factories.agent(registration_file=file)
    path = f"{REGISTER}?q=query-secret"
    server.request("POST", REGISTER, headers=headers, json=agent)
    server.request("POST", path, headers=headers, json=agent)
    server.request("POST", REGISTER, headers=headers, data=b'{"body-secret')
    server.request("GET", f"{API}?q=query-secret", headers={"Authorization": f"Bearer {wrong}"})
    server.request("GET", "/path-secret")
    sql(FORBIDDEN)
    try:
        headers["Idempotency-Key"] = "idempotency-secret-2"
        answer = server.request("POST", REGISTER, headers=headers, json=agent | {"chain": "celo"})
    finally:
        sql("alter table erc8004_agents drop constraint ck_test")
    assert answer.status_code == 500
    assert len(lines()) == 7
    told = server.log.read_text()
    assert "violates check constraint" in told
    assert secret not in told
    assert "secret" not in told.replace("secrets", "")


def test_statement_that_the_driver_quotes_is_not_logged(server, admin, sql, lines):
    sql("alter table erc8004_chains rename column name to moved_away")
    agent = factories.agent(chain="told-by-a-client")

    def answer() -> int:
        return server.request("POST", REGISTER, headers=admin, json=agent).status_code

    try:
        # A worker that has just read the chains refuses the name without a query.
        wait_until(lambda: answer() == 500)
    finally:
        sql("alter table erc8004_chains rename column moved_away to name")
    trace = next(line["trace"] for line in lines() if "trace" in line)
    assert "psycopg2.errors.UndefinedColumn: column" in trace
    assert "LINE " not in trace
    assert "told-by-a-client" not in server.log.read_text()


@pytest.mark.slow
def test_text_is_a_line_for_eyes(session_app, app, admin):
    with serving(LOG_LEVEL="info", LOG_FORMAT="text") as server:
        server.request("GET", f"{API}?limit=1", headers=admin)
        server.request("GET", API)
        lines = server.log.read_text().splitlines()
    # A worker may say that it boots between or behind them.
    told = [line for line in lines if " GET " in line]
    began = r"\d\d:\d\d:\d\d INFO    GET /api/v1/agents/"
    found = r"key=kamiyo_\S{8} cache=leased queries=\d+"
    refused = "code=MISSING_API_KEY"
    ended = r"request_id=\w{32}"
    assert re.fullmatch(rf"{began} 200 duration_ms=\S+ {found} {ended}", told[0])
    assert re.fullmatch(rf"{began} 401 duration_ms=\S+ {refused} {ended}", told[1])


@pytest.mark.slow
@pytest.mark.parametrize(("log_format", "is_json"), [("auto", False), ("json", True)])
def test_terminal_shows_text_unless_told_otherwise(session_app, log_format, is_json):
    script = (
        "import logging; from kamiyo_api import create_app; create_app(); "
        "logging.getLogger('kamiyo_api').warning('hello')"
    )
    ours, theirs = pty.openpty()
    environment = {**os.environ, "LOG_FORMAT": log_format}
    subprocess.run(
        [sys.executable, "-c", script], stderr=theirs, cwd=ROOT, env=environment, check=True
    )
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    assert said.startswith("{") == is_json
    assert "hello" in said
