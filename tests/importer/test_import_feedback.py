"""Importing feedback from lines of JSON: with its own times, once however often it comes."""

from __future__ import annotations

import json

import pytest

from tests.support import factories
from tests.support.imports import counts, figures

FEEDBACK = "select * from erc8004_reputation order by created_at, log_index, source_id"
CLIENT = "0x7777777777777777777777777777777777777777"
REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
TX = f"0x{'ab' * 32}"


@pytest.fixture
def agent(make_agent):
    return make_agent(agent_id="77")


def line(**overrides):
    """One feedback as an indexer writes the event of a registry."""
    feedback = {
        "chain": "base",
        "agent_id": 77,
        "client_address": CLIENT,
        "value": 9977,
        "value_decimals": 2,
        "tag1": "uptime",
        "tag2": "",
        "endpoint": "https://a.example/mcp",
        "file_uri": "ipfs://bafy",
        "file_hash": TX,
        "tx_hash": TX.upper().replace("X", "x"),
        "log_index": 3,
        "created_at": "2026-02-03T04:05:06Z",
    }
    return {name: value for name, value in (feedback | overrides).items() if value is not ...}


def test_feedback_is_stored_with_its_own_times_and_its_score(run_import_of, agent, get):
    result = run_import_of("feedback", [line(revoked_at=1770091506, revocation_reason="Late")])
    assert counts(result) == (
        "read 1 lines: 1 inserted, 0 updated, 0 unchanged, 0 older, 0 rejected"
    )
    (stored,) = get(f"/agents/{agent['agent_uuid']}/feedback?include_revoked=true")["feedback"]
    moment = "2026-02-03T04:05:06.000000Z"
    assert (stored["created_at"], stored["revoked_at"]) == (moment, moment)
    assert (stored["value"], stored["value_decimals"], stored["score"]) == ("9977", 2, 99.77)
    assert (stored["tag1"], stored["tag2"], stored["tx_hash"]) == ("uptime", None, TX)
    assert (stored["endpoint"], stored["file_uri"]) == ("https://a.example/mcp", "ipfs://bafy")
    assert (stored["is_revoked"], stored["revocation_reason"]) == (True, "Late")


@pytest.mark.parametrize(
    "named",
    [
        {"agent_id": "77"},
        {"registry_address": REGISTRY.upper().replace("X", "x")},
        {"chain": ..., "agent_id": ..., "agent": f"eip155:8453:{REGISTRY}:77"},
        {"chain": "ethereum", "agent_id": ..., "agent": f"eip155:8453:{REGISTRY}:77"},
    ],
)
def test_an_agent_is_named_by_its_token_in_several_ways(run_import_of, agent, sql, named):
    assert figures(run_import_of("feedback", [line(**named)])) == (1, 0, 0, 0, 0)
    (stored,) = sql(FEEDBACK)
    assert str(stored["agent_uuid"]) == agent["agent_uuid"]
    assert stored["chain"] == (named.get("chain", "base") if named.get("chain") != ... else "base")


@pytest.mark.parametrize("chain", [..., "ethereum"])
def test_an_agent_is_named_by_its_uuid_however_it_is_written(run_import_of, agent, sql, chain):
    written = agent["agent_uuid"].upper().replace("-", "")
    named = line(agent_id=..., chain=chain, agent_uuid=written)
    assert figures(run_import_of("feedback", [named])) == (1, 0, 0, 0, 0)
    assert sql(FEEDBACK)[0]["chain"] == ("base" if chain is ... else chain)


def test_a_line_is_stored_once_by_its_position_or_its_own_id(run_import_of, agent, sql):
    lines = [
        line(),
        line(log_index=4),
        line(tx_hash=TX.replace("ab", "ac")),
        line(tx_hash=..., log_index=..., source_id="a"),
        line(log_index=..., source_id="b"),
    ]
    assert figures(run_import_of("feedback", [*lines, lines[0], lines[3]])) == (5, 0, 2, 0, 0)
    before = sql(FEEDBACK)
    assert figures(run_import_of("feedback", lines[::-1])) == (0, 0, 5, 0, 0)
    assert sql(FEEDBACK) == before
    assert sql("select count(*) as changes from erc8004_feedback_changes") == [{"changes": 5}]


def test_a_line_that_says_something_else_updates_and_revocations_stay(run_import_of, agent, sql):
    run_import_of("feedback", [line(), line(log_index=4)])
    revoked = line(revoked_at="2026-03-01T00:00:00+02:00")
    assert figures(run_import_of("feedback", [revoked, line(log_index=4, value=1)])) == (
        *(0, 2, 0, 0, 0),
    )
    assert figures(run_import_of("feedback", [line(created_at=...)])) == (0, 0, 1, 0, 0)
    first, second = sql(FEEDBACK)
    assert first["revoked_at"].isoformat() == "2026-02-28T22:00:00+00:00"
    assert (second["value"], float(second["score"])) == (1, 0.01)


def test_of_several_lines_about_one_feedback_the_last_counts(run_import_of, agent, sql):
    result = run_import_of("feedback", [line(value=1), line(value=2), line(value=3)])
    assert figures(result) == (1, 0, 2, 0, 0)
    assert sql(FEEDBACK)[0]["value"] == 3


def test_feedback_that_came_over_http_stays_one_row(run_import_of, agent, give_feedback, sql, get):
    given = [
        give_feedback(agent_uuid=agent["agent_uuid"], client_address=CLIENT, tx_hash=TX, score=each)
        for each in (80, 90)
    ]
    lines = [line(log_index=number, value=number, tag1=...) for number in (7, 5, 9)]
    assert figures(run_import_of("feedback", lines)) == (1, 2, 0, 0, 0)
    assert figures(run_import_of("feedback", lines)) == (0, 0, 3, 0, 0)
    stored = {str(each["id"]): each["log_index"] for each in sql(FEEDBACK)}
    assert [stored[each["feedback_id"]] for each in given] == [5, 7]
    assert len(stored) == 3


def test_feedback_of_another_client_in_the_same_transaction_is_another(
    run_import_of, agent, give_feedback, sql
):
    give_feedback(agent_uuid=agent["agent_uuid"], tx_hash=TX)
    assert figures(run_import_of("feedback", [line()])) == (1, 0, 0, 0, 0)
    assert len(sql(FEEDBACK)) == 2


def test_the_owner_may_not_rate_their_agent_but_who_bought_it_later_did(run_import_of, agent, sql):
    own = line(client_address=agent["owner_address"])
    result = run_import_of("feedback", [own | {"log_index": None, "source_id": "1"}, own])
    assert figures(result) == (1, 0, 0, 0, 1)
    assert result.stderr == "line 1 refused: client_address is the owner of the agent\n"
    assert sql(FEEDBACK)[0]["log_index"] == 3


def test_feedback_of_the_chain_stays_when_its_client_turns_out_to_own_a_claimed_agent(
    run_import_of, run_import, agent, sql
):
    run_import_of("feedback", [line(), line(log_index=None, source_id="1")])
    run_import([{"chain": "base", "agent_id": 77, "owner_address": CLIENT}])
    assert [each["is_revoked"] for each in sql(FEEDBACK)] == [False, True]


def test_an_incremental_refresh_equals_a_full_one(
    run_import_of, run_import, make_agent, give_feedback, refresh, sql
):
    run_import([{"chain": "base", "agent_id": n, "owner_address": REGISTRY} for n in range(5)])
    lines = [
        line(
            agent_id=number % 5,
            client_address=f"0x{number % 7:040x}",
            log_index=number,
            value=number * 100,
            created_at=1770000000 + number,
        )
        for number in range(100)
    ]
    run_import_of("feedback", lines)
    refresh()
    moved = [each | {"agent_id": 1, "value": 5} for each in lines[:30]]
    revoked = [each | {"revoked_at": 1780000000} for each in lines[40:60]]
    assert figures(run_import_of("feedback", moved + revoked)) == (0, 50, 0, 0, 0)
    refresh()
    statistics = "select * from v_erc8004_agent_stats order by agent_uuid"
    search = "select agent_uuid, total_feedback, average_score from erc8004_agent_search order by 1"
    incremental = sql(statistics), sql(search)
    sql("select refresh_erc8004_stats(true)")
    assert (sql(statistics), sql(search)) == incremental
    assert sum(each["total_feedback"] for each in incremental[0]) == 80
    assert sum(each["revoked_feedback"] for each in incremental[0]) == 20


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("garbage", "not JSON"),
        ([1], "not a JSON object"),
        (line(chain="atlantis"), "chain 'atlantis' is not known here"),
        (line(agent_id=78), "its agent is not known here; import agents first"),
        (line(chain="ethereum"), "its agent is not known here"),
        (line(registry_address=CLIENT), "its agent is not known here"),
        (line(agent_uuid="0" * 32), "its agent is not known here"),
        (line(agent_uuid=7), "agent_uuid must be a UUID"),
        (line(agent="base:77"), "agent must be eip155:<chain id>:<registry address>:<agent id>"),
        (line(agent=["x"]), "agent must be eip155"),
        (line(agent=f"eip155:999:{REGISTRY}:77"), "chain 'eip155:999' is not known here"),
        (line(agent=f"eip155:8453:{REGISTRY}:{2**256}"), "agent_id must be a whole number"),
        (line(agent_id=None), "names no agent: give agent, agent_uuid, or chain and agent_id"),
        (line(chain=None), "chain None is not known here"),
        (line(log_index=None), "needs tx_hash and log_index, or a source_id of its own"),
        (line(tx_hash=None), "needs tx_hash and log_index, or a source_id of its own"),
        (line(tx_hash="0x12"), "tx_hash must be a hash"),
        (line(log_index=2**31), "log_index must be a whole number"),
        (line(log_index=None, source_id=7), "source_id must be a text"),
        (line(client_address="0x12"), "client_address must be an address"),
        (line(value=None), "needs either value with value_decimals, or score"),
        (line(score=5), "needs either value with value_decimals, or score"),
        (line(value=None, value_decimals=None, score=100.5), "score must be from 0 to 100"),
        (line(value=None, value_decimals=None, score=-1), "score must be a decimal"),
        (line(value=None, value_decimals=None, score="1e2"), "score must be a decimal"),
        (line(value=10**38 + 1), "value must be a whole number"),
        (line(value=1.5), "value must be a whole number"),
        (line(value=1e300), "value must be a whole number"),
        (line(value=True), "value must be a whole number"),
        (line(value={"x": 1}), "value must be a whole number"),
        (line(value_decimals=19), "value_decimals must be a whole number from 0 to 18"),
        (line(tag1=7), "tag1 must be a text"),
        (line(endpoint={"url": "x"}), "endpoint must be a text"),
        (line(file_hash="x"), "file_hash must be a hash"),
        (line(created_at="2014-12-31T23:59:59Z"), "created_at must be between 2015 and now"),
        (line(created_at="2100-01-01T00:00:00Z"), "created_at must be between 2015 and now"),
        (line(created_at=1770091506000), "created_at must be"),
        (line(created_at=10**30), "created_at must be a time such as"),
        (line(created_at="9999-12-31T23:59:59-23:59"), "created_at must be a time such as"),
        (line(created_at="2026-02-03"), "created_at must be a time such as"),
        (line(created_at=True), "created_at must be a time such as"),
        (line(created_at=1.5), "created_at must be a time such as"),
        (line(created_at="yesterday"), "created_at must be a time such as"),
        (line(revoked_at="2026-02-03T04:05:05Z"), "revoked_at must not be before created_at"),
        (line(is_revoked=True), "is_revoked must be true if there is revoked_at"),
        (line(is_revoked="no"), "is_revoked must be true if there is revoked_at"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason_and_the_rest_is_stored(
    run_import_of, agent, sql, tmp_path, text, reason
):
    rejects = tmp_path / "rejects.jsonl"
    lines = [line(log_index=1), text, line(log_index=2)]
    result = run_import_of("feedback", lines, "--rejects", str(rejects))
    assert figures(result) == (2, 0, 0, 0, 1)
    assert result.stderr.startswith("line 2 refused: ")
    assert reason in result.stderr
    rejected = json.loads(rejects.read_text())
    assert rejected["line_number"] == 2
    assert reason in rejected["reason"]
    assert rejected["line"] == (text if isinstance(text, str) else json.dumps(text))
    assert [each["log_index"] for each in sql(FEEDBACK)] == [1, 2]


@pytest.mark.parametrize("sign", [1, -1])
def test_the_greatest_values_are_exact(run_import_of, agent, sql, sign):
    run_import_of("feedback", [line(value=sign * 10**38), line(log_index=4, value=str(sign * 3))])
    assert [each["value"] for each in sql(FEEDBACK)] == [sign * 10**38, sign * 3]


def test_a_score_counts_whatever_its_tag(run_import_of, agent, sql):
    given = {"value": ..., "value_decimals": ..., "tag1": "strange"}
    run_import_of("feedback", [line(score="87.5", **given), line(score=100, log_index=4, **given)])
    stored = [
        (each["value"], each["value_decimals"], float(each["score"])) for each in sql(FEEDBACK)
    ]
    assert stored == [(8750, 2, 87.5), (100, 0, 100.0)]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ('"' + "x" * 471 + '"', "x" * 471),
        (r'"a\u0000b"', "a\ufffe0000b"),
        (r'"a\ud800b"', "a\ufffed800b"),
        ('"a\ufffeb"', "a\ufffefffeb"),
    ],
)
def test_odd_tags_are_stored_told_apart_and_marked(run_import_of, agent, sql, written, stored):
    text = json.dumps(line(tag1="TAG")).replace('"TAG"', written)
    assert figures(run_import_of("feedback", [text])) == (1, 0, 0, 0, 0)
    (feedback,) = sql(FEEDBACK)
    assert feedback["tag1"] == stored
    marks = feedback["unstorable"] or {}
    assert set(marks) == ({"tag1"} if "\ufffe" in stored else set())
    assert figures(run_import_of("feedback", [text])) == (0, 0, 1, 0, 0)


def test_of_texts_without_end_the_hash_is_stored(run_import_of, agent, sql):
    long = [line(log_index=n, tag1="é" * 600 + str(n), endpoint="x" * 70_000) for n in (1, 2)]
    assert figures(run_import_of("feedback", long)) == (2, 0, 0, 0, 0)
    first, second = sql(FEEDBACK)
    assert first["tag1"].startswith("\ufffesha256:")
    assert first["tag1"] != second["tag1"]
    assert first["unstorable"]["tag1"]["bytes"] == 1201
    assert first["unstorable"]["endpoint"]["reasons"] == ["too_long"]


def test_a_statistic_counts_what_is_imported(run_import_of, agent, get):
    run_import_of("feedback", [line(), line(log_index=4, client_address=factories.address())])
    stats = get(f"/agents/{agent['agent_uuid']}/stats")
    assert (stats["total_feedback"], stats["unique_clients"]) == (2, 2)
    assert stats["last_feedback_at"] == "2026-02-03T04:05:06.000000Z"
