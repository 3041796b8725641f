"""A reader that is killed anywhere, also inside its commits, goes on as if nothing had happened."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from tests.support import ROOT
from tests.support.chain_logs import IDENTITY, REPUTATION, VALIDATION
from tests.support.reading import journal, logs_of, populate

CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)
KILLS = int(os.environ.get("TESTS_KILLS", "6"))
# What differs from run to run: random ids of rows and the times of their insertion.
PROJECTED = (
    "select count(*) as n from erc8004_agents",
    "select count(*) as n from erc8004_reputation",
    "select count(*) as n from erc8004_feedback_responses",
    "select count(*) as n from erc8004_ownership_epochs",
)


@pytest.fixture
def indexer(servers, chain):
    """Start an indexer in a process of its own."""

    def start():
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "index-chain", "base", "--once", "--max-range", "2"],
            cwd=ROOT,
            env={
                **os.environ,
                "FLASK_APP": "wsgi",
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                "RPC_URL_BASE": chain.url,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    return start


@pytest.mark.slow
def test_killed_indexers_leave_what_one_leaves(app, chain, indexer, sql):
    populate(chain, 160, first=40)
    chance = random.Random(8004)
    blocks = [None]
    for _ in range(KILLS):
        running = [indexer(), indexer()]
        wait_for_progress(sql, blocks[-1])
        time.sleep(chance.uniform(0, 0.05))
        for process in running:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
        blocks.append(read_block(sql))
        until = blocks[-1] or 0
        assert journal(sql) == logs_of(chain, CONTRACTS, until)
    assert blocks[1:] == sorted(set(blocks[1:]))
    finished = indexer()
    assert finished.communicate()[1] == b""
    assert journal(sql) == logs_of(chain, CONTRACTS)
    assert sql("select c.projected_block from erc8004_chain_cursors as c") == [
        {"projected_block": chain.blocks[-9].number}
    ]
    counts = [sql(query)[0]["n"] for query in PROJECTED]
    assert counts == [193, 193, 193, 242]


def read_block(sql):
    """How far the chain was read."""
    rows = sql("select c.read_block from erc8004_chain_cursors as c")
    return rows[0]["read_block"] if rows else None


def wait_for_progress(sql, before):
    """Wait until more was read."""
    while read_block(sql) in (None, before):
        time.sleep(0.002)
