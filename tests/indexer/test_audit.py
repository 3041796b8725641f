"""The audit: what contracts answer, compared with what is held."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kamiyo_api.indexer import projector
from kamiyo_api.indexer.audit import audit
from kamiyo_api.indexer.chains import providers_of
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.providers import Patience
from tests.support import chain_logs as logs
from tests.support.reading import CLIENT, OWNER, SECRET

QUICK = Patience(attempts=2, first_wait=0.001, longest_wait=0.01)
BUYER, OTHER = "0x" + "b7" * 20, "0x" + "0d" * 20
AUDITS = "select * from erc8004_chain_audits order by audited_at"
DIFFERENCES = "select * from erc8004_chain_audit_differences order by audited_at, place"
AGENTS = 40
LONG = b"data:," + b"x" * 3000


@pytest.fixture
def followed(chain, read):
    """A chain with all that an audit asks for, read and projected."""
    chain.add(
        [logs.metadata_set(3, b"", b"\x00\xff"), logs.metadata_set(3, b"\xff\x00", b"text")],
        [logs.transfer(5, CLIENT if 5 % 4 == 0 else OWNER, BUYER)],
        logs.uri_updated(6, LONG),
        logs.uri_updated(7, b"\x00 and \xfe"),
        [
            logs.feedback(8, OTHER, 1, -875, 1, b"starred", b"\xff\x00"),
            logs.feedback(8, OTHER, 2, 2**127 - 1, 0, b"odd"),
            logs.feedback(8, OTHER, 3, -(2**127), 0, b"odd"),
            logs.feedback(8, OTHER, 4, 17, 18, b"starred"),
        ],
        [logs.revoked(8, OTHER, 2), logs.feedback(8, BUYER, 1, 10**38, 0)],
    )
    for _ in range(8):
        chain.add()
    read(chain)
    projector.project("base")
    return chain


@pytest.fixture
def audited(app, reader_for):
    """Audit all agents with providers."""

    def run(*providers, agents=AGENTS):
        reader_for(*providers)
        return audit("base", providers_of("base", QUICK), agents)

    return run


def functions(differences):
    """The functions that answered something else."""
    return sorted({each["function"] for each in differences})


def test_audit_of_what_was_read_is_equal(followed, audited, sql):
    result = audited(followed)
    assert (result.outcome, result.agents, result.unanswered) == ("equal", AGENTS, 0)
    assert result.answers > 7 * AGENTS
    (row,) = sql(AUDITS)
    assert (row["outcome"], row["agents"], row["differences"]) == ("equal", AGENTS, 0)
    assert row["block_number"] == result.block == followed.blocks[-1].number - 8
    assert row["answers"] == result.answers


def test_audit_asks_at_the_projected_block(followed, audited, sql):
    followed.add([logs.transfer(0, CLIENT, OTHER)], logs.uri_updated(1, b"later"))
    assert audited(followed).outcome == "equal"


def test_sample_is_as_large_as_is_asked_for(followed, audited):
    result = audited(followed, agents=3)
    assert (result.outcome, result.agents) == ("equal", 3)


OF_AGENT = "where agent_uuid = (select a.id from erc8004_agents as a where a.agent_id = 8)"
DAMAGES = {
    "owner": ("update erc8004_agents set owner_address = %s where agent_id = 9", "ownerOf"),
    "wallet": ("update erc8004_agents set agent_wallet = %s where agent_id = 9", "getAgentWallet"),
    "uri": ("update erc8004_agents set token_uri = %s where agent_id = 9", "tokenURI"),
    "uri of odd bytes": (
        "update erc8004_agents set unstorable = null where agent_id = 7 and %s <> ''",
        "tokenURI",
    ),
    "metadata": (
        "update erc8004_agent_metadata set value = %s::text::bytea where key = ''",
        "getMetadata",
    ),
    "metadata of an odd key": (
        "update erc8004_agent_metadata set value = %s::text::bytea where key <> ''",
        "getMetadata",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_difference_is_a_row_and_is_counted(followed, audited, sql, name):
    statement, function = DAMAGES[name]
    sql(statement, OTHER)
    result = audited(followed)
    assert result.outcome == "different"
    (difference,) = sql(DIFFERENCES)
    assert difference["function"] == function
    assert difference["held"] != difference["answered"]
    (row,) = sql(AUDITS)
    assert (row["outcome"], row["differences"]) == ("different", 1)
    (count,) = sql("select * from erc8004_chain_counts where kind = 'audit_difference'")
    assert (count["label"], count["total"]) == (function, 1)


def test_wrong_value_of_feedback_differs_in_a_summary(followed, audited, sql):
    sql(f"update erc8004_reputation set value = value - 3 {OF_AGENT} and feedback_index = 1")
    audited(followed)
    assert functions(sql(DIFFERENCES)) == ["getSummary"]


def test_feedback_that_is_not_held_differs(followed, audited, sql):
    sql(f"delete from erc8004_reputation {OF_AGENT} and feedback_index = 4")
    audited(followed)
    assert {"getLastIndex"} <= set(functions(sql(DIFFERENCES))) <= {"getLastIndex", "getSummary"}


def test_client_that_is_not_held_differs(followed, audited, sql):
    sql(f"delete from erc8004_reputation {OF_AGENT} and client_address = %s", BUYER)
    audited(followed)
    assert functions(sql(DIFFERENCES)) == ["getClients"]


@pytest.mark.parametrize("agent_id", [11, AGENTS - 1])
@pytest.mark.parametrize("storage", [True, False])
def test_agent_that_is_not_held_differs(followed, audited, sql, agent_id, storage):
    sql("delete from erc8004_agents where agent_id = %s", agent_id)
    followed.behave(other_storage=not storage)
    assert audited(followed).outcome == "different"
    expected = ["nextId", "ownerOf"] if storage else ["ownerOf"]
    assert functions(sql(DIFFERENCES)) == expected


def test_agent_that_the_chain_does_not_have_differs(followed, audited, sql):
    sql(
        "update erc8004_agents set agent_id = %s where agent_id = %s",
        AGENTS,
        AGENTS - 1,
    )
    assert audited(followed, agents=AGENTS + 1).outcome == "different"
    assert "ownerOf" in functions(sql(DIFFERENCES))


def test_difference_of_a_long_text_is_shown_where_it_begins(followed, audited, sql):
    sql("update erc8004_agents set token_uri = token_uri || 'y' where agent_id = 6")
    audited(followed)
    (difference,) = sql(DIFFERENCES)
    assert difference["held"].endswith("xy'")
    assert "(from character 28" in difference["answered"]
    assert len(difference["held"]) < 600


UNASKED = {
    "no state of that block": {"no_state": True},
    "no contract": {"no_code": True},
    "no answers": {"hang_up_every": 1},
    "another chain": {"chain_id": 1},
    "errors only": {"status": 500, "status_every": 1},
}


@pytest.mark.parametrize("name", UNASKED)
def test_provider_that_does_not_answer_is_no_difference(followed, audited, sql, name):
    followed.behave(**UNASKED[name])
    result = audited(followed)
    assert (result.outcome, result.answers, result.differences) == ("unasked", 0, [])
    (row,) = sql(AUDITS)
    assert row["outcome"] == "unasked"
    assert len(row["detail"]) > 30
    assert SECRET not in row["detail"]
    assert sql(DIFFERENCES) == []


@pytest.mark.parametrize("name", UNASKED)
def test_second_provider_answers_instead(followed, other_provider, audited, name):
    followed.behave(**UNASKED[name])
    assert audited(followed, other_provider).outcome == "equal"


def test_other_branch_is_not_compared(followed, audited):
    followed.cut(9)
    for _ in range(9):
        followed.add(branch="other")
    result = audited(followed)
    assert result.outcome == "unasked"
    assert "another one than the projected one" in result.detail


def test_calls_that_fail_alone_are_reported(followed, audited):
    followed.behave(calls_fail=("0x42dd519c",))
    result = audited(followed)
    assert (result.outcome, result.unanswered) == ("equal", AGENTS)
    assert "out of gas" in result.detail


def test_wrong_answers_that_another_provider_corrects_are_suspicious(
    followed, other_provider, audited, sql
):
    followed.behave(zero_answers_every=9)
    assert audited(followed, other_provider).outcome == "equal"
    (count,) = sql("select * from erc8004_chain_counts where label = 'audit_answer_changed'")
    assert count["kind"] == "suspicious"
    assert count["total"] > 10


def test_nothing_is_audited_before_it_is_projected(chain, read, audited):
    read(chain)
    with pytest.raises(Stop) as stopped:
        audited(chain)
    assert stopped.value.code == "NOTHING_PROJECTED"


@pytest.mark.parametrize(
    ("behaviour", "statement", "code", "word"),
    [
        ({}, "select 1", 0, "equal"),
        ({}, "update erc8004_agents set token_uri = 'z' where agent_id = 2", 3, "different"),
        ({"no_state": True}, "select 1", 1, "could not ask"),
    ],
)
def test_command_says_and_exits_with_the_result(
    followed, reader_for, app, sql, behaviour, statement, code, word
):
    sql(statement)
    followed.behave(**behaviour)
    reader_for(followed)
    said = app.test_cli_runner().invoke(args=["audit-chain", "8453", "--sample", "200"])
    assert said.exit_code == code
    assert said.output.startswith(f"base: {word}")
    assert SECRET not in said.output


def test_rebuild_repairs_what_somebody_changed(followed, audited, app, sql):
    sql("update erc8004_agents set owner_address = %s where agent_id = 9", OTHER)
    assert audited(followed).outcome == "different"
    said = app.test_cli_runner().invoke(args=["index-chain", "base", "--rebuild"])
    assert said.exit_code == 0, said.output
    assert "logs again" in said.output
    assert audited(followed).outcome == "equal"


def test_command_without_a_url_says_what_to_set(app):
    services = app.extensions["kamiyo"]
    before = services.config
    services.config = replace(before, rpc_urls={})
    said = app.test_cli_runner().invoke(args=["audit-chain", "base"])
    services.config = before
    assert said.exit_code == 1
    assert "RPC_URL_BASE is not set" in said.output
