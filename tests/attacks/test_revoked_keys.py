"""A key that lost its rights writes nothing more, from the moment in which the database knows;
what a process remembers serves reads alone, for a bounded time."""

from __future__ import annotations

import itertools
import signal
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import requests

from kamiyo_api import db, outages
from kamiyo_api.access import authentication, keys
from tests.support import factories
from tests.support.clients import outcome
from tests.support.concurrency import wait_until, working
from tests.support.load import API
from tests.support.servers import open_place

FEEDBACK = f"{API}feedback"
# What happens to a key that writes, and how its next write is refused.
CHANGES = {
    "revoked": ("status = 'revoked'", (401, "INVALID_API_KEY")),
    "expired": ("expires_at = now()", (401, "EXPIRED_API_KEY")),
    "without the scope": ("scopes = '{read}'", (403, "INSUFFICIENT_SCOPE")),
    "of another wallet": (
        f"wallet_address = '{factories.address()}'",
        (403, "NOT_FEEDBACK_CLIENT"),
    ),
}
LIMITED = (429, "RATE_LIMIT_EXCEEDED")
UNAVAILABLE = {(503, "DATABASE_UNAVAILABLE"), (503, "DATABASE_BUSY"), (503, "TRANSACTION_FAILED")}


@pytest.fixture(scope="module")
def place():
    """A service on servers that may be killed."""
    with tempfile.TemporaryDirectory(prefix="kamiyo-attacks-") as folder:
        Path(folder).chmod(0o755)
        with open_place(Path(folder)) as opened:
            yield opened


class Writer:
    """Clients that give feedback with one key, as one wallet, and what they were answered."""

    def __init__(self, place):
        self.place, self.wallet = place, factories.address()
        with place.app.app_context():
            secret = keys.create("w", "enterprise", ("read", "write"), self.wallet, None)
        self.key_prefix, self.headers = secret[:15], {"Authorization": f"Bearer {secret}"}
        # The database may have come back just now, which each worker learns for itself.
        wait_until(lambda: all(self.register().status_code == 201 for _ in range(8)))
        self.agent_uuid = self.register().json()["agent_uuid"]
        self.answers, self.stopped = [], threading.Event()
        # Nobody was refused from this address so far.
        place.redis.flushall()

    def register(self):
        """Register an agent of somebody else."""
        url, headers = f"{self.place.web.url}{API}register", self.place.headers()
        return requests.post(url, json=factories.agent(), headers=headers, timeout=30)

    def write(self):
        """Give feedback until the test ends it; note when each was sent."""
        body = factories.feedback(agent_uuid=self.agent_uuid, client_address=self.wallet)
        with requests.Session() as session:
            for number in itertools.count():
                if self.stopped.is_set():
                    return
                sent = time.monotonic()
                # By turns through each of the two ways that a transaction can take.
                headers = {"Idempotency-Key": factories.address()} if number % 2 else {}
                with suppress(requests.ConnectionError):
                    answer = session.post(
                        self.place.web.url + FEEDBACK,
                        json=body,
                        headers={**self.headers, **headers},
                        timeout=30,
                    )
                    self.answers.append((sent, answer.status_code, answer.json().get("code")))

    @contextmanager
    def writing(self):
        """Four clients at work while a block runs."""
        with working([self.write] * 4):
            try:
                wait_until(lambda: len(self.answers) > 40)
                yield
            finally:
                self.stopped.set()

    def change(self, assignment):
        """Change the key as an operator would in psql; when that was committed."""
        self.place.sql(f"update api_keys set {assignment} where key_prefix = %s", self.key_prefix)
        return time.monotonic()

    def written(self):
        """How many feedback there are of the wallet."""
        (row,) = self.place.sql(
            "select count(*) as count from erc8004_reputation where client_address = %s",
            self.wallet,
        )
        return row["count"]

    def sent_since(self, moment):
        """What was answered to what was sent since then, and how often."""
        return Counter(each[1:] for each in list(self.answers) if each[0] >= moment)

    def refused_since(self, moment, refusal):
        """How often a write was refused; what is refused often is refused by another code."""
        after = self.sent_since(moment)
        return after[refusal] + after[LIMITED]


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_is_written_once_the_key_changed(place, figures, name):
    assignment, refusal = CHANGES[name]
    writer = Writer(place)
    with writer.writing():
        changed = writer.change(assignment)
        written = writer.written()
        wait_until(lambda: writer.refused_since(changed, refusal) >= 40)
    after = writer.sent_since(changed)
    figures(written_before=written, written_after=writer.written() - written)
    assert writer.written() == written > 0
    assert after[refusal] > 0
    assert after.keys() <= {refusal, LIMITED}


@pytest.mark.parametrize("name", CHANGES)
def test_nothing_is_written_when_the_database_comes_back(place, figures, name):
    assignment, refusal = CHANGES[name]
    writer = Writer(place)
    with writer.writing():
        changed = writer.change(assignment)
        written = writer.written()
        with away(place) as gone:
            wait_until(lambda: sum(writer.sent_since(gone).values()) >= 40)
        back = time.monotonic()
        wait_until(lambda: writer.refused_since(back, refusal) >= 40)
    after = writer.sent_since(changed)
    figures(written_before=written, written_after=writer.written() - written, away=after)
    assert writer.written() == written > 0
    assert after[refusal] > 0
    assert after.keys() <= {refusal, LIMITED, *UNAVAILABLE}


def test_key_that_is_changed_and_may_write_still_writes_by_its_new_rights(place):
    writer = Writer(place)
    with writer.writing():
        writer.change("tier = 'team'")
        changed = time.monotonic()
        wait_until(lambda: writer.sent_since(changed)[(201, None)] >= 20)
    assert writer.sent_since(0).keys() == {(201, None)}
    assert writer.written() == sum(writer.sent_since(0).values())


@pytest.fixture
def remembering(place):
    """A process of the service which remembers keys for other times; a client of it, a key
    that it knows, and an answer that is cached."""

    def remember(**seconds):
        place.app.extensions["kamiyo"].known_keys = authentication.KnownKeys(**seconds)
        place.app.extensions["kamiyo"].sent_answers.clear()
        writer = Writer(place)
        client, path = place.app.test_client(), f"{API}{writer.agent_uuid}/stats"

        def read():
            asked = time.monotonic()
            return asked, client.get(path, headers=writer.headers).status_code

        def write():
            body = factories.feedback(agent_uuid=writer.agent_uuid, client_address=writer.wallet)
            return outcome(client.post(FEEDBACK, json=body, headers=writer.headers))

        return writer, read, write

    yield remember
    place.app.extensions["kamiyo"].known_keys = authentication.KnownKeys()


def read_until_refused(read):
    """When the last read was sent that was answered, and how the next one was refused."""
    reads = []

    def is_refused():
        reads.append(read())
        return reads[-1][1] != 200

    wait_until(is_refused)
    return reads[-2][0], reads[-1][1]


@contextmanager
def away(place):
    """No database while a block runs; after it, all reach it again."""
    place.postgres.end(signal.SIGINT)
    try:
        yield time.monotonic()
    finally:
        place.postgres.start()
        wait_until(lambda: place.health()[0] == 200 and is_reached(place.app))


def is_reached(app):
    """Whether this process reaches the database."""
    with app.app_context(), suppress(outages.Unavailable):
        return bool(db.row("health.get_alive"))


def test_what_is_cached_is_read_for_a_bounded_time_while_the_database_is_away(place, remembering):
    _, read, write = remembering(seconds=0.1, outage_seconds=6.0)
    # Until the answer is cached, and after that the key confirmed for the last time.
    assert [read()[1] for _ in range(3)] == [200] * 3
    time.sleep(0.1)
    assert read()[1] == 200
    confirmed = time.monotonic()
    with away(place) as began:
        assert read()[1] == 200
        assert write() == (503, "DATABASE_UNAVAILABLE")
        last, status = read_until_refused(read)
        assert (began < last < confirmed + 6.0, status) == (True, 503)
    assert read()[1] == 200


def test_key_that_ends_while_the_database_is_away_reads_no_longer(place, remembering):
    writer, read, _ = remembering(seconds=30.0)
    writer.change("expires_at = now() + interval '5 seconds'")
    ends = time.monotonic() + 5.0
    assert [read()[1] for _ in range(3)] == [200] * 3
    with away(place):
        assert read()[1] == 200
        last, status = read_until_refused(read)
    assert (last < ends, status) == (True, 503)


def test_key_that_was_seen_revoked_is_forgotten(place, remembering):
    writer, read, write = remembering(seconds=0.0)
    assert [read()[1] for _ in range(3)] == [200] * 3
    writer.change("status = 'revoked'")
    assert read()[1] == 401
    with away(place):
        assert read()[1] == 503
        assert write() == (503, "DATABASE_UNAVAILABLE")
