"""Projectors that are killed, that run at the same time, and servers that go away."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from kamiyo_api.indexer import projector
from kamiyo_api.trust.refresh import refresh_stats
from tests.support import ROOT, journal
from tests.support.chain_history import empty_projection, history
from tests.support.chain_logs import Chain

PROGRAM = """
from kamiyo_api import create_app
from kamiyo_api.config import Config
from kamiyo_api.indexer import projector
with create_app(Config.from_environment()).app_context():
    print("ready", flush=True)
    while projector.project_next("base", 5) is not None:
        print("projected", flush=True)
"""
COUNTED = """
select agent_uuid, total_feedback, revoked_feedback, average_score
from v_erc8004_agent_stats
order by agent_uuid
"""
pytestmark = pytest.mark.slow


@pytest.fixture
def whole(project, sql):
    """What a projection in peace leads to; the journal is there, and nothing is projected."""
    chain = Chain()
    history(chain)
    project(chain)
    tables = journal.tables(sql)
    empty_projection(sql)
    return tables


def start():
    """A projector in a process of its own, that is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_projector_that_is_killed_again_and_again_leaves_the_same_tables(whole, sql):
    killed = 0
    for pause in range(60):
        process = start()
        process.stdout.readline()
        time.sleep(0.003 * (pause % 7))
        killed += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if not remaining(sql):
            break
    assert killed > 3
    projector.project("base")
    assert journal.tables(sql) == whole


def remaining(sql):
    """How many blocks are not projected yet."""
    (row,) = sql("select checked_block - projected_block as blocks from erc8004_chain_cursors")
    return row["blocks"]


def test_two_projectors_at_once_double_and_lose_nothing(app, whole, sql):
    counted, failures = [], []

    def run():
        with app.app_context():
            try:
                while (done := projector.project_next("base", 3)) is not None:
                    counted.append(done.logs)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(counted) == 12 * 17
    assert journal.tables(sql) == whole


def test_refreshes_at_the_same_time_neither_fail_nor_change_anything(app, whole, sql, get):
    stop, failures = threading.Event(), []

    def refresh():
        with app.app_context():
            while not stop.is_set():
                try:
                    refresh_stats()
                except Exception as error:
                    failures.append(error)

    thread = threading.Thread(target=refresh)
    thread.start()
    try:
        while projector.project_next("base", 3) is not None:
            pass
    finally:
        stop.set()
        thread.join()
    assert failures == []
    assert journal.tables(sql)[:-1] == whole[:-1]
    refresh_stats()
    counted = (
        "select agent_uuid, total_feedback, average_score from v_erc8004_agent_stats order by 1"
    )
    folded = sql(counted)
    refresh_stats(from_history=True)
    assert sql(counted) == folded


def test_a_transaction_that_fails_leaves_nothing_behind(whole, sql):
    """The last statement is refused, as if the chain had been projected by another."""
    sql("alter table erc8004_chain_cursors add constraint no check (projected_block < from_block)")
    try:
        with pytest.raises(Exception, match="violates check constraint"):
            projector.project("base")
    finally:
        sql("alter table erc8004_chain_cursors drop constraint no")
    assert not any(journal.tables(sql))
    projector.project("base")
    assert journal.tables(sql) == whole
