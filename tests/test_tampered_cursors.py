"""Cursors that the service did not make: refused, whatever is in them."""

from __future__ import annotations

import base64
import json

import pytest

from tests.answers import outcome

NOWHERE = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def agent(make_agent):
    return make_agent()["agent_uuid"]


@pytest.fixture
def two_agents(agent, make_agent):
    return [agent, make_agent()["agent_uuid"]]


def cursor_of(*parts):
    """A cursor as the service makes them, with what we say."""
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


MOMENT = "2026-01-01T00:00:00+00:00"
TAMPERED = {
    "nothing": "",
    "no base64": "!!!",
    "one letter": "a",
    "no JSON": base64.urlsafe_b64encode(b"nothing").decode(),
    "no list": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "deep": base64.urlsafe_b64encode(b"[" * 200).decode(),
    "beyond ASCII": "é",
    "surrogate": "%ED%A0%80",
    "too few": cursor_of(MOMENT),
    "too many": cursor_of("-registered_at", None, MOMENT, NOWHERE, 1, 2),
    "null": cursor_of(None, None, None, None, None),
}
STRANGE_TIMES = [None, "", "yesterday", 1, [], {}, True, "0001-01-01T00:00:00+23:59"]
STRANGE_NUMBERS = {
    "registered_at": ["90", [], {}, True, 1e300],
    "total_feedback": [None, "1", 1.5, [], {}, True, 10**18 * 9, -(10**20)],
    "reputation_score": ["90", [], {}, True, 1e300],
}
A_NUMBER = {"registered_at": None, "total_feedback": 1, "reputation_score": 90.5}


@pytest.mark.parametrize("tampered", TAMPERED.values(), ids=TAMPERED)
@pytest.mark.parametrize("name", ["", "feedback", "payments", "validations"])
def test_tampered_cursor_is_invalid(client, admin, agent, name, tampered):
    path = f"/api/v1/agents/{agent}/{name}" if name else "/api/v1/agents/"
    answer = client.get(f"{path}?cursor={tampered}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("sort", A_NUMBER)
def test_cursor_that_we_make_here_is_as_the_service_makes_them(client, admin, sort):
    cursor = cursor_of(sort, A_NUMBER[sort], MOMENT, NOWHERE, 1)
    answer = client.get(f"/api/v1/agents/?sort={sort}&cursor={cursor}", headers=admin)
    assert answer.status_code == 200


@pytest.mark.parametrize("sort", A_NUMBER)
@pytest.mark.parametrize("time", STRANGE_TIMES)
def test_cursor_with_a_strange_time_is_invalid(client, admin, sort, time):
    assert_invalid(client, admin, sort, A_NUMBER[sort], time)


@pytest.mark.parametrize(
    ("sort", "number"),
    [(sort, number) for sort, numbers in STRANGE_NUMBERS.items() for number in numbers],
)
def test_cursor_with_a_strange_number_is_invalid(client, admin, sort, number):
    assert_invalid(client, admin, sort, number, MOMENT)


def assert_invalid(client, admin, sort, number, time):
    for sign in ("", "-"):
        cursor = cursor_of(sign + sort, number, time, NOWHERE, 1)
        path = f"/api/v1/agents/?sort={sign}{sort}&cursor={cursor}"
        assert outcome(client.get(path, headers=admin)) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("uuid", [None, 1, "", "x", [], "' or true", NOWHERE + "0"])
def test_cursor_with_a_strange_uuid_is_invalid(client, admin, agent, uuid):
    for path in (
        f"/api/v1/agents/?cursor={cursor_of('-registered_at', None, MOMENT, uuid, 1)}",
        f"/api/v1/agents/{agent}/feedback?cursor={cursor_of(MOMENT, uuid)}",
    ):
        assert outcome(client.get(path, headers=admin)) == (400, "INVALID_CURSOR")


def test_cursor_of_another_sort_is_invalid(client, admin, get, two_agents):
    cursor = get("/agents/?sort=total_feedback&limit=1")["next_cursor"]
    answer = client.get(f"/api/v1/agents/?sort=-total_feedback&cursor={cursor}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize("total", [-1, None, 1.5, "30", True])
def test_total_that_no_page_told_makes_no_cursor(client, admin, get, two_agents, total):
    cursor = get("/agents/?limit=1")["next_cursor"]
    parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    forged = cursor_of(*parts[:4], total)
    answer = client.get(f"/api/v1/agents/?limit=1&cursor={forged}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")
