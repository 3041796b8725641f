"""Importing agents from lines of JSON."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.support.imports import AGENTS, HASH, OWNER, REGISTRY, counts, line


def test_an_agent_is_imported_with_addresses_in_lower_case(run_import, sql):
    assert counts(run_import([line(token_uri="ipfs://x\ty")])) == (
        "read 1 lines: 1 inserted, 0 updated, 0 unchanged, 0 older, 0 rejected"
    )
    (agent,) = sql(AGENTS)
    assert (agent["agent_id"], agent["chain"], agent["status"]) == (7, "ethereum", "active")
    assert (agent["registry_address"], agent["owner_address"]) == (REGISTRY, OWNER.lower())
    assert (agent["tx_hash"], agent["block_number"]) == (HASH, 24339925)
    assert (agent["token_uri"], agent["registration_file"]) == ("ipfs://x\ty", None)


def test_gzip_is_known_by_its_content_not_by_the_name(run_import):
    assert "1 inserted" in counts(run_import(gzip.compress(f"{line()}\n".encode())))


def test_lines_come_through_stdin(app, sql):
    content = gzip.compress(f"{line()}\n{line(agent_id=8)}".encode())
    result = app.test_cli_runner().invoke(args=["import-agents", "-"], input=content)
    assert "2 inserted" in counts(result)
    assert len(sql(AGENTS)) == 2


def test_a_last_line_without_a_newline_and_blank_lines_and_a_byte_order_mark_are_fine(run_import):
    content = f"\ufeff{line()}\r\n\n  \n{line(agent_id=8)}".encode()
    assert "read 2 lines: 2 inserted" in counts(run_import(content))


def test_a_second_import_changes_nothing(run_import, sql):
    content = [line(registration_file={"name": "A"}), line(agent_id=8, token_uri="https://a.b")]
    run_import(content)
    before = sql(AGENTS)
    assert "0 inserted, 0 updated, 2 unchanged" in counts(run_import(content))
    assert sql(AGENTS) == before


def test_a_changed_agent_is_updated_and_what_the_line_leaves_out_stays(run_import, sql):
    run_import([line(token_uri="https://a.b/c", registration_file={"name": "Old"})])
    new = {"name": "New"}
    result = run_import([line(tx_hash=None, registration_file=new)])
    assert "0 inserted, 1 updated" in counts(result)
    (agent,) = sql(AGENTS)
    assert (agent["token_uri"], agent["tx_hash"]) == ("https://a.b/c", HASH)
    assert agent["registration_file"] == new
    assert agent["updated_at"] > agent["created_at"]


def test_of_several_lines_for_one_agent_the_last_counts(run_import, sql):
    names = ("First", "Second", "Last")
    result = run_import([line(registration_file={"name": name}) for name in names])
    assert "read 3 lines: 1 inserted, 0 updated, 2 unchanged, 0 older, 0 rejected" in counts(result)
    assert sql(AGENTS)[0]["registration_file"] == {"name": "Last"}


@pytest.mark.parametrize("ids", [(7, 8, 7), (8, 7, 7), (7, 7, 8)])
def test_agent_that_is_told_again_counts_once_wherever_it_stands(run_import, sql, ids):
    lines = [
        line(agent_id=number, registration_file={"name": str(place)})
        for place, number in enumerate(ids)
    ]
    result = run_import([line(agent_id=9, chain="base"), *lines])
    assert "read 4 lines: 3 inserted, 0 updated, 1 unchanged, 0 older, 0 rejected" in counts(result)
    last = {number: str(place) for place, number in enumerate(ids)}
    told = sql("select agent_id, registration_file from erc8004_agents where chain = 'ethereum'")
    assert {int(each["agent_id"]): each["registration_file"]["name"] for each in told} == last


def test_same_numbers_in_more_registries_than_are_remembered(run_import, sql, monkeypatch):
    monkeypatch.setattr("kamiyo_api.importer.staging.MAX_SERIES", 2)
    told = [line(registry_address=f"0x{number:040x}") for number in (1, 2, 3, 1)]
    assert "3 inserted, 0 updated, 1 unchanged" in counts(run_import(told))


def test_ids_up_to_the_highest_uint256_are_exact(run_import, sql):
    given = [0, 2**53 + 1, 2**64, 2**255 + 1, 2**256 - 2]
    texts = ["5", str(2**256 - 1)]
    run_import([line(agent_id=agent_id) for agent_id in (*given, *texts)])
    assert [agent["agent_id"] for agent in sql(AGENTS)] == sorted([*given, 5, 2**256 - 1])


def test_numbers_in_a_registration_file_stay_as_written(run_import, sql):
    text = line(registration_file={"id": 2**256 - 1, "price": 0.1}).replace("0.1", "0.10000000001")
    run_import([text])
    (agent,) = sql("select registration_file::text as file from erc8004_agents")
    assert agent["file"] == f'{{"id": {2**256 - 1}, "price": 0.10000000001}}'


def test_the_registry_of_the_chain_is_taken_where_the_line_names_none(run_import, sql):
    run_import([line(registry_address=None), line(chain="sepolia", registry_address=None)])
    found = sql("select registry_address from erc8004_agents order by chain")
    testnet = "0x8004a818bfb912233c491871b3d84c89a494bd9e"
    assert [agent["registry_address"] for agent in found] == [REGISTRY, testnet]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage", "not JSON"),
        ('{"chain": "ethereum",}', "not JSON"),
        ("[1]", "not a JSON object"),
        ("7", "not a JSON object"),
        (line(chain="atlantis"), "chain 'atlantis' is not known"),
        (line(chain=["ethereum"]), "chain ['ethereum'] is not known"),
        (line(agent_id=2**256), "agent_id must be a whole number from 0 to 2^256-1"),
        (line(agent_id=str(2**256)), "agent_id must be"),
        (line(agent_id=-1), "agent_id must be"),
        (line(agent_id=1.5), "agent_id must be"),
        (line(agent_id=1e300), "agent_id must be"),
        (line(agent_id=True), "agent_id must be"),
        (line(agent_id=None), "agent_id must be"),
        (line(agent_id="٣"), "agent_id must be"),
        (line(owner_address=None), "owner_address must be an address"),
        (line(owner_address="0x12"), "owner_address must be an address"),
        (line(registry_address=5), "registry_address must be an address"),
        (line(tx_hash="0x12"), "tx_hash must be a hash"),
        (line(block_number="x"), "block_number must be a whole number"),
        (line(block_number=2**63), "block_number must be a whole number"),
        (line(log_index=-1), "log_index must be a whole number"),
        (line(log_index=2**31), "log_index must be a whole number"),
        (line(log_index="0"), "log_index must be a whole number"),
        (line(token_uri=5), "token_uri must be a text"),
        (line(registration_file={"x": "y" * 2**20}), "longer than 1048576 bytes"),
    ],
)
def test_a_bad_line_is_refused_with_its_number_and_reason_and_the_rest_loads(
    run_import, sql, tmp_path, text, reason
):
    kept = tmp_path / "rejects.jsonl"
    result = run_import([line(agent_id=1), text, line(agent_id=2)], "--rejects", str(kept))
    assert "2 inserted, 0 updated, 0 unchanged, 0 older, 1 rejected" in counts(result)
    assert result.stderr.startswith("line 2 refused: ")
    assert reason in result.stderr
    assert [agent["agent_id"] for agent in sql(AGENTS)] == [1, 2]
    refused = json.loads(kept.read_text())
    assert (refused["line_number"], refused["line"]) == (2, text[: 2**20 + 1])
    assert reason in refused["reason"]


def test_lines_that_are_no_utf_8_are_refused_and_kept_readably(run_import, tmp_path):
    kept = tmp_path / "rejects.jsonl"
    result = run_import(f"{line()}\n".encode() + b'{"\xff": 1}\n', "--rejects", str(kept))
    assert "1 inserted, 0 updated, 0 unchanged, 0 older, 1 rejected" in counts(result)
    assert json.loads(kept.read_text())["line"] == r'{"\xff": 1}'


@pytest.mark.parametrize(
    "registration_file",
    [
        {"name": 8004, "endpoints": {"mcp": "https://a.b/mcp"}},
        {"name": None, "services": ["other", 5, None, {"endpoint": "x"}]},
        {"name": {"en": "A"}, "description": ["x"], "services": "mcp"},
        {"name": "\\u0000 and \\ are only backslashes", "tab": "\t\n\r"},
        {"name": "日本語 🤖", "type": "wrong", "serial": "5e-12345"},
        {},
    ],
)
def test_a_registration_file_is_taken_as_its_owner_wrote_it(
    run_import, sql, client, admin, registration_file
):
    assert "1 inserted" in counts(run_import([line(registration_file=registration_file)]))
    assert sql(AGENTS)[0]["registration_file"] == registration_file
    answer = client.get("/api/v1/agents/?chain=ethereum", headers=admin)
    assert (answer.status_code, len(answer.json["agents"])) == (200, 1)


def test_an_imported_agent_is_found_by_its_words_and_services(run_import, client, admin):
    services = [{"name": "MCP", "endpoint": "https://a.b/mcp"}]
    run_import([line(registration_file={"name": "Grand Heron", "endpoints": services})])
    for query in ("q=heron", "service=mcp", f"owner_address={OWNER}", "agent_id=7"):
        answer = client.get(f"/api/v1/agents/?{query}", headers=admin)
        assert len(answer.json["agents"]) == 1, query
