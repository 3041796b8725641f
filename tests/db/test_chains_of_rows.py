"""What triggers keep true in place of foreign keys to chains: the chain of each row exists."""

from __future__ import annotations

import psycopg2
import pytest

from tests.support import database
from tests.support.chain_logs import Chain, registration

OWNER = "0x" + "a1" * 20
WRITES = {
    "erc8004_agents": """
        insert into erc8004_agents (agent_id, chain, registry_address, owner_address)
        select 7, named.chain, a.registry_address, a.owner_address
        from erc8004_agents as a
        cross join unnest(%s::text[]) as named (chain)
        where a.agent_id = 0
    """,
    "erc8004_reputation": """
        insert into erc8004_reputation (agent_uuid, client_address, value, chain)
        select a.id, a.owner_address, 1, named.chain
        from erc8004_agents as a
        cross join unnest(%s::text[]) as named (chain)
    """,
    "erc8004_validations": """
        insert into erc8004_validations
          (agent_uuid, registry_address, request_hash, validator_address, chain)
        select a.id, a.registry_address, '0x' || repeat('a', 64), a.owner_address, named.chain
        from erc8004_agents as a
        cross join unnest(%s::text[]) as named (chain)
    """,
    "erc8004_agent_payments": """
        insert into erc8004_agent_payments (agent_uuid, tx_hash, amount_usdc, chain)
        select a.id, '0x' || repeat('a', 64), 1, named.chain
        from erc8004_agents as a
        cross join unnest(%s::text[]) as named (chain)
    """,
}
ADD_CHAIN = """
    insert into erc8004_chains
      (name, chain_id, is_testnet, identity_registry, reputation_registry, validation_registry)
    select
      'rollup', 900001, false, c.identity_registry, c.reputation_registry, c.validation_registry
    from erc8004_chains as c
    where c.name = 'base'
"""
DELETE_CHAIN = "delete from erc8004_chains where name = 'rollup'"
CHANGES = (
    DELETE_CHAIN,
    "update erc8004_chains set name = 'rolled-up' where name = 'rollup'",
    "update {table} set chain = 'nowhere' where chain = 'rollup'",
)


@pytest.fixture(params=WRITES)
def table(request):
    """Each table whose rows name a chain."""
    return request.param


@pytest.fixture
def agent(project):
    """An agent without feedback."""
    chain = Chain()
    chain.block(registration(0, OWNER, b"data:,"))
    project(chain)


@pytest.fixture
def rollup(agent, sql):
    """Another chain, which goes after the test."""
    sql(ADD_CHAIN)
    yield
    for table in WRITES:
        sql(f"delete from {table} where chain = 'rollup'")
    sql(DELETE_CHAIN)


def test_row_of_an_unknown_chain_is_refused(agent, table, sql):
    before = sql(f"select count(*) from {table}")
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(WRITES[table], ["monad", "nowhere"])
    assert refused.value.diag.constraint_name == f"fk__{table}__chain"
    assert sql(f"select count(*) from {table}") == before
    sql(WRITES[table], ["monad", "scroll"])


@pytest.mark.parametrize("change", CHANGES)
def test_chain_that_a_row_names_stays(rollup, table, sql, change):
    sql(WRITES[table], ["base", "rollup"])
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(change.format(table=table))
    assert refused.value.diag.constraint_name == f"fk__{table}__chain"


def test_chain_stays_while_a_row_of_it_is_written(rollup, table, sql, servers):
    with (
        psycopg2.connect(servers.database_url) as writer,
        writer.cursor() as cursor,
        database.session(servers.database_url) as other,
    ):
        cursor.execute(WRITES[table], (["rollup"],))
        database.run(other, "set lock_timeout = '50ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            database.run(other, DELETE_CHAIN)
        writer.rollback()
    writer.close()
