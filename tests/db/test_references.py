"""What triggers keep true in the place of foreign keys: the chain of agents and feedback exists, so
does the agent of feedback, and feedback and epochs of ownership go with their agent."""

from __future__ import annotations

import psycopg2
import pytest

from tests.support import database
from tests.support.chain_logs import Chain, registration, transfer

OWNER, OTHER = "0x" + "a1" * 20, "0x" + "c2" * 20
FEEDBACK = """
    insert into erc8004_reputation (agent_uuid, client_address, value, chain)
    select a.id, a.owner_address, 1, named.chain
    from erc8004_agents as a
    cross join unnest(%s::text[]) as named (chain)
"""
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
    "update erc8004_reputation set chain = 'nowhere'",
)
EPOCHS = "select owner_address from erc8004_ownership_epochs"
NO_AGENT = "00000000-0000-4000-8000-000000000000"
OF_NO_AGENT = (
    f"""
    insert into erc8004_reputation (agent_uuid, client_address, value, chain)
    select n.id, a.owner_address, 1, a.chain
    from erc8004_agents as a
    cross join lateral (values (a.id), ('{NO_AGENT}'::uuid)) as n (id)
    """,
    f"update erc8004_reputation set agent_uuid = '{NO_AGENT}'",
)
OF_NO_CHAIN = (
    """
    insert into erc8004_agents (agent_id, chain, registry_address, owner_address)
    select a.agent_id + 1, n.chain, a.registry_address, a.owner_address
    from erc8004_agents as a
    cross join lateral (values (a.chain), ('nowhere')) as n (chain)
    """,
    "update erc8004_agents set chain = 'nowhere'",
)
ENDS = ("delete from erc8004_agents", "truncate erc8004_agents cascade")


@pytest.fixture
def agent(project):
    """An agent with two owners, and no feedback."""
    chain = Chain()
    chain.block(registration(0, OWNER, b"data:,"), [transfer(0, OWNER, OTHER)])
    project(chain)


@pytest.fixture
def rollup(agent, sql):
    """Another chain, which goes after the test."""
    sql(ADD_CHAIN)
    yield
    sql("delete from erc8004_reputation")
    sql(DELETE_CHAIN)


def test_feedback_of_an_unknown_chain_is_refused(agent, sql):
    sql(FEEDBACK, ["base", "base"])
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(FEEDBACK, ["base", "nowhere"])
    assert refused.value.diag.constraint_name == "fk__erc8004_reputation__chain"
    assert len(sql("select chain from erc8004_reputation")) == 2


@pytest.mark.parametrize("change", CHANGES)
def test_chain_with_feedback_stays(rollup, sql, change):
    sql(FEEDBACK, ["base", "rollup"])
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(change)
    assert refused.value.diag.constraint_name == "fk__erc8004_reputation__chain"


def test_chain_stays_while_feedback_of_it_is_written(rollup, sql, servers):
    with (
        psycopg2.connect(servers.database_url) as writer,
        writer.cursor() as cursor,
        database.session(servers.database_url) as other,
    ):
        cursor.execute(FEEDBACK, (["rollup"],))
        database.run(other, "set lock_timeout = '50ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            database.run(other, DELETE_CHAIN)
        writer.rollback()
    writer.close()


@pytest.mark.parametrize("change", OF_NO_CHAIN)
def test_agents_of_an_unknown_chain_are_refused(agent, sql, change):
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(change)
    assert refused.value.diag.constraint_name == "fk__erc8004_agents__chain"


@pytest.mark.parametrize("change", CHANGES[:2])
def test_chain_with_agents_stays(rollup, sql, change):
    sql("update erc8004_agents set chain = 'rollup'")
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(change)
    assert refused.value.diag.constraint_name == "fk__erc8004_agents__chain"
    sql("update erc8004_agents set chain = 'base'")


@pytest.mark.parametrize("change", OF_NO_AGENT)
def test_feedback_of_an_unknown_agent_is_refused(agent, sql, change):
    sql(FEEDBACK, ["base"])
    with pytest.raises(psycopg2.errors.ForeignKeyViolation) as refused:
        sql(change)
    assert refused.value.diag.constraint_name == "fk__erc8004_reputation__agent"
    assert len(sql("select chain from erc8004_reputation")) == 1


def test_agent_stays_while_feedback_of_it_is_written(agent, sql, servers):
    with (
        psycopg2.connect(servers.database_url) as writer,
        writer.cursor() as cursor,
        database.session(servers.database_url) as other,
    ):
        cursor.execute(FEEDBACK, (["base"],))
        database.run(other, "set lock_timeout = '50ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            database.run(other, ENDS[0])
        writer.commit()
        database.run(other, ENDS[0])
    writer.close()
    assert sql("select chain from erc8004_reputation") == []


@pytest.mark.parametrize("end", ENDS)
def test_feedback_and_epochs_of_ownership_go_with_their_agent(agent, sql, end):
    sql(FEEDBACK, ["base", "base"])
    assert len(sql(EPOCHS)) == 2
    sql(end)
    assert sql(EPOCHS) == []
    assert sql("select id from erc8004_reputation") == []
