"""What nobody knew before is loaded, what may be stored is updated: both lead to the same rows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import psycopg2
import pytest

from kamiyo_api.indexer import projector
from tests.support import chain_logs as logs
from tests.support import journal
from tests.support.chain_history import CLIENT, OTHER, OWNER
from tests.support.chain_logs import IDENTITY, Chain
from tests.support.concurrency import wait_until

MOST_ID, MOST, LEAST = 2**256 - 1, 2**127 - 1, -(2**127)
VALUES = [(0, 0), (9_999, 18), (10_000, 0), (1_0000_0000, 8), (-5, 2), (MOST, 18), (LEAST, 0)]
TAGS = (b"starred", b"", b"uptime", b'a "tag", \\ {here}', b"n\0me\xff")
WAITING = """
select pid
from pg_stat_activity
where wait_event_type = 'Lock'
  and datname = current_database()
  and query like '%copy erc8004_agents%'
"""
IMPORTED = """
insert into erc8004_agents (id, agent_id, chain, registry_address, owner_address, source)
values (%s, 7, 'base', %s, %s, 'import')
"""
ID = "00000000-0000-4000-8000-000000000007"


@pytest.fixture
def chain():
    return Chain()


@pytest.mark.parametrize("number", [0, 9_999, 10_000, 120_000_000, MOST_ID])
def test_loaded_rows_equal_those_of_a_rebuild(chain, project, sql, number):
    chain.block(logs.registration(number, OWNER, b"n\0\xff"), [logs.transfer(number, OWNER, OTHER)])
    given = [
        logs.feedback(
            number, CLIENT, place, value, decimals, tag, b"\xff", b"e", b"u", bytes([place] * 32)
        )
        for place, (value, decimals, tag) in enumerate(
            ((*each, tag) for each in VALUES for tag in TAGS), 1
        )
    ]
    chain.block(given, [logs.revoked(number, CLIENT, 3)])
    project(chain)
    loaded = journal.tables(sql)
    projector.rebuild("base")
    assert journal.tables(sql) == loaded
    stored = sql(
        """
        select value, value_decimals, score, is_measurement
        from erc8004_reputation
        order by log_index
        """
    )
    assert [(int(row["value"]), row["value_decimals"]) for row in stored] == [
        each for each in VALUES for _ in TAGS
    ]
    assert [row["score"] for row in stored[:3]] == [Decimal(0), Decimal(0), Decimal(0)]
    assert [row["is_measurement"] for row in stored[:3]] == [False, False, True]
    (row,) = sql("select agent_id from erc8004_agents")
    assert int(row["agent_id"]) == number


def test_an_index_that_is_given_again_replaces_the_feedback_beside_new_one(chain, project, sql):
    chain.block(logs.registration(0, OWNER), [logs.feedback(0, CLIENT, 1, 10)])
    project(chain)
    again = [logs.feedback(0, CLIENT, 1, 20), logs.feedback(0, CLIENT, 2, 30)]
    chain.block(again, logs.registration(1, OWNER), [logs.feedback(1, CLIENT, 1, 40)])
    project(chain)
    stored = sql("select value from erc8004_reputation order by value")
    assert [int(row["value"]) for row in stored] == [20, 30, 40]
    assert len(sql("select id from erc8004_agents")) == 2


def test_an_agent_that_is_imported_meanwhile_becomes_that_of_the_chain(app, chain, servers, sql):
    chain.block(logs.registration(7, OWNER, b"data:,"), [logs.feedback(7, CLIENT, 1, 10)])
    journal.write(servers.database_url, chain)

    def run():
        with app.app_context():
            return projector.project("base")

    with psycopg2.connect(servers.database_url) as writer, ThreadPoolExecutor(1) as pool:
        with writer.cursor() as cursor:
            cursor.execute(IMPORTED, (ID, IDENTITY, OTHER))
        projected = pool.submit(run)
        wait_until(lambda: sql(WAITING) or projected.done())
        writer.commit()
        assert projected.result() > 0
    writer.close()
    (agent,) = sql("select id::text, owner_address, source from erc8004_agents")
    assert agent == {"id": ID, "owner_address": OWNER, "source": "chain"}
    assert sql("select agent_uuid::text from erc8004_reputation") == [{"agent_uuid": ID}]
