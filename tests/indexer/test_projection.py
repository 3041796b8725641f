"""The journal becomes agents, owners, feedback and validations, by the rules of the contracts."""

from __future__ import annotations

from decimal import Decimal

import pytest

from kamiyo_api.indexer import projector
from kamiyo_api.indexer.projector import ProjectionStopped
from tests.support import chain_logs as logs
from tests.support.chain_history import (
    BUYER,
    CLIENT,
    ODD,
    OTHER,
    OWNER,
    agent,
    history,
    write_blocks,
)
from tests.support.chain_logs import FIRST_TIME, IDENTITY, NOBODY, REPUTATION, Chain

DIGEST = bytes(range(32))
AGENTS = """
select agent_id::text, owner_address, token_uri, agent_wallet, source, claimed, unstorable
from erc8004_agents
order by agent_id
"""


@pytest.fixture
def chain():
    return Chain()


def test_a_registration_sets_owner_uri_and_wallet(chain, project, sql):
    block = chain.block(logs.registration(0, OWNER, b"ipfs://a"))
    assert project(chain) == 4
    found = agent(sql)
    assert found["owner_address"] == found["agent_wallet"] == OWNER
    assert (found["token_uri"], found["source"], found["claimed"]) == ("ipfs://a", "chain", False)
    assert found["registered_at"] == found["created_at"] == found["owner_since"]
    assert found["registered_at"].timestamp() == FIRST_TIME + block
    assert found["tx_hash"] == f"0x{logs.transaction_hash(block).hex()}"
    assert (found["block_number"], found["log_index"]) == (block, 3)


@pytest.mark.parametrize("together", [True, False])
def test_every_transfer_but_a_mint_clears_the_wallet(chain, project, sql, together):
    chain.block(logs.registration(0, OWNER, b"a"))
    if not together:
        project(chain)
    chain.block([logs.transfer(0, OWNER, OWNER)])
    project(chain)
    assert (agent(sql)["owner_address"], agent(sql)["agent_wallet"]) == (OWNER, NOBODY)
    chain.block([logs.metadata_set(0, b"agentWallet", bytes.fromhex(CLIENT[2:]))])
    project(chain)
    assert agent(sql)["agent_wallet"] == CLIENT
    chain.block([logs.metadata_set(0, b"agentWallet", b"")])
    project(chain)
    assert (agent(sql)["agent_wallet"], agent(sql)["token_uri"]) == (NOBODY, "a")


def test_a_receiver_that_sells_inside_the_mint_does_not_keep_owner_or_wallet(chain, project, sql):
    sale = logs.transfer(0, OWNER, BUYER)
    chain.block(logs.registration(0, OWNER, b"a", sale))
    project(chain)
    assert (agent(sql)["owner_address"], agent(sql)["agent_wallet"]) == (BUYER, NOBODY)


def test_a_uri_set_inside_the_mint_stays_if_registered_wrote_none(chain, project, sql):
    inside = logs.uri_updated(0, b"inside", OWNER)
    chain.block(
        [
            logs.transfer(0, NOBODY, OWNER),
            *inside,
            logs.registered(0, OWNER, b"never written"),
            logs.metadata_set(0, b"agentWallet", bytes.fromhex(OWNER[2:])),
        ]
    )
    project(chain)
    assert agent(sql)["token_uri"] == "inside"


def test_registered_counts_only_right_after_its_own_metadata_update(chain, project, sql):
    chain.block([*logs.registration(0, OWNER, b"zero"), logs.transfer(1, NOBODY, OWNER)])
    chain.block([logs.uri_written(0), logs.registered(1, OWNER, b"of another agent")])
    project(chain)
    assert [row["token_uri"] for row in sql(AGENTS)] == ["zero", ""]


def test_the_wallet_of_metadata_counts_unless_it_follows_registered(chain, project, sql):
    wallet = bytes.fromhex(CLIENT[2:])
    register = logs.registration(0, OWNER, b"a")
    chain.block(register[:-1], [logs.metadata_set(0, b"agentWallet", wallet)])
    project(chain)
    assert agent(sql)["agent_wallet"] == CLIENT


def test_a_transfer_keeps_the_metadata(chain, project, sql):
    chain.block([*logs.registration(0, OWNER), logs.metadata_set(0, b"k", b"v")])
    project(chain)
    chain.block([logs.transfer(0, OWNER, BUYER)])
    project(chain)
    (row,) = sql("select key, value from erc8004_agent_metadata")
    assert (row["key"], bytes(row["value"])) == ("k", b"v")


def test_the_epochs_of_ownership_are_the_transfers_in_order(chain, project, sql):
    first = chain.block([*logs.registration(0, OWNER), logs.transfer(0, OWNER, BUYER)])
    project(chain)
    second = chain.block([logs.transfer(0, BUYER, BUYER)], [logs.transfer(0, BUYER, OTHER)])
    project(chain)
    rows = sql("select * from erc8004_ownership_epochs order by from_block, from_log_index")
    assert [
        (
            row["owner_address"],
            (row["from_block"], row["from_log_index"]),
            (row["to_block"], row["to_log_index"]),
        )
        for row in rows
    ] == [
        (OWNER, (first, 0), (first, 3)),
        (BUYER, (first, 3), (second, 0)),
        (BUYER, (second, 0), (second, 1)),
        (OTHER, (second, 1), (None, None)),
    ]
    assert agent(sql)["owner_since"].timestamp() == FIRST_TIME + second


@pytest.mark.parametrize("together", [True, False])
def test_feedback_is_stored_revoked_and_answered(chain, project, sql, together):
    chain.block(logs.registration(0, OWNER))
    chain.block(
        [logs.feedback(0, CLIENT, 1, 8760, 2, b"starred", b"t2", b"e", b"ipfs://f", DIGEST)]
    )
    chain.block([logs.feedback(0, CLIENT, 2, -(2**127), 18, b"odd")])
    if not together:
        project(chain)
    revoked = chain.block([logs.revoked(0, CLIENT, 2), logs.response(0, CLIENT, 1, OTHER, b"r")])
    project(chain)
    one, two = sql("select * from erc8004_reputation order by feedback_index")
    assert (one["value"], one["value_decimals"], one["score"]) == (8760, 2, Decimal("87.60"))
    assert [one[name] for name in ("tag1", "tag2", "endpoint", "file_uri")] == [
        "starred",
        "t2",
        "e",
        "ipfs://f",
    ]
    assert (one["file_hash"], one["source"], one["is_revoked"]) == (
        f"0x{DIGEST.hex()}",
        "chain",
        False,
    )
    assert (two["value"], two["score"], two["is_revoked"]) == (-(2**127), None, True)
    assert two["revoked_at"].timestamp() == FIRST_TIME + revoked
    (answer,) = sql("select * from erc8004_feedback_responses")
    assert (answer["feedback_id"], answer["responder_address"]) == (one["id"], OTHER)
    assert (answer["response_uri"], answer["response_hash"]) == ("r", None)


@pytest.mark.parametrize("together", [True, False])
def test_the_latest_response_of_a_validation_is_stored(chain, project, sql, together):
    chain.block(logs.registration(0, OWNER))
    chain.block([logs.validation_request(0, OTHER, DIGEST, b"ipfs://q")])
    if not together:
        project(chain)
    chain.block([logs.validation_response(0, OTHER, DIGEST, 20, b"soft")])
    chain.block([logs.validation_response(0, OTHER, DIGEST, 80, b"hard", b"ipfs://p")])
    project(chain)
    (row,) = sql("select * from erc8004_validations")
    assert [row[name] for name in ("request_uri", "response", "tag", "response_uri", "status")] == [
        "ipfs://q",
        80,
        "hard",
        "ipfs://p",
        "completed",
    ]


def test_odd_text_is_shown_and_its_bytes_are_kept(chain, project, sql):
    chain.block([*logs.registration(0, OWNER, ODD), logs.metadata_set(0, b"", b"empty")])
    chain.block([logs.feedback(0, CLIENT, 1, tag1=ODD, endpoint=ODD, uri=b"{\"a,\\'\n}")])
    project(chain)
    found = agent(sql)
    assert found["token_uri"] == "n\ufffdme\ufffd"
    assert found["unstorable"]["token_uri"]["hex"] == ODD.hex()
    assert found["unstorable"]["token_uri"]["reasons"] == ["nul", "invalid_utf8"]
    (given,) = sql("select * from erc8004_reputation")
    assert given["tag1"].startswith("n\ufffdme\ufffd")
    assert given["unstorable"]["tag1"]["hex"] == given["unstorable"]["endpoint"]["hex"] == ODD.hex()
    assert given["file_uri"] == "{\"a,\\'\n}"
    (entry,) = sql("select key, value from erc8004_agent_metadata")
    assert (entry["key"], bytes(entry["value"])) == ("", b"empty")


KEYS = [b"a\0", b"a\xff", b"a\xef\xbf\xbd", b"a", b"A", b"a ", b"x" * 1025, b"x" * 1026, b"NULL"]


def test_no_two_names_become_equal(chain, project, sql):
    chain.block(
        logs.registration(0, OWNER),
        [logs.metadata_set(0, key, key) for key in KEYS],
        [logs.feedback(0, CLIENT, index, tag1=key, tag2=key) for index, key in enumerate(KEYS, 1)],
    )
    project(chain)
    stored = sql("select key, value from erc8004_agent_metadata")
    assert {bytes(row["value"]) for row in stored} == set(KEYS)
    (counted,) = sql(
        "select count(distinct tag1) as tag1, count(distinct tag2) as tag2 from erc8004_reputation"
    )
    assert counted == {"tag1": len(KEYS), "tag2": len(KEYS)}


def test_what_leads_to_no_row_is_recorded_and_stops_nothing(chain, project, sql):
    broken = logs.registered(0, OWNER, b"uri")
    chain.block(
        [
            logs.feedback(7, CLIENT, 1),
            logs.metadata_set(7, b"k", b"v"),
            logs.Log(IDENTITY, broken.topics, b"short"),
            logs.Log(IDENTITY, b"\1" * 32),
            logs.Log(IDENTITY, b""),
            logs.feedback(0, CLIENT, 1, address=IDENTITY),
            logs.transfer(0, NOBODY, OWNER, address=REPUTATION),
        ],
        logs.registration(0, OWNER),
        [
            logs.feedback(0, CLIENT, 1, decimals=19),
            logs.feedback(0, CLIENT, 2**63),
            logs.revoked(0, CLIENT, 9),
            logs.response(0, CLIENT, 2**64 - 1, OTHER, b""),
            logs.response(0, CLIENT, 9, OTHER, b""),
            logs.validation_response(0, OTHER, DIGEST, 50),
            logs.validation_response(0, OTHER, DIGEST, 101),
            logs.metadata_set(0, b"agentWallet", b"short"),
        ],
    )
    assert project(chain) == 18
    rows = sql("select event, reason from erc8004_chain_unprojected order by log_index")
    assert [row["event"] for row in rows] == [
        "NewFeedback",
        "MetadataSet",
        "Registered",
        "NewFeedback",
        "Transfer",
        "NewFeedback",
        "NewFeedback",
        "FeedbackRevoked",
        "ResponseAppended",
        "ResponseAppended",
        "ValidationResponse",
        "ValidationResponse",
        "MetadataSet",
    ]
    assert agent(sql)["agent_wallet"] == OWNER
    assert sql("select count(*) as count from erc8004_reputation")[0]["count"] == 0


def test_an_imposter_with_the_same_events_changes_nothing(chain, project, sql):
    chain.block(logs.registration(0, OWNER, b"a"))
    chain.block([logs.transfer(0, OWNER, OTHER, address="0x" + "9" * 40)])
    project(chain)
    assert agent(sql)["owner_address"] == OWNER


def test_only_what_is_final_and_checked_is_projected(chain, project, sql):
    first = chain.block(logs.registration(0, OWNER))
    chain.block(logs.registration(1, OWNER))
    third = chain.block(logs.registration(2, OWNER))
    journal_of = "update erc8004_chain_cursors set checked_block = %s, final_block = %s"
    assert project(Chain(number=first)) == 0
    sql(journal_of, first - 1, first - 1)
    for checked, final, agents in ((first, third, 1), (third, first + 1, 2), (third, third, 3)):
        if chain.logs:
            sql("update erc8004_chain_cursors set projected_block = from_block - 1")
        write_blocks(chain, sql)
        sql(journal_of, checked, final)
        projector.project("base")
        assert len(sql(AGENTS)) == agents


def test_counts_follow_what_was_projected(chain, project, sql, refresh, get):
    history(chain)
    project(chain)
    uuid = agent(sql, 5)["id"]
    now = get(f"/agents/{uuid}/stats")
    assert (now["total_feedback"], now["revoked_feedback"], now["average_score"]) == (3, 1, 55.0)
    refresh()
    folded = get(f"/agents/{uuid}/stats")
    refresh(from_history=True)
    for name in ("total_feedback", "revoked_feedback", "average_score", "unique_clients"):
        assert now[name] == folded[name] == get(f"/agents/{uuid}/stats")[name]


def test_cached_answers_show_what_was_projected(chain, project, sql, get):
    chain.block(logs.registration(0, OWNER, b"a"))
    project(chain)
    uuid = agent(sql)["id"]
    assert get(f"/agents/{uuid}")["owner_address"] == OWNER
    assert get(f"/agents/{uuid}/stats")["total_feedback"] == 0
    assert len(get("/agents/?chain=base")["agents"]) == 1
    chain.block([logs.transfer(0, OWNER, BUYER), logs.feedback(0, CLIENT, 1)])
    chain.block(logs.registration(1, OWNER, b"b"))
    project(chain)
    assert get(f"/agents/{uuid}")["owner_address"] == BUYER
    assert get(f"/agents/{uuid}/stats")["total_feedback"] == 1
    assert len(get("/agents/?chain=base")["agents"]) == 2


def test_a_block_without_its_header_stops_loudly(chain, project, sql):
    chain.block(logs.registration(0, OWNER))
    chain.blocks = []
    with pytest.raises(ProjectionStopped, match="not its header"):
        project(chain)
    assert sql(AGENTS) == []


def test_two_reputation_registries_of_one_identity_registry_stop_loudly(chain, project, sql):
    sql(
        "insert into erc8004_registries (chain, address, kind, identity_registry)"
        " values ('base', %s, 'reputation', %s)",
        OTHER,
        IDENTITY,
    )
    chain.block(logs.registration(0, OWNER))
    with pytest.raises(ProjectionStopped, match="two reputation registries"):
        project(chain)
    sql("delete from erc8004_registries where address = %s", OTHER)
