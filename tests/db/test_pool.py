"""The pool: how many connections there are at most, and what happens when they are all held."""

from __future__ import annotations

import dataclasses
import math
import os
import resource
import select
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing

import psycopg2
import pytest

from bench.serving import serving
from kamiyo_api import create_app
from kamiyo_api.access import authentication
from kamiyo_api.cache import state
from kamiyo_api.config import Config
from kamiyo_api.db.pool import Pool
from kamiyo_api.db.reach import Reachability
from tests.support import factories
from tests.support.clients import CheckedClient, outcome
from tests.support.concurrency import at_once, wait_until

pytestmark = pytest.mark.slow

AGENTS = "/api/v1/agents/"
BUSY = (503, "DATABASE_BUSY")
OF_THE_SERVICE = "select pid from pg_stat_activity where application_name = 'kamiyo-api'"
SMALL = {
    "DATABASE_POOL_SIZE": "2",
    "DATABASE_MAX_OVERFLOW": "1",
    "DATABASE_STATEMENT_TIMEOUT_MS": "1500",
    "WEB_THREADS": "8",
}
UNKNOWN = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def service(app):
    """An application with other settings than those of the environment."""

    def create(**settings):
        made = create_app(dataclasses.replace(Config.from_environment(), **settings))
        made.test_client_class = CheckedClient
        return made

    return create


def held(app):
    """Every connection of an application's pool, given back when the block ends."""
    stack = ExitStack()
    _, most = app.extensions["kamiyo"].db.usage()
    for _ in range(most):
        stack.enter_context(app.extensions["kamiyo"].db.connect())
    return stack


def read(client, headers):
    return client.get(f"{AGENTS}?limit=7", headers=headers)


def register(client, headers):
    return client.post(f"{AGENTS}register", json=factories.agent(), headers=headers)


@pytest.mark.parametrize("call", [read, register])
def test_request_that_finds_every_connection_held_is_refused_within_2_seconds(
    app, client, admin, figures, call
):
    client.get("/api/v1/key", headers=admin)
    with held(app):
        began = time.monotonic()
        answer = call(client, admin)
        seconds = time.monotonic() - began
    figures(refused_after=f"{seconds:.2f} s")
    assert outcome(answer) == BUSY
    assert int(answer.headers["Retry-After"]) >= 1
    assert seconds < 2
    assert call(client, admin).status_code < 300


def test_readers_of_the_same_cold_page_are_all_refused_within_2_seconds(
    app, client, admin, monkeypatch, figures
):
    client.get("/api/v1/key", headers=admin)
    # The key must be looked up again, too.
    monkeypatch.setattr(authentication.KnownKeys, "get", lambda self, digest: None)

    def timed(number):
        began = time.monotonic()
        answer = read(app.test_client(), admin)
        return outcome(answer), time.monotonic() - began

    with held(app):
        time.sleep(state.RECHECK_SECONDS)
        refusals = at_once(8, timed)
    slowest = max(seconds for _, seconds in refusals)
    figures(slowest_refusal=f"{slowest:.2f} s")
    assert {told for told, _ in refusals} == {BUSY}
    assert slowest < 2


def test_read_only_database_is_read_and_not_written(service, admin):
    address = os.environ["DATABASE_URL"] + "&options=-c%20default_transaction_read_only%3Don"
    client = service(database_url=address).test_client()
    assert read(client, admin).status_code == 200
    assert outcome(register(client, admin)) == (503, "DATABASE_READ_ONLY")


def test_connection_beyond_the_1024th_descriptor_works(service, admin):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    client = service().test_client()
    with ExitStack() as stack:
        for _ in range(1024):
            stack.enter_context(open(os.devnull))
        assert [read(client, admin).status_code for _ in range(2)] == [200, 200]


def test_unknown_key_is_refused_within_2_seconds_too(app, client, key_for):
    headers = key_for(None, "read")
    with held(app):
        began = time.monotonic()
        assert outcome(read(client, headers)) == BUSY
        assert time.monotonic() - began < 2
    assert read(client, headers).status_code == 200


def test_cached_answer_needs_no_connection(app, client, admin):
    before = read(client, admin)
    with held(app):
        began = time.monotonic()
        assert read(client, admin).data == before.data
        assert time.monotonic() - began < 2


def test_request_waits_for_a_connection_that_is_given_back(app, client, admin):
    client.get("/api/v1/key", headers=admin)
    stack = held(app)
    threading.Timer(0.3, stack.close).start()
    assert register(client, admin).status_code == 201


def test_pool_has_the_size_that_the_settings_say(service):
    made = service(database_pool_size=2, database_max_overflow=1, database_pool_timeout=0.1)
    assert made.extensions["kamiyo"].db.usage() == (0, 3)
    with made.app_context(), held(made):
        assert made.extensions["kamiyo"].db.usage() == (3, 3)
        answer = made.test_client().get(f"{AGENTS}{UNKNOWN}/registration")
        assert outcome(answer) == BUSY
    assert made.extensions["kamiyo"].db.usage() == (0, 3)


def test_workers_take_no_more_connections_than_the_settings_say(
    admin, sql, make_agent, server, figures
):
    path = AGENTS + make_agent()["agent_uuid"]
    before = {row["pid"] for row in sql(OF_THE_SERVICE)}
    with serving(**SMALL) as small, closing(psycopg2.connect(os.environ["DATABASE_URL"])) as holder:
        # Whoever wants to change the agent waits for this lock with a connection in hand.
        holder.cursor().execute("select from erc8004_agents for update")
        with ThreadPoolExecutor(16) as threads:
            change = {"json": {"status": "suspended"}, "headers": admin}
            sent = [threads.submit(small.request, "PATCH", path, **change) for _ in range(16)]
            most = 0
            while not all(each.done() for each in sent):
                most = max(most, len({row["pid"] for row in sql(OF_THE_SERVICE)} - before))
                time.sleep(0.01)
        answers = [each.result() for each in sent]
        holder.rollback()
        assert small.request("PATCH", path, **change).status_code == 200
    figures(connections=most)
    assert {(each.status_code, each.json()["code"]) for each in answers} == {BUSY}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in answers)
    assert 3 <= most <= 2 * (2 + 1)


def test_connections_that_the_server_closes_at_once_are_as_good_as_none(app, sql):
    def opening():
        connection = psycopg2.connect(os.environ["DATABASE_URL"])
        sql("select pg_terminate_backend(%s)", connection.info.backend_pid)
        assert select.select([connection], [], [], 5)[0]
        return connection

    pool = Pool(Config.from_environment(), opening, psycopg2.OperationalError)
    with pytest.raises(psycopg2.OperationalError, match="closed at once"), pool.connect():
        pass


def test_look_that_fails_in_any_way_is_repeated(servers):
    """A process that once had no descriptor must not take the server for silent for ever."""
    failures = iter([OSError(24, "Too many open files"), psycopg2.InternalError("odd")])

    def connect():
        for failure in failures:
            raise failure
        return psycopg2.connect(servers.database_url)

    reach = Reachability(connect, psycopg2.OperationalError)
    reach.check()
    wait_until(lambda: not reach.is_overdue(math.inf))
    assert reach.reason is None
    assert next(failures, None) is None
