"""PostgreSQL killed or restarted under load: what is cached is still answered, the rest is
refused quickly, and no write that was acknowledged is lost."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack, closing, contextmanager, suppress

import psycopg2
import pytest

from tests.support.balance import balance
from tests.support.concurrency import seconds_until
from tests.support.load import API, prepared, under_load

# Longer than a key is remembered without asking again, once.
AWAY = {signal.SIGKILL: 5.0, signal.SIGQUIT: 2.0, signal.SIGINT: 2.0}
REFUSALS = {
    f"503 {code}" for code in ("DATABASE_UNAVAILABLE", "DATABASE_BUSY", "TRANSACTION_FAILED")
}
OF_THE_SERVICE = """
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'kamiyo-api'
"""


@pytest.mark.parametrize("number", AWAY)
def test_database_that_goes_away_under_load_loses_nothing(place, figures, number):
    quiet = prepared(place, "quiet")
    reader, path = quiet.client(), f"{API}{quiet.agent_uuid}/stats"
    with under_load(place, f"postgres-{number.name}") as load:
        make_known(reader, path)
        place.postgres.end(number)
        until = time.monotonic() + AWAY[number]
        while time.monotonic() < until:
            assert place.health() == (503, "unhealthy")
            assert reader.ask("GET", path).status_code == 200
            time.sleep(0.05)
        place.postgres.start()
        back = time.monotonic()
        recovery = seconds_until(lambda: place.health()[0] == 200 and is_written(load, since=back))
        time.sleep(0.5)
    refused = [each for each in load.ledger.answers if each.status >= 500]
    slowest_refusal = max(each.seconds for each in refused)
    books = balance(place, load.ledger)
    figures(
        **load.ledger.figures(),
        **books.figures(),
        slowest_refusal=f"{slowest_refusal * 1000:.0f} ms",
        cached_reads_while_away=len(quiet.ledger.answers),
        recovery=f"{recovery:.1f} s",
    )
    assert load.ledger.errors().keys() <= REFUSALS
    assert all(int(each.retry_after) >= 1 for each in refused)
    assert slowest_refusal < 2
    assert recovery < 2
    assert load.ledger.given_up == []
    assert books.is_even


def make_known(reader, path):
    """Read for a second, amid a load that keeps both workers busy: each knows only the keys
    that it saw."""
    until = time.monotonic() + 1
    while time.monotonic() < until:
        assert reader.ask("GET", path).status_code == 200


def is_written(load, since):
    return any(each.status == 201 for each in load.ledger.between(since, since + 60, "POST"))


def test_database_without_a_free_connection_refuses_and_comes_back(place, figures):
    quiet = prepared(place, "quiet")
    reader, path = quiet.client(), f"{API}{quiet.agent_uuid}/stats"
    with under_load(place, "connections") as load:
        make_known(reader, path)
        with every_connection_held(place) as count:
            began = time.monotonic()
            while time.monotonic() < began + 2:
                assert reader.ask("GET", path).status_code == 200
                time.sleep(0.05)
            refused = load.ledger.between(began, time.monotonic(), "POST")
        back = time.monotonic()
        recovery = seconds_until(lambda: is_written(load, since=back))
        time.sleep(0.5)
    books = balance(place, load.ledger)
    slowest = max(each.seconds for each in refused)
    figures(
        **load.ledger.figures(),
        **books.figures(),
        held=count,
        slowest_refusal=f"{slowest * 1000:.0f} ms",
        recovery=f"{recovery:.1f} s",
    )
    assert load.ledger.errors().keys() <= REFUSALS
    assert {each.status for each in refused} == {503}
    assert all(int(each.retry_after) >= 1 for each in refused)
    assert slowest < 2
    assert recovery < 2
    assert books.is_even


@contextmanager
def every_connection_held(place):
    """Take each connection that the server has to give, those of the service first."""
    with ExitStack() as held:
        first = held.enter_context(closing(psycopg2.connect(place.database_url)))
        first.autocommit = True
        cursor = first.cursor()
        count, looks_without = 1, 0
        # One that is being opened does not say yet whose it is.
        while looks_without < 5:
            cursor.execute(OF_THE_SERVICE)
            looks_without = 0 if cursor.rowcount else looks_without + 1
            with suppress(psycopg2.OperationalError):
                while True:
                    held.enter_context(closing(psycopg2.connect(place.database_url)))
                    count += 1
            time.sleep(0.05)
        yield count
