"""Numbers that are JSON and that PostgreSQL cannot store: one is marked in its line, or refuses its
request, and nothing beside it."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from kamiyo_api.schemas.unstorable import ESCAPE
from tests.support import factories
from tests.support.clients import outcome
from tests.support.imports import AGENTS, counts, line

MANTISSAS = ("0", "-0", "0.0", "-0.000", "1", "-1.5", "0.1", f"0.{'0' * 999}")
SIGNS = ("e", "E", "e+", "E+", "e-", "E-")
# On both sides of each bound: ours, numeric's, an int's half, an int, a long, and far beyond.
EXPONENTS = (
    *("0", "5", "999", "0999", "1000", "01000", "16383", "16384", "131072", "1073741822"),
    *("1073741823", "1073741824", "2147483647", "2147483648", "9223372036854775808", "9" * 40),
)
ALL = ["".join(parts) for parts in itertools.product(MANTISSAS, SIGNS, EXPONENTS)]
PLACES = ('{{"x": {}}}', '{{"x":{}}}', '{{"x": [7,{}, 7]}}', '{{"x": {{"y": [{}]}}}}')


def written(number, place=PLACES[0]):
    """A line whose registration file holds a number as it is written."""
    return line(registration_file="HERE").replace('"HERE"', place.format(number))


@pytest.fixture
def is_storable(sql):
    """Whether PostgreSQL takes a number into a JSON document."""

    def ask(number):
        return sql("select pg_input_is_valid(%s, 'jsonb') as taken", number)[0]["taken"]

    return ask


@pytest.mark.parametrize("place", PLACES)
def test_number_that_cannot_be_stored_is_marked_and_its_agent_is_loaded(run_import, sql, place):
    told = [
        written(number, place).replace('"agent_id": 7', f'"agent_id": {index}')
        for index, number in enumerate(ALL)
    ]
    assert f"{len(ALL)} inserted" in counts(run_import(told))
    agents = sql(
        "select agent_id, unstorable is null as is_exact, registration_file::text as file"
        " from erc8004_agents where registration_file is not null"
    )
    escaped = {int(agent["agent_id"]) for agent in agents if not agent["is_exact"]}
    assert 0 < len(escaped) < len(ALL)
    for agent in agents:
        number = ALL[int(agent["agent_id"])]
        assert (f'"{ESCAPE}{number}"' in agent["file"]) == (not agent["is_exact"]), number


def test_number_that_can_be_stored_is_not_refused(run_import, sql, is_storable):
    easy = [
        number
        for number in ALL
        if int(number.lower().split("e")[1]) in range(-999, 309) and len(number) < 100
    ]
    assert all(is_storable(number) for number in easy)
    assert not is_storable("0e2147483648")
    told = [
        written(number).replace('"agent_id": 7', f'"agent_id": {index}')
        for index, number in enumerate(easy)
    ]
    assert f"{len(easy)} inserted" in counts(run_import(told))
    assert all(agent["unstorable"] is None for agent in sql(AGENTS))


@pytest.mark.parametrize(
    "text", ["0e123456", "0x0e1234567890", "a0E+99999", "1.0e12345", ": 0e9999", "0.0e+12345"]
)
def test_text_that_looks_like_such_a_number_is_taken(run_import, text):
    assert "1 inserted" in counts(run_import([line(registration_file={"name": text})]))


@pytest.mark.parametrize("number", [each for each in ALL if each.startswith(("0e", "-0.000E"))])
def test_request_with_a_number_that_cannot_be_stored_is_refused(client, admin, number, is_storable):
    body = json.dumps(factories.agent(registration_file={"x": "HERE"})).replace('"HERE"', number)
    headers = {**admin, "Content-Type": "application/json"}
    answer = client.post("/api/v1/agents/register", data=body, headers=headers)
    if is_storable(number):
        assert answer.status_code == 201, answer.text
    else:
        assert outcome(answer) == (422, "VALIDATION_ERROR")


def test_change_to_a_number_that_cannot_be_stored_is_refused(client, admin, make_agent):
    path = f"/api/v1/agents/{make_agent()['agent_uuid']}"
    headers = {**admin, "Content-Type": "application/json"}
    body = '{"registration_file": {"x": 0e2147483648}}'
    assert outcome(client.patch(path, data=body, headers=headers)) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "numbers",
    [
        "1e-999," * 16_000,
        ("1." + "0" * 990 + ",") * 900,
        "1e-20000,",
        "1" * 20_000 + ",",
        "1," * 40_000,
    ],
    ids=["exponents", "decimals", "one exponent", "one number", "many numbers"],
)
def test_file_that_postgresql_would_write_out_is_refused_unlogged(
    client, admin, sql, make_agent, numbers
):
    """What PostgreSQL refuses it logs whole; so it is not asked to store such a file."""
    agent = make_agent()
    log = Path(sql("show data_directory")[0]["data_directory"]) / "server.log"
    before = log.stat().st_size
    file = '{"n": [' + numbers + "1]}"
    body = f'{{"registration_file": {file}, "owner_address": "0x{"1" * 40}", "chain": "base"}}'
    sent = {"data": body, "content_type": "application/json", "headers": admin}
    answers = [client.post("/api/v1/agents/register", **sent)]
    sent["data"] = f'{{"registration_file": {file}}}'
    answers.append(client.patch(f"/api/v1/agents/{agent['agent_uuid']}", **sent))
    assert {answer.status_code for answer in answers} <= {400, 422}
    assert log.stat().st_size - before < 1000
