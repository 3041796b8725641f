"""Any size of transactions and any rebuild lead to the same tables."""

from __future__ import annotations

import pytest

from kamiyo_api.indexer import projector
from kamiyo_api.indexer.projector import ProjectionStopped
from tests.support import chain_logs as logs
from tests.support import journal
from tests.support.chain_history import BUYER, OTHER, OWNER, agent, empty_projection, history
from tests.support.chain_logs import Chain

DIGEST = bytes(range(32))


@pytest.fixture
def chain():
    return Chain()


@pytest.mark.parametrize("size", [1, 7, 50])
def test_any_size_of_transactions_leads_to_the_same_tables(chain, project, sql, size):
    history(chain)
    logs_in_all = len(chain.logs)
    assert project(chain) == logs_in_all
    whole = journal.tables(sql)
    empty_projection(sql)
    while projector.project_next("base", size) is not None:
        pass
    assert journal.tables(sql) == whole


def test_transactions_of_few_bytes_lead_to_the_same_tables(chain, project, sql, monkeypatch):
    history(chain)
    logs_in_all = len(chain.logs)
    assert project(chain) == logs_in_all
    whole = journal.tables(sql)
    empty_projection(sql)
    monkeypatch.setattr(projector, "BYTES_PER_TRANSACTION", 3000)
    sizes = []
    while (done := projector.project_next("base")) is not None:
        sizes.append(done.logs)
    assert (sum(sizes), max(sizes) < logs_in_all / 2) == (logs_in_all, True)
    assert journal.tables(sql) == whole


def test_a_rebuild_leads_to_identical_tables(chain, project, sql):
    history(chain)
    project(chain)
    whole = journal.tables(sql)
    assert projector.rebuild("base") == 12 * 17
    assert journal.tables(sql) == whole


def test_a_rebuild_keeps_a_uri_that_is_longer_than_clients_may_post(chain, project, sql):
    chain.block(logs.registration(0, OWNER, b"data:," + b"x" * 70_000))
    project(chain)
    whole = journal.tables(sql)
    projector.rebuild("base")
    assert journal.tables(sql) == whole
    assert len(agent(sql)["token_uri"]) == 70_006


def test_a_rebuild_undoes_what_the_journal_does_not_say(chain, project, sql, refresh, get):
    history(chain)
    project(chain)
    whole = journal.tables(sql)
    sql("update erc8004_agents set owner_address = %s, token_uri = 'x' where agent_id = 3", OTHER)
    sql("update erc8004_reputation set value = 1, is_revoked = false, revoked_at = null")
    sql("update erc8004_validations set response = 1")
    sql("delete from erc8004_agent_metadata")
    sql("delete from erc8004_feedback_responses")
    sql(
        """
        insert into erc8004_reputation (
          agent_uuid, client_address, value, chain, tx_hash, log_index,
          feedback_index, block_number, source
        )
        select id, %s, 1, 'base', %s, 1, 7, 1, 'chain'
        from erc8004_agents
        where agent_id = 3
        """,
        OTHER,
        f"0x{DIGEST.hex()}",
    )
    projector.rebuild("base")
    assert journal.tables(sql) == whole


def test_what_other_rules_projected_is_rebuilt_first(chain, project, sql):
    chain.block(logs.registration(0, OWNER))
    project(chain)
    sql("update erc8004_chain_cursors set decoder_version = 99")
    chain.block([logs.transfer(0, OWNER, BUYER)])
    with pytest.raises(ProjectionStopped, match="--rebuild"):
        project(chain)
    assert agent(sql)["owner_address"] == OWNER
    projector.rebuild("base")
    assert agent(sql)["owner_address"] == BUYER
