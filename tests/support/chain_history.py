"""A history of a chain with a little of everything, in the journal and projected."""

from __future__ import annotations

from tests.support import chain_logs as logs
from tests.support import journal

OWNER, BUYER, CLIENT, OTHER = ("0x" + digit * 40 for digit in "abcd")
ODD = b"n\0me\xff"


def agent(sql, number=0):
    """The row of an agent."""
    return sql("select * from erc8004_agents where agent_id = %s", number)[0]


def write_blocks(chain, sql):
    """Write the blocks of a chain into the journal, once, and leave the cursor at its beginning."""
    for row in chain.blocks:
        sql("insert into erc8004_chain_blocks values (%s, %s, %s, %s, to_timestamp(%s))", *row)
    for row in chain.logs:
        sql("insert into erc8004_chain_logs values (%s, %s, %s, %s, %s, %s, %s, %s)", *row)
    if chain.blocks:
        sql("update erc8004_chain_cursors set read_block = %s", chain.number - 1)
    chain.blocks, chain.logs = [], []


def history(chain):
    """A little of everything, over many blocks."""
    for number in range(12):
        chain.block(
            logs.registration(number, OWNER, b"ipfs://%d" % number),
            [logs.metadata_set(number, b"k%d" % (number % 3), ODD)],
        )
        clients = [f"0x{each + 1:040x}" for each in range(4)]
        chain.block(
            [logs.feedback(number, each, 1, 50 + number, tag1=b"starred") for each in clients]
        )
        chain.block(
            [logs.transfer(number, OWNER, BUYER), *logs.uri_updated(number, ODD)],
            [logs.revoked(number, clients[0], 1), logs.response(number, clients[1], 1, OTHER, ODD)],
            [logs.validation_request(number, OTHER, logs.hashed(b"%d" % number), ODD)],
            [logs.validation_response(number, OTHER, logs.hashed(b"%d" % number), number, ODD)],
            [logs.feedback(99, CLIENT, 1)],
        )


def empty_projection(sql):
    """Delete all that was projected."""
    for table in journal.PROJECTED:
        if table != "erc8004_agents":
            sql(f"delete from {table}")
    sql("delete from erc8004_agents")
    sql("update erc8004_chain_cursors set projected_block = from_block - 1")
