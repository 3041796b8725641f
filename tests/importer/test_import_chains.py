"""Importing agents whose lines name chains and registries in every way."""

from __future__ import annotations

import json

import pytest

from tests.support.imports import AGENTS, REGISTRY, counts, line

REPUTATION = "0x8004BAa17C55a88189AE136b182e5fdA19dE9b63"
VALIDATION = "0x8004Cc8439f36fd5F9F049D9fF86523Df6dAAB58"


@pytest.mark.parametrize(
    ("given", "chain"),
    [
        ("base", "base"),
        ("Base", "base"),
        (8453, "base"),
        ("8453", "base"),
        ("eip155:8453", "base"),
        ("bnb", "bsc"),
        ("BNB Smart Chain", "bsc"),
        (" Arbitrum One ", "arbitrum"),
        (1, "ethereum"),
    ],
)
def test_line_names_its_chain_as_the_world_does(run_import, sql, given, chain):
    assert "1 inserted" in counts(run_import([line(chain=given)]))
    assert [agent["chain"] for agent in sql(AGENTS)] == [chain]


def test_lines_that_name_one_chain_in_several_ways_are_of_one_chain(run_import, sql):
    names = ["base", "Base", 8453, "eip155:8453"]
    lines = [line(chain=name, block_number=n, log_index=0) for n, name in enumerate(names)]
    assert "1 inserted, 0 updated, 0 unchanged, 3 older, 0 rejected" in counts(run_import(lines))
    assert [agent["block_number"] for agent in sql(AGENTS)] == [3]
    assert "0 inserted, 0 updated, 1 unchanged" in counts(run_import(lines[3:]))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("bsae", "chain 'bsae' is not known here; did you mean base?"),
        ("eip155:8454", "chain 'eip155:8454' is not known here; did you mean base?"),
        ("atlantis", "chain 'atlantis' is not known here"),
        ("x" * 100_000, "is not known here"),
        (8453.0, "chain 8453.0 is not known here"),
        (True, "chain True is not known here"),
        (-1, "chain -1 is not known here"),
        (2**64, "is not known here"),
        (None, "chain None is not known here"),
        ({"name": "base"}, "chain {'name': 'base'} is not known here"),
        ("b\u0430se", "is not known here"),
    ],
)
def test_line_of_an_unknown_chain_is_rejected_with_what_is_near(run_import, given, reason):
    result = run_import([line(chain=given), line()])
    assert "1 inserted, 0 updated, 0 unchanged, 0 older, 1 rejected" in counts(result)
    assert reason in result.stderr
    assert len(result.stderr) < 300


@pytest.mark.parametrize(
    ("registry", "kind"),
    [(REPUTATION, "reputation"), (REPUTATION.lower(), "reputation"), (VALIDATION, "validation")],
)
@pytest.mark.parametrize("chain", ["base", 8453])
def test_line_in_another_registry_of_its_chain_is_rejected_with_a_hint(
    run_import, sql, tmp_path, registry, kind, chain
):
    rejects = tmp_path / "rejects.jsonl"
    lines = [line(chain=chain, registry_address=registry), line(agent_id=8)]
    result = run_import(lines, "--rejects", str(rejects))
    assert "1 inserted, 0 updated, 0 unchanged, 0 older, 1 rejected" in counts(result)
    reason = json.loads(rejects.read_text())["reason"]
    assert f"is the {kind} registry of base" in reason
    assert REGISTRY in reason
    assert [agent["agent_id"] for agent in sql(AGENTS)] == [8]


def test_chain_that_an_operator_added_is_imported(run_import, sql):
    sql(
        "insert into erc8004_chains values ('My Net', 700001, true, "
        "'0x' || repeat('a', 40), '0x' || repeat('b', 40), '0x' || repeat('c', 40))"
    )
    try:
        names = ("My Net", "mynet", 700001)
        lines = [
            line(chain=name, agent_id=n, registry_address=None) for n, name in enumerate(names)
        ]
        assert "3 inserted" in counts(run_import(lines))
        found = {(agent["chain"], agent["registry_address"]) for agent in sql(AGENTS)}
        assert found == {("My Net", "0x" + "a" * 40)}
    finally:
        sql("delete from erc8004_agents")
        sql("delete from erc8004_chains where chain_id = 700001")
