"""The journal of a chain as the reader leaves it, and its projection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2.extras
import pytest
from flask import Flask

from kamiyo_api.dev.databases import Servers
from kamiyo_api.indexer import projector
from tests.support import database
from tests.support.chain_logs import FIRST_BLOCK, Chain

LOGS = "insert into erc8004_chain_logs values %s"
BLOCKS = "insert into erc8004_chain_blocks values %s"
CURSOR = """
insert into erc8004_chain_cursors as c (
  chain, from_block, read_block, read_hash, final_block, checked_block, projected_block, head_block
)
values (%(chain)s, %(first)s, %(last)s, %(hash)s, %(last)s, %(last)s, %(first)s - 1, %(last)s)
on conflict (chain) do update
set
  read_block = excluded.read_block,
  final_block = excluded.final_block,
  checked_block = excluded.checked_block,
  head_block = excluded.head_block
"""


def write(database_url: str, chain: Chain) -> None:
    """Write the blocks of a chain that are not in the journal yet, all final and checked."""
    with database.session(database_url) as connection, connection.cursor() as cursor:
        times = "(%s, %s, %s, %s, to_timestamp(%s))"
        psycopg2.extras.execute_values(cursor, BLOCKS, chain.blocks, template=times)
        if chain.logs:
            psycopg2.extras.execute_values(cursor, LOGS, chain.logs)
        parameters = {"chain": chain.name, "first": FIRST_BLOCK, "hash": bytes(32)}
        cursor.execute(CURSOR, parameters | {"last": chain.number - 1})
    chain.logs, chain.blocks = [], []


@pytest.fixture
def project(app: Flask, servers: Servers) -> Callable[[Chain], int]:
    """Write the new blocks of a chain into the journal and project them; the number of logs."""

    def run(chain: Chain) -> int:
        write(servers.database_url, chain)
        return projector.project(chain.name)

    return run


def tables(sql: Callable[..., list[dict[str, Any]]]) -> list[Any]:
    """Everything that a projection writes, in order."""
    return [
        sql(f"select to_jsonb(t) as row from {table} as t order by to_jsonb(t)::text")
        for table in PROJECTED
    ]


PROJECTED = (
    "erc8004_agents",
    "erc8004_agent_metadata",
    "erc8004_ownership_epochs",
    "erc8004_reputation",
    "erc8004_feedback_responses",
    "erc8004_validations",
    "erc8004_chain_unprojected",
    "erc8004_agent_search",
)
