"""What triggers keep true in place of foreign keys to agents: the agent of feedback exists, and its
feedback and epochs of ownership are deleted with it."""

from __future__ import annotations

import psycopg2
import pytest

from tests.support import database
from tests.support.chain_logs import Chain, registration, transfer

OWNER, OTHER = "0x" + "a1" * 20, "0x" + "c2" * 20
FEEDBACK = """
    insert into erc8004_reputation (agent_uuid, client_address, value, chain)
    select a.id, a.owner_address, 1, a.chain
    from erc8004_agents as a
"""
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
ENDS = ("delete from erc8004_agents", "truncate erc8004_agents cascade")


@pytest.fixture
def agent(project):
    """An agent with two owners, and no feedback."""
    chain = Chain()
    chain.block(registration(0, OWNER, b"data:,"), [transfer(0, OWNER, OTHER)])
    project(chain)


@pytest.mark.parametrize("change", OF_NO_AGENT)
def test_feedback_of_an_unknown_agent_is_refused(agent, sql, change):
    sql(FEEDBACK)
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
        cursor.execute(FEEDBACK)
        database.run(other, "set lock_timeout = '50ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            database.run(other, ENDS[0])
        writer.commit()
        database.run(other, ENDS[0])
    writer.close()
    assert sql("select chain from erc8004_reputation") == []


@pytest.mark.parametrize("end", ENDS)
def test_feedback_and_epochs_of_ownership_go_with_their_agent(agent, sql, end):
    sql(FEEDBACK)
    assert len(sql(EPOCHS)) == 2
    sql(end)
    assert sql(EPOCHS) == []
    assert sql("select id from erc8004_reputation") == []
