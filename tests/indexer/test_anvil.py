"""Chains of a real node: followed, reorganised, and read by indexers that are killed."""

from __future__ import annotations

import random
import signal
import threading
import time
from contextlib import contextmanager

import pytest

from kamiyo_api.demo.logs import feedback, registration, transfer, uri_updated
from kamiyo_api.dev.anvil import Anvil
from kamiyo_api.dev.databases import embedded_valkey, free_port
from kamiyo_api.health import metrics_page
from kamiyo_api.indexer import providers
from tests.support import reading
from tests.support.anvil import held, is_read, logs_of, play, projected_to
from tests.support.concurrency import wait_until
from tests.support.prometheus import scraped
from tests.support.reading import CLIENT, QUICK
from tests.support.servers import Restartable

pytestmark = pytest.mark.slow

DEPTH = 8
DOOMED = "0x" + "d0" * 20
HISTORY = range(30)
PATHS = (
    "/agents/?chain=base&limit=100",
    "/agents/base/0",
    "/agents/base/1",
    "/agents/{0}/feedback?limit=100",
    "/agents/{1}/ownership",
)


def test_blocks_are_followed_as_they_come(app, node, catch_up, fresh, sql):
    for start in range(0, 60, 7):
        play(node, range(start, start + 7))
        catch_up(node)
        assert reading.journal(sql) == logs_of(node)
        assert projected_to(sql) == node.number_of("finalized") == node.head() - 2
    followed = held(sql)
    assert all(followed[:7]), "each table has rows"
    assert followed == fresh(node)


@pytest.mark.parametrize("depth", [1, 3, 6])
def test_reorganisation_is_followed(app, node, catch_up, fresh, sql, depth):
    play(node, HISTORY)
    for index in range(1, depth + 1):
        node.mine([feedback(0, DOOMED, index)])
    catch_up(node, finality=str(DEPTH))
    assert reading.journal(sql) == logs_of(node)
    node.reorganise(depth, *([[feedback(0, CLIENT, n)]] for n in range(1, depth + 1)))
    catch_up(node)
    assert reading.journal(sql) == logs_of(node)
    page = scraped(metrics_page.text().decode())
    assert page.total("erc8004_chain_rollbacks_total", chain="base", depth=str(depth)) == 1
    play(node, range(HISTORY.stop, HISTORY.stop + DEPTH))
    catch_up(node)
    clients = "select distinct r.client_address from erc8004_reputation as r"
    given = {row["client_address"] for row in sql(clients)}
    assert CLIENT in given
    assert DOOMED not in given
    followed = held(sql)
    assert followed == fresh(node, finality=str(DEPTH))


@pytest.fixture
def impatient(monkeypatch):
    """Let a command that reads wait shortly for providers that fail."""
    monkeypatch.setattr(providers, "Patience", lambda: QUICK)


def test_reorganisation_below_final_is_refused_loudly(app, node, catch_up, impatient, sql):
    play(node, HISTORY)
    catch_up(node)
    before = held(sql)
    node.reorganise(6, [[feedback(0, CLIENT, 1)]])
    node.mine()
    stopped = app.test_cli_runner().invoke(args=["index-chain", "base", "--once"])
    assert stopped.exit_code == 1
    assert stopped.stderr.startswith("Error: base: REORGANISED_BELOW_FINAL: provider 1: ")
    assert "If the provider is wrong, use another one in RPC_URL_" in stopped.stderr
    page = scraped(metrics_page.text().decode())
    code = "REORGANISED_BELOW_FINAL"
    assert page.total("erc8004_chain_stopped", chain="base", code=code) == 1
    assert held(sql) == before


def test_nothing_unfinal_is_seen_through_the_api(app, node, indexer, fresh, admin, sql):
    play(node, HISTORY)
    running = indexer(node, "--finality", str(DEPTH))
    wait_until(lambda: is_read(node, sql), seconds=60)
    owner = sql("select a.owner_address from erc8004_agents as a where a.agent_id = 1")[0]
    agents = sql("select count(*) as n from erc8004_agents")[0]["n"]
    with polled(app, node, admin, sql) as poll:
        for turn in range(4):
            node.mine([transfer(1, owner["owner_address"], DOOMED)])
            node.mine([feedback(0, DOOMED, 1)])
            node.mine(registration(agents, DOOMED, b"data:,"))
            wait_until(lambda: is_read(node, sql), seconds=60)
            seen = len(poll.answers)
            wait_until(lambda seen=seen: len(poll.answers) > seen + len(PATHS), seconds=60)
            node.reorganise(3, [[feedback(0, CLIENT, turn + 1)]])
            wait_until(lambda: is_read(node, sql), seconds=60)
        for _ in range(DEPTH):
            node.mine()
        wait_until(lambda: projected_to(sql) == node.head() - DEPTH, seconds=60)
        seen = len(poll.answers)
        wait_until(lambda: len(poll.answers) > seen + len(PATHS), seconds=60)
    assert any(CLIENT in text for text in poll.answers)
    assert not [text for text in poll.answers if DOOMED in text]
    assert poll.too_early == []
    running.kill()
    assert held(sql) == fresh(node, finality=str(DEPTH))


class Poll:
    """The answers of the API while a chain is followed; `too_early` are those that stood for
    blocks that were not final."""

    def __init__(self):
        self.answers, self.too_early, self.ends = [], [], threading.Event()

    def run(self, client, node, headers, paths):
        """Ask again and again until the end."""
        final = 0
        while not self.ends.is_set():
            for path in paths:
                answer = client.get(f"/api/v1{path}", headers=headers)
                final = max(final, node.head() - DEPTH)
                self.answers.append(answer.text)
                if answer.status_code != 200 or answer.json.get("as_of_block", 0) > final:
                    self.too_early.append((final, answer.text))


@contextmanager
def polled(app, node, headers, sql):
    """Ask the API all the time."""
    rows = sql("select a.id from erc8004_agents as a where a.agent_id < 2 order by 1")
    paths = [path.format(*(row["id"] for row in rows)) for path in PATHS]
    poll = Poll()
    arguments = (app.test_client(), Anvil(node.url), headers, paths)
    thread = threading.Thread(target=poll.run, args=arguments)
    thread.start()
    try:
        yield poll
    finally:
        poll.ends.set()
        thread.join()


def test_cached_answers_are_never_older_than_what_another_process_projected(
    app, node, indexer, get, sql
):
    play(node, HISTORY)
    indexer(node, "--finality", "0")
    wait_until(lambda: projected_to(sql) == node.head(), seconds=60)
    known = get("/agents/base/0")
    stats = f"/agents/{known['agent_uuid']}/stats"
    for number in range(1, 4):
        before = get(stats)["total_feedback"]
        get("/agents/base/0")
        node.mine([feedback(0, CLIENT, number)], uri_updated(0, b"data:,%d" % number))
        wait_until(lambda: projected_to(sql) == node.head(), seconds=60)
        assert get(stats)["total_feedback"] == before + 1
        assert get("/agents/base/0")["token_uri"] == f"data:,{number}"


def test_cached_answers_are_never_older_than_what_another_process_resolved(
    app, node, catch_up, flask, get
):
    play(node, range(3))
    catch_up(node, finality="0")
    assert get("/agents/base/0")["registration_status"] == "pending"
    assert flask("resolve-files", "--once").returncode == 0
    assert get("/agents/base/0")["registration_status"] == "resolved"


def test_killed_indexers_and_a_lost_redis_leave_the_same_tables(
    app, node, indexer, fresh, sql, tmp_path
):
    port = free_port()
    run = Restartable(lambda: embedded_valkey(tmp_path, port=port), tmp_path / "valkey/valkey.pid")
    settings = {"REDIS_URL": run.start()}
    chance = random.Random(8004)
    for turn in range(5):
        running = indexer(node, **settings)
        play(node, range(9 * turn, 9 * turn + 6))
        wait_until(lambda: is_read(node, sql), seconds=60)
        if turn == 1:
            run.end(signal.SIGKILL)
        play(node, range(9 * turn + 6, 9 * turn + 9))
        time.sleep(chance.uniform(0.2, 0.6))
        running.kill()
        running.wait()
    indexer(node, **settings)
    wait_until(lambda: projected_to(sql) == node.head() - 2, seconds=60)
    followed = held(sql)
    assert followed == fresh(node)
