"""PostgreSQL that is there and does not answer, under load: no thread waits for it for long, every
probe is answered within a second, and no write that was acknowledged is lost."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest
import requests

from bench.serving import serving
from tests.support import factories
from tests.support.balance import balance
from tests.support.concurrency import at_once, seconds_until, wait_until, working
from tests.support.load import API, prepared
from tests.support.servers import AS_IN_PRODUCTION, open_place
from tests.support.triggers import trigger

FROZEN_SECONDS = 6
PATIENT = {"DATABASE_STATEMENT_TIMEOUT_MS": "3000"}
# The bound that the operators were promised.
BOUND_SECONDS = 1.0
REFUSALS = {
    f"503 {code}" for code in ("DATABASE_UNAVAILABLE", "DATABASE_BUSY", "TRANSACTION_FAILED")
}
UNKNOWN = "the connection was lost during the commit: no answer"
COMMITTING = """
    select pid from pg_stat_activity
    where application_name = 'kamiyo-api' and state = 'active' and query = 'commit'
"""
SLOW = "perform pg_sleep(1);"
SILENT = "PostgreSQL is away (no answer for 0.5 s)"


@pytest.fixture(scope="module")
def standing_place():
    """A service on servers of its own, which these tests freeze."""
    with (
        pytest.MonkeyPatch.context() as environment,
        tempfile.TemporaryDirectory(prefix="kamiyo-frozen-") as folder,
    ):
        for name, value in PATIENT.items():
            environment.setenv(name, value)
        with open_place(Path(folder)) as place:
            yield place


@contextmanager
def served(place, **settings):
    """The same servers behind a service with other settings."""
    address = f"redis://127.0.0.1:{place.redis.get_connection_kwargs()['port']}/0"
    addresses = {"DATABASE_URL": place.database_url, "REDIS_URL": address}
    with serving(**addresses, **AS_IN_PRODUCTION, **PATIENT, **settings) as web:
        yield dataclasses.replace(place, web=web)


@pytest.fixture(params=[("2", "4"), ("1", "1")], ids=["8 threads", "1 thread"])
def place(standing_place, request):
    """A service with so many workers, and threads in each."""
    workers, threads = request.param
    with served(standing_place, WEB_CONCURRENCY=workers, WEB_THREADS=threads) as made:
        wait_until(lambda: len(made.web.workers()) == int(workers))
        wait_until(lambda: made.health() == (200, "healthy"))
        yield made


def search_anew(load):
    """Search what nobody searched before, until stopped."""
    with load.client() as client:
        for number in itertools.count():
            client.ask("GET", f"{API}?q={threading.get_ident()}x{number}")
            if load.stopped.wait(0.01):
                return


def probing(place, path, seen, stopped):
    """Probe over a connection of its own each time, as load balancers do, until stopped."""
    while not stopped.wait(0.05):
        began = time.monotonic()
        answer = requests.get(place.web.url + path, timeout=30)
        seen.append((path, answer.status_code, time.monotonic() - began))


def test_frozen_database_stops_no_probe_and_loses_no_write(place, figures):
    load = prepared(place, f"frozen{len(place.web.workers())}")
    workers, numbers, seen = place.web.workers(), itertools.count(), []
    writers = [lambda: load.write(numbers, 0.001)] * 6
    readers = [lambda: search_anew(load)] * 4
    with working(writers + readers):
        try:
            time.sleep(1)
            stopped = threading.Event()
            probes = [
                lambda path=path: probing(place, path, seen, stopped)
                for path in ("/health", "/health/live") * 2
            ]
            with working(probes), place.postgres.frozen():
                began = time.monotonic()
                time.sleep(FROZEN_SECONDS)
                stopped.set()
            back = time.monotonic()
            refused = load.ledger.between(began + 1, back - 1)
            recovery = seconds_until(lambda: is_written(load, back) and place.health()[0] == 200)
        finally:
            load.stopped.set()
    books = balance(place, load.ledger)
    slowest = max(seconds for _, _, seconds in seen)
    figures(
        **load.ledger.figures(),
        **books.figures(),
        probes=len(seen),
        slowest_probe=f"{slowest * 1000:.0f} ms",
        unknown=place.said(UNKNOWN),
        refused_a_second=round(len(refused) / (FROZEN_SECONDS - 2)),
        recovery=f"{recovery:.1f} s",
    )
    assert slowest < BOUND_SECONDS
    assert {status for path, status, _ in seen if path == "/health/live"} == {200}
    assert load.ledger.errors().keys() <= REFUSALS
    assert all(int(each.retry_after) >= 1 for each in load.ledger.answers if each.status == 503)
    assert len(refused) > FROZEN_SECONDS
    assert books.is_even
    assert load.ledger.given_up == []
    assert place.web.workers() == workers
    assert place.said(SILENT) == place.said("PostgreSQL is back after") == len(workers)


def is_written(load, since):
    return any(each.status == 201 for each in load.ledger.between(since, since + 60, "POST"))


def test_commit_that_is_not_answered_is_unknown_and_kept_once_after_its_repetition(standing_place):
    """One write alone leaves threads free, so its commit is waited for until the deadline."""
    place, load = standing_place, prepared(standing_place, "unknown")
    body = factories.feedback(agent_uuid=load.agent_uuid, tag2="unknown")
    options = {"json": body, "headers": {"Idempotency-Key": "frozen"}}
    said = place.said(UNKNOWN)
    freezing = threading.Thread(target=frozen_amid_a_commit, args=(place,))
    with load.client() as client:
        with trigger(place.sql, "erc8004_reputation", SLOW, when="constraint after insert"):
            freezing.start()
            answer = client.ask("POST", f"{API}feedback", **options)
            freezing.join()
        assert (answer.status_code, answer.json()["code"]) == (503, "TRANSACTION_FAILED")
        assert "may have been kept" in answer.json()["detail"]
        assert place.said(UNKNOWN) > said
        # For a moment it may be refused still, unread: until it is seen that the server answers.
        wait_until(lambda: client.ask("POST", f"{API}feedback", **options).status_code == 201)
    assert len(place.sql("select 1 as one from erc8004_reputation where tag2 = 'unknown'")) == 1


def frozen_amid_a_commit(place):
    """Freeze the server while it commits, for longer than a statement may take."""
    wait_until(lambda: place.sql(COMMITTING))
    with place.postgres.frozen():
        time.sleep(FROZEN_SECONDS)
    wait_until(lambda: not place.sql(COMMITTING))


def test_slow_statements_are_no_reason_to_refuse(standing_place):
    """Every thread waits for a lock, and is answered once that is free."""
    place, load = standing_place, prepared(standing_place, "slow")
    said = place.said(SILENT)
    with closing(psycopg2.connect(place.database_url)) as holder:
        holder.cursor().execute("lock table erc8004_agent_search")
        freeing = threading.Timer(1.5, holder.rollback)
        freeing.start()
        answers = at_once(8, lambda number: search(place, load, number))
        freeing.join()
    assert [answer.text for answer in answers if answer.status_code != 200] == []
    assert place.said(SILENT) == said


def search(place, load, number):
    return place.web.request("GET", f"{API}?q=slow{number}", headers=load.headers)
