"""What the chain allows is loaded: what cannot be stored as it is is marked, and nothing is cut."""

from __future__ import annotations

import hashlib
import json

import pytest

from kamiyo_api.schemas.unstorable import ESCAPE
from tests.support.imports import AGENTS, HASH, OWNER, counts, line

PLACEHOLDER = '"FILE"'
DEEP = "[" * 3000 + "]" * 3000


def written(file: str, **told) -> bytes:
    """A line whose registration file is written exactly so."""
    text = line(registration_file=json.loads(PLACEHOLDER), **told)
    return text.replace(PLACEHOLDER, file).encode("utf-8", "surrogateescape") + b"\n"


@pytest.fixture
def shown(client, admin, sql):
    """The only agent, as the API shows it."""

    def read():
        (agent,) = sql(AGENTS)
        answer = client.get(f"/api/v1/agents/{agent['id']}", headers=admin)
        assert answer.status_code == 200, answer.text
        return answer.json

    return read


def mark(original: bytes, *reasons: str, stored: str) -> dict[str, object]:
    digest = hashlib.sha256(original).hexdigest()
    return {"reasons": [*reasons], "sha256": digest, "bytes": len(original), "stored": stored}


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("[]", "not_an_object"),
        ('["a", {"name": "b"}]', "not_an_object"),
        ('"a text"', "not_an_object"),
        ("7", "not_an_object"),
        ("false", "not_an_object"),
        (json.dumps("x" * 200_000), "not_an_object"),
        (json.dumps({"x": "y" * 65_536}), "too_large"),
        (json.dumps({"name": "é" * 100_000}, ensure_ascii=False), "too_large"),
        (json.dumps({"x": ["y"] * 20_000}), "too_large"),
        ('{"x": [' + "1e300," * 400 + "1]}", "too_large"),
        ('{"x": [' + "1e300," * 4000 + "1]}", "too_large"),
        ('{"x":' + "[" * 500 + '"' + "y" * 70_000 + '"' + "]" * 500 + "}", "too_large"),
        (f'{{"name": "Deep", "x": {DEEP}}}', "too_deep"),
        (DEEP, "too_deep"),
    ],
    ids=range(14),
)
def test_file_that_cannot_be_stored_is_marked_and_its_agent_is_loaded(
    run_import, sql, file, reason
):
    result = run_import(written(file) + line(agent_id=8).encode())
    assert "read 2 lines: 2 inserted, 0 updated, 0 unchanged, 0 older, 0 rejected" in counts(result)
    odd, plain = sql(AGENTS)
    assert odd["registration_file"] is None
    assert odd["unstorable"]["registration_file"]["reasons"] == [reason]
    assert plain["unstorable"] is None


@pytest.mark.parametrize("file", ['["a"]', json.dumps({"x": "y" * 200_000}), DEEP])
def test_file_that_is_not_stored_is_null_with_its_hash(run_import, shown, file, client):
    assert "1 inserted" in counts(run_import(written(file)))
    agent = shown()
    assert agent["registration_file"] is None
    (reason,) = agent["unstorable"]["registration_file"]["reasons"]
    assert agent["unstorable"] == {
        "registration_file": mark(file.encode(), reason, stored="nothing")
    }
    path = f"/api/v1/agents/{agent['agent_uuid']}/registration"
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("file", "reason", "stored"),
    [
        (r'{"name": "Fer\u0000ry"}', "nul", {"name": f"Fer{ESCAPE}0000ry"}),
        (r'{"name": "Fer\ud800ry"}', "surrogate", {"name": f"Fer{ESCAPE}d800ry"}),
        ('{"name": "Fer\udcffry"}', "invalid_utf8", {"name": f"Fer{ESCAPE}xffry"}),
        ('{"name": "Fer\ufffery"}', "escape_character", {"name": f"Fer{ESCAPE}fffery"}),
        ('{"name": "Fer\0ry"}', "nul", {"name": f"Fer{ESCAPE}0000ry"}),
        (r'{"a\u0000": 1, "a": 2}', "nul", {f"a{ESCAPE}0000": 1, "a": 2}),
        ('{"x": [1e-20000, 0.5]}', "number", {"x": [f"{ESCAPE}1e-20000", 0.5]}),
        ('{"x": 1e400}', "number", {"x": f"{ESCAPE}1e400"}),
    ],
    ids=range(8),
)
def test_part_of_a_file_that_cannot_be_stored_is_escaped_and_the_file_marked(
    run_import, shown, file, reason, stored
):
    assert "1 inserted" in counts(run_import(written(file)))
    agent = shown()
    assert agent["registration_file"] == stored
    original = file.encode("utf-8", "surrogateescape")
    assert agent["unstorable"] == {"registration_file": mark(original, reason, stored="escaped")}


def test_numbers_beside_what_is_escaped_stay_as_written(run_import, sql):
    run_import(written(rf'{{"id": {2**256 - 1}, "price": 0.10, "x": "\u0000"}}'))
    (agent,) = sql("select registration_file::text as file from erc8004_agents")
    assert f'"id": {2**256 - 1}, "price": 0.10' in agent["file"]


def test_large_file_that_is_escaped_has_the_hash_of_the_original(run_import, shown):
    file = json.dumps({"x": "\0" * 30_000})
    assert "1 inserted" in counts(run_import(written(file)))
    expected = mark(file.encode(), "nul", "too_large", stored="nothing")
    assert shown()["unstorable"] == {"registration_file": expected}


def test_agents_whose_names_differ_by_what_cannot_be_stored_stay_different(
    run_import, client, admin
):
    names = ["Ferry", r"Ferry\u0000", r"Ferry\ud800", r"Ferry\udfff", "Ferry\udcff", r"Ferry\ufffe"]
    lines = [written(f'{{"name": "{name}"}}', agent_id=number) for number, name in enumerate(names)]
    assert f"{len(names)} inserted" in counts(run_import(b"".join(lines)))
    answer = client.get("/api/v1/agents/?owner_address=" + OWNER, headers=admin)
    assert len({agent["name"] for agent in answer.json["agents"]}) == len(names)


@pytest.mark.parametrize("length", [2049, 21_000, 65_536])
def test_long_uri_is_stored_whole(run_import, shown, length):
    uri = "data:,".ljust(length, "x")
    assert "1 inserted" in counts(run_import([line(token_uri=uri)]))
    assert (shown()["token_uri"], shown()["unstorable"]) == (uri, None)


@pytest.mark.parametrize(
    ("uri", "reason", "stored"),
    [
        ("ipfs://a\0b", "nul", f"ipfs://a{ESCAPE}0000b"),
        ("ipfs://\ud800", "surrogate", f"ipfs://{ESCAPE}d800"),
        ("data:," + "x" * 65_536, "too_long", None),
        ("data:," + "é" * 40_000, "too_long", None),
    ],
    ids=range(4),
)
def test_uri_that_cannot_be_stored_is_marked(run_import, shown, uri, reason, stored):
    assert "1 inserted" in counts(run_import([line(token_uri=uri)]))
    agent = shown()
    assert agent["token_uri"] == stored
    original = uri.encode("utf-8", "surrogatepass")
    kind = "escaped" if stored else "nothing"
    assert agent["unstorable"] == {"token_uri": mark(original, reason, stored=kind)}


ODD = [
    line(token_uri="a\0b", registration_file={"name": "\ud800"}),
    line(token_uri="x" * 70_000, registration_file=["a"]),
    line(registration_file={"x": "y" * 200_000}),
]


@pytest.mark.parametrize("text", ODD, ids=range(3))
def test_a_second_import_of_odd_lines_changes_nothing(run_import, sql, text):
    run_import([text])
    before = sql(AGENTS)
    assert "0 inserted, 0 updated, 1 unchanged" in counts(run_import([text]))
    assert sql(AGENTS) == before


@pytest.mark.parametrize("text", ODD, ids=range(3))
def test_a_later_good_file_clears_the_mark(run_import, shown, text):
    run_import([text])
    good = {"name": "Good"}
    result = run_import([line(token_uri="ipfs://good", registration_file=good)])
    assert "1 updated" in counts(result)
    agent = shown()
    assert (agent["registration_file"], agent["token_uri"]) == (good, "ipfs://good")
    assert agent["unstorable"] is None


def test_uri_that_a_line_leaves_out_stays_with_its_mark(run_import, shown):
    run_import([line(token_uri="a\0b", registration_file=["a"])])
    run_import([line(registration_file={"name": "Good"})])
    agent = shown()
    assert agent["token_uri"] == f"a{ESCAPE}0000b"
    assert [*agent["unstorable"]] == ["token_uri"]


def test_uri_that_cannot_be_stored_replaces_the_former_one(run_import, shown):
    run_import([line(token_uri="ipfs://good")])
    assert "1 updated" in counts(run_import([line(token_uri="x" * 70_000)]))
    assert (shown()["token_uri"], [*shown()["unstorable"]]) == (None, ["token_uri"])


def test_another_owner_takes_over_no_mark(run_import, shown):
    run_import([line(token_uri="a\0b", registration_file=["a"], block_number=1)])
    run_import([line(owner_address=f"0x{'b' * 40}", block_number=2)])
    assert (shown()["token_uri"], shown()["unstorable"]) == (None, None)


def test_older_line_neither_sets_nor_clears_a_mark(run_import, shown):
    run_import([line(registration_file=["a"], block_number=9)])
    before = shown()
    run_import([line(registration_file={"name": "Old"}, token_uri="a\0", block_number=8)])
    assert shown() == before


def test_owner_who_changes_a_field_clears_its_mark(run_import, shown, client, admin):
    run_import([line(token_uri="a\0b", registration_file=["a"])])
    path = f"/api/v1/agents/{shown()['agent_uuid']}"
    client.patch(path, json={"status": "suspended"}, headers=admin)
    assert {*shown()["unstorable"]} == {"token_uri", "registration_file"}
    client.patch(path, json={"registration_file": {"name": "Good"}}, headers=admin)
    assert [*shown()["unstorable"]] == ["token_uri"]
    client.patch(path, json={"token_uri": "ipfs://good"}, headers=admin)
    assert shown()["unstorable"] is None


def test_owner_who_writes_what_is_stored_escaped_clears_its_mark(run_import, shown, client, admin):
    run_import([line(registration_file={"name": "a\0"})])
    agent = shown()
    change = {"registration_file": agent["registration_file"]}
    client.patch(f"/api/v1/agents/{agent['agent_uuid']}", json=change, headers=admin)
    assert shown()["unstorable"] is None


def test_limits_of_what_clients_post_stay(client, admin, make_agent):
    path = f"/api/v1/agents/{make_agent()['agent_uuid']}"
    for change in (
        {"token_uri": "data:," + "x" * 2048},
        {"registration_file": {"x": "y" * 65_536}},
        {"registration_file": ["a"]},
        {"registration_file": {"a\0": 1}},
    ):
        assert client.patch(path, json=change, headers=admin).status_code in (413, 422), change


def test_fields_that_identify_an_agent_are_not_escaped(run_import):
    told = [line(chain="ethereum\0"), line(owner_address=OWNER + "\0"), line(tx_hash=HASH + "\0")]
    assert "read 3 lines: 0 inserted, 0 updated, 0 unchanged, 0 older, 3 rejected" in counts(
        run_import(told)
    )
