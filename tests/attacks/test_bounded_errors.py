"""An answer says at most twenty things that are wrong with an input, and how many there are."""

from __future__ import annotations

import pytest

from kamiyo_api.web.problems import MAX_MESSAGES, MAX_NAME_LENGTH
from tests.support import factories
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, REGISTER


def test_errors_are_the_first_twenty_and_a_count(client, admin):
    body = {f"x{number}": 1 for number in range(90)}
    answer = client.post(REGISTER, json={**factories.agent(), **body}, headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    problem = answer.get_json(force=True)
    assert len(problem["errors"]) == MAX_MESSAGES
    assert problem["errors_total"] == 90


def test_errors_are_counted_at_every_depth(client, admin):
    entries = [{"key": "", "value": "-", "colour": 1} for _ in range(50)]
    body = factories.agent(metadata=entries, chain="")
    problem = client.post(REGISTER, json=body, headers=admin).get_json(force=True)
    by_entry = problem["errors"]["metadata"]
    messages = [each for entry in by_entry.values() for found in entry.values() for each in found]
    assert len(messages) + len(problem["errors"].get("chain", [])) == MAX_MESSAGES
    assert problem["errors_total"] == 151


def test_few_errors_are_all_shown_and_not_counted(client, admin):
    answer = client.post(REGISTER, json={"colour": 1}, headers=admin)
    problem = answer.get_json(force=True)
    assert sorted(problem["errors"]) == ["chain", "colour", "owner_address", "registration_file"]
    assert "errors_total" not in problem


@pytest.mark.parametrize("length", [MAX_NAME_LENGTH, MAX_NAME_LENGTH + 1, 7_000])
def test_long_names_are_shortened_in_errors(client, admin, length):
    name = "x" * length
    for answer in (
        client.post(REGISTER, json={**factories.agent(), name: 1}, headers=admin),
        client.get(f"{AGENTS}?{name}=1", headers=admin),
        client.get(f"/api/v1/key?{name}=1", headers=admin),
    ):
        (shown,) = answer.get_json(force=True)["errors"]
        is_whole = length <= MAX_NAME_LENGTH
        assert shown == (name if is_whole else "x" * (MAX_NAME_LENGTH - 1) + "…")
