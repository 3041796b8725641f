"""Importing metadata, in lines of its own and in those of agents."""

from __future__ import annotations

import base64
import json

import pytest

from tests.support.imports import AGENTS, OWNER, counts, figures
from tests.support.imports import line as agent_line

METADATA = "select * from erc8004_agent_metadata order by key"
BYTES = bytes(range(256))
FORMS = [
    f"0x{BYTES.hex()}",
    base64.b64encode(BYTES).decode(),
    {"hex": BYTES.hex().upper()},
    {"base64": base64.b64encode(BYTES).decode()},
]


@pytest.fixture
def agent(make_agent):
    return make_agent(agent_id="77")


def line(**overrides):
    """One entry."""
    return {"chain": "base", "agent_id": 77, "key": "k", "value": "0x01"} | overrides


def entries(sql):
    return {each["key"]: bytes(each["value"]) for each in sql(METADATA)}


@pytest.mark.parametrize("value", FORMS)
def test_a_value_is_given_in_several_forms(run_import_of, agent, sql, value):
    assert figures(run_import_of("metadata", [line(value=value)])) == (1, 0, 0, 0, 0)
    assert entries(sql) == {"k": BYTES}


@pytest.mark.parametrize(
    ("value", "stored"), [({"text": "Zürich"}, "Zürich".encode()), ("", b""), ("0x", b"")]
)
def test_a_value_may_be_text_or_empty(run_import_of, agent, sql, value, stored):
    assert figures(run_import_of("metadata", [line(value=value)])) == (1, 0, 0, 0, 0)
    assert entries(sql) == {"k": stored}


def test_an_entry_keeps_its_own_time_and_the_newest_counts(run_import_of, agent, sql):
    old, new = line(updated_at=1770000000), line(updated_at=1770000100, value="0x02")
    assert figures(run_import_of("metadata", [new, old])) == (1, 0, 0, 1, 0)
    assert sql(METADATA)[0]["updated_at"].timestamp() == 1770000100
    assert figures(run_import_of("metadata", [old])) == (0, 0, 0, 1, 0)
    assert figures(run_import_of("metadata", [new])) == (0, 0, 1, 0, 0)
    assert figures(run_import_of("metadata", [line(value="0x03")])) == (0, 1, 0, 0, 0)
    assert figures(run_import_of("metadata", [line(value="0x03")])) == (0, 0, 1, 0, 0)
    assert entries(sql) == {"k": b"\x03"}


def test_of_several_lines_without_a_time_the_last_counts(run_import_of, agent, sql):
    lines = [line(value=f"0x0{number}") for number in range(3)]
    assert figures(run_import_of("metadata", lines)) == (1, 0, 2, 0, 0)
    assert entries(sql) == {"k": b"\x02"}


def test_an_entry_that_an_owner_set_over_http_is_one_row(
    run_import_of, agent, client, admin, sql, get
):
    path = f"/agents/{agent['agent_uuid']}/metadata/k"
    assert client.put(f"/api/v1{path}", json={"value": "AQ=="}, headers=admin).status_code == 200
    assert figures(run_import_of("metadata", [line(value="0x02")])) == (0, 1, 0, 0, 0)
    assert get(path)["value"] == "Ag=="
    assert figures(run_import_of("metadata", [line(updated_at=1770000000)])) == (0, 0, 0, 1, 0)


def test_odd_keys_are_stored_told_apart_and_marked(run_import_of, agent, sql):
    keys = ["a\0b", "x" * 2000, "x" * 2001, "日本" * 170]
    assert figures(run_import_of("metadata", [line(key=key) for key in keys])) == (4, 0, 0, 0, 0)
    stored = {each["key"]: each["unstorable"] for each in sql(METADATA)}
    assert stored["日本" * 170] is None
    assert stored["a\ufffe0000b"]["key"]["reasons"] == ["nul"]
    assert len([key for key in stored if key.startswith("\ufffesha256:")]) == 2


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"key": None}, "key must be a text of at least one character"),
        ({"key": ""}, "key must be a text of at least one character"),
        ({"key": 7}, "key must be a text"),
        ({"value": None}, "value must be hex from 0x on, base64"),
        ({"value": 7}, "value must be hex"),
        ({"value": "0x123"}, "value must be hex"),
        ({"value": "0x 12 "}, "value must be hex"),
        ({"value": "no base64!"}, "value must be hex"),
        ({"value": "Zürich"}, "value must be hex"),
        ({"value": {"text": 7}}, "value must be hex"),
        ({"value": {"text": "a", "hex": "00"}}, "value must be hex"),
        ({"value": {"latin1": "a"}}, "value must be hex"),
        ({"value": {"text": "a\0"}}, "value must be hex"),
        ({"value": {"text": "x" * 65_537}}, "at most 65536 bytes"),
        ({"key": "agentWallet", "value": "0x01"}, "agentWallet must be an address of 20 bytes"),
        ({"updated_at": "2100-01-01T00:00:00Z"}, "updated_at must be between 2015 and now"),
        ({"agent_id": 78}, "its agent is not known here"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason_and_the_rest_is_stored(
    run_import_of, agent, sql, overrides, reason
):
    result = run_import_of("metadata", [line(key="1"), line(**overrides), line(key="2")])
    assert figures(result) == (2, 0, 0, 0, 1)
    assert result.stderr.startswith("line 2 refused: ")
    assert reason in result.stderr
    assert set(entries(sql)) == {"1", "2"}


def told(**overrides):
    """One agent with a time, a wallet and metadata."""
    return agent_line(
        registered_at="2026-01-28T10:00:00Z",
        agent_wallet=OWNER,
        metadata={"a": "0x01", "b": {"text": "é"}},
        **overrides,
    )


def test_an_agent_brings_its_time_its_wallet_and_its_metadata(run_import, sql, get):
    assert figures(run_import([told()])) == (1, 0, 0, 0, 0)
    assert entries(sql) == {
        "a": b"\x01",
        "agentWallet": bytes.fromhex(OWNER[2:]),
        "b": "é".encode(),
    }
    (agent,) = get("/agents/?chain=ethereum")["agents"]
    assert agent["registered_at"] == agent["last_activity_at"] == "2026-01-28T10:00:00.000000Z"
    before = sql(AGENTS), sql(METADATA)
    assert figures(run_import([told()])) == (0, 0, 1, 0, 0)
    assert (sql(AGENTS), sql(METADATA)) == before


def test_what_an_agent_omits_stays_and_what_is_new_counts_once(run_import, sql, get):
    run_import([agent_line()])
    assert figures(run_import([told()])) == (0, 1, 0, 0, 0)
    assert get("/agents/?chain=ethereum")["agents"][0]["registered_at"][:10] == "2026-01-28"
    assert figures(run_import([agent_line(metadata={"c": ""})])) == (0, 1, 0, 0, 0)
    assert figures(run_import([agent_line(metadata={}, agent_wallet=None)])) == (0, 0, 1, 0, 0)
    assert set(entries(sql)) == {"a", "agentWallet", "b", "c"}
    assert sql(AGENTS)[0]["created_at"].isoformat() == "2026-01-28T10:00:00+00:00"


def test_a_new_owner_brings_their_own_metadata(run_import, sql):
    run_import([told()])
    bought = agent_line(owner_address=f"0x{'1' * 40}", metadata={"z": "AQ=="})
    assert figures(run_import([bought])) == (0, 1, 0, 0, 0)
    assert entries(sql) == {"z": b"\x01"}


def test_an_older_line_of_an_agent_changes_no_metadata(run_import, sql):
    run_import([told()])
    older = agent_line(block_number=5, metadata={"a": "0x05"})
    assert figures(run_import([older])) == (0, 0, 0, 1, 0)
    assert entries(sql)["a"] == b"\x01"


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"registered_at": "2100-01-01T00:00:00Z"}, "registered_at must be between 2015 and now"),
        ({"registered_at": []}, "registered_at must be a time"),
        ({"agent_wallet": "0x1"}, "agent_wallet must be an address"),
        ({"metadata": ["x"]}, "metadata must be an object or null"),
        ({"metadata": {"": "0x"}}, "a key of metadata must have from 1 to 1024 bytes"),
        ({"metadata": {"k": None}}, "metadata 'k' must be hex"),
        ({"metadata": {"k": "0xx"}}, "metadata 'k' must be hex"),
        ({"metadata": {"agentWallet": "0x01"}}, "agentWallet must be an address of 20 bytes"),
    ],
)
def test_a_bad_field_of_an_agent_rejects_its_line(run_import, sql, overrides, reason):
    result = run_import([agent_line(**overrides), agent_line(agent_id=8)])
    assert "1 inserted, 0 updated, 0 unchanged, 0 older, 1 rejected" in counts(result)
    assert reason in result.stderr
    assert json.dumps([int(each["agent_id"]) for each in sql(AGENTS)]) == "[8]"
