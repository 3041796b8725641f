"""A database that can be read and not written: each reason has its code, reads go on as before, and
health, metrics and the doctor say so until it is over."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.serving import serving
from kamiyo_api.doctor.server import allow_writes
from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.doctor import examined
from tests.support.prometheus import scrape
from tests.support.triggers import trigger

API = "/api/v1/agents/"
REGISTER = f"{API}register"
FULL, READ_ONLY = (503, "DATABASE_FULL"), (503, "DATABASE_READ_ONLY")


@pytest.fixture(scope="module")
def one_worker(session_app):
    """A gunicorn with one worker, whose answers all tell of what the same process knows."""
    with serving(WEB_CONCURRENCY="1") as server:
        yield server


@pytest.fixture
def server(app, one_worker, admin):
    """That gunicorn, over empty tables, where all is well."""
    assert register(one_worker, admin).status_code == 201
    assert checks(one_worker)[2] == "ok"
    return one_worker


@contextmanager
def read_only(sql):
    """A server that is set to take no writes, as an operator does before a move."""
    sql("alter system set default_transaction_read_only = on")
    sql("select pg_reload_conf()")
    wait_until(lambda: sql("show default_transaction_read_only")[0].popitem()[1] == "on")
    try:
        yield
    finally:
        sql("alter system reset default_transaction_read_only")
        sql("select pg_reload_conf()")
        wait_until(lambda: sql("show default_transaction_read_only")[0].popitem()[1] == "off")


@contextmanager
def full_disk(sql):
    """Whoever writes agents or feedback writes to a device on which no space is left, too."""
    sql("create table full_disk (id int)")
    (told,) = sql(
        "select current_setting('data_directory') as folder, "
        "pg_relation_filepath('full_disk') as file"
    )
    file = Path(told["folder"], told["file"])
    file.unlink()
    file.symlink_to("/dev/full")
    write = "insert into full_disk values (1);"
    try:
        with trigger(sql, "erc8004_agents", write):
            yield
    finally:
        file.unlink()
        sql("drop table full_disk")


FAULTS = {"full": (full_disk, FULL), "read-only": (read_only, READ_ONLY)}


@pytest.fixture(params=FAULTS)
def fault(request, sql):
    """What stops writes, as a context, and what a write is answered then."""
    cause, answered = FAULTS[request.param]
    return lambda: cause(sql), answered


def outcome(answer):
    return answer.status_code, answer.json()["code"]


def register(server, headers):
    return server.request("POST", REGISTER, headers=headers, json=factories.agent())


def checks(server):
    answer = server.request("GET", "/health")
    return answer.status_code, answer.json()["status"], answer.json()["checks"]["writable"]


def test_write_says_why_it_is_refused_and_reads_go_on(server, admin, make_agent, fault):
    cause, answered = fault
    agent = make_agent()
    with cause():
        refused = register(server, admin)
        assert outcome(refused) == answered
        assert int(refused.headers["Retry-After"]) >= 1
        assert (
            "until the operator" in refused.json()["detail"]
            or "read-only" in (refused.json()["detail"])
        )
        for path in (API, API + agent["agent_uuid"], f"{API}{agent['agent_uuid']}/feedback"):
            assert server.request("GET", path, headers=admin).status_code == 200
    assert register(server, admin).status_code == 201


def test_health_is_degraded_until_a_write_is_kept(server, admin, fault):
    cause, _ = fault
    with cause():
        register(server, admin)
        status, state, text = checks(server)
        assert (status, state) == (200, "degraded")
        assert "reads go on, writes are refused" in text
        assert scrape(server).total("erc8004_database_writable") == 0
    assert register(server, admin).status_code == 201
    assert checks(server)[2] == "ok"
    assert scrape(server).total("erc8004_database_writable") == 1


def test_read_only_server_is_found_before_anybody_writes(server, sql):
    with read_only(sql):
        assert checks(server)[1:] == (
            "degraded",
            "the server is read-only; reads go on, writes are refused",
        )
        assert scrape(server).total("erc8004_database_writable") == 0
    wait_until(lambda: checks(server)[2] == "ok")


def test_doctor_finds_it_and_its_cure_cures_a_read_only_server(server, sql, doctor, cure):
    with read_only(sql):
        found = doctor(url=server.url)["database-writes"]
        assert found["status"] == "failing"
        assert found["figure"].startswith("default_transaction_read_only is on")
        cure(found)
        wait_until(lambda: doctor(url=server.url).status("database-writes") == "ok")


@pytest.mark.parametrize(
    ("source", "begins"),
    [
        ("user", "PGOPTIONS='-c default_transaction_read_only=off' psql "),
        ("client", "sudoedit /etc/kamiyo-api/environment"),
    ],
)
def test_cure_is_for_what_makes_the_server_read_only(app, source, begins):
    told = {"source": source, "database": "kamiyo", "user_name": "postgres"}
    assert allow_writes(told).startswith(begins)


def test_database_that_is_set_to_be_read_only_is_cured(sql, addresses, cure):
    sql("alter database kamiyo set default_transaction_read_only = on")
    found = examined(addresses)["database-writes"]
    assert found["status"] == "failing"
    cure(found)
    assert examined(addresses).status("database-writes") == "ok"


def test_doctor_tells_what_the_service_found_of_a_full_disk(server, sql, admin, doctor, cure):
    with full_disk(sql):
        register(server, admin)
        found = doctor(url=server.url)["database-writes"]
    assert found["status"] == "failing"
    assert "the disk is full" in found["figure"]
    cure(found)
    register(server, admin)
    assert doctor(url=server.url).status("database-writes") == "ok"


def test_use_of_keys_is_not_written_again_and_again_where_nothing_can_be(server, sql, key_for):
    log = Path(sql("show data_directory")[0]["data_directory"]) / "server.log"
    keys = [key_for(None, "read") for _ in range(5)]
    begin = log.stat().st_size
    with read_only(sql):
        for headers in keys:
            assert server.request("GET", API, headers=headers).status_code == 200
    assert log.read_bytes()[begin:].count(b"ERROR:  cannot execute UPDATE") <= 1


def test_log_says_once_that_writes_are_refused_and_once_that_they_are_kept(server, sql, admin):
    begin = len(server.log.read_text())
    with full_disk(sql):
        for _ in range(3):
            register(server, admin)
    register(server, admin)
    lines = server.log.read_text()[begin:]
    assert lines.count("PostgreSQL takes no writes: the disk is full") == 1
    assert lines.count("PostgreSQL takes writes again") == 1
    assert lines.count('"code":"DATABASE_FULL"') == 3
    assert lines.count("No space left on device") >= 3
