"""Cursors that the service would not make: refused, whatever they say, even where they are
signed. Those that are not are in tests/attacks/test_forged_cursors.py."""

from __future__ import annotations

import base64

import pytest

from kamiyo_api.schemas import pages
from kamiyo_api.schemas.search import AgentSearch
from tests.support.clients import outcome

NOWHERE = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def agent(make_agent):
    return make_agent()["agent_uuid"]


@pytest.fixture
def cursor_of(app):
    """Sign a cursor of a search as the service does, with what we say."""

    def sign(sort, *parts):
        return pages.encode_cursor(
            pages.walk_of("agents", AgentSearch().load({"sort": sort})), *parts
        )

    return sign


MOMENT = "2026-01-01T00:00:00+00:00"
TAMPERED = {
    "nothing": "",
    "no base64": "!!!",
    "one letter": "a",
    "no JSON": base64.urlsafe_b64encode(b"nothing").decode(),
    "no list": base64.urlsafe_b64encode(b'{"a": 1}').decode(),
    "deep": base64.urlsafe_b64encode(b"[" * 200).decode(),
    "too long for its end": "AAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "beyond ASCII": "é",
    "surrogate": "%ED%A0%80",
    "not signed": base64.urlsafe_b64encode(b'[null,"2026-01-01",1]').decode().rstrip("="),
}
STRANGE_TIMES = [None, "", "yesterday", 1, [], {}, True, "0001-01-01T00:00:00+23:59"]
STRANGE_NUMBERS = {
    "registered_at": ["90", [], {}, True, 1e300],
    "total_feedback": [None, "1", 1.5, [], {}, True, 10**18 * 9, -(2**63)],
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
def test_cursor_that_we_make_here_is_as_the_service_makes_them(client, admin, cursor_of, sort):
    cursor = cursor_of(sort, A_NUMBER[sort], MOMENT, NOWHERE, 1)
    answer = client.get(f"/api/v1/agents/?sort={sort}&cursor={cursor}", headers=admin)
    assert answer.status_code == 200


@pytest.fixture
def assert_invalid(client, admin, cursor_of):
    """Assert that a search refuses what a signed cursor says, in both directions."""

    def check(sort, *parts):
        for sign in ("", "-"):
            cursor = cursor_of(sign + sort, *parts)
            path = f"/api/v1/agents/?sort={sign}{sort}&cursor={cursor}"
            assert outcome(client.get(path, headers=admin)) == (400, "INVALID_CURSOR")

    return check


@pytest.mark.parametrize(
    "parts", [(), (MOMENT,), (None, MOMENT, NOWHERE, 1, 2), (None, None, None, None)]
)
def test_cursor_of_another_form_is_invalid(assert_invalid, parts):
    assert_invalid("registered_at", *parts)


@pytest.mark.parametrize("sort", A_NUMBER)
@pytest.mark.parametrize("time", STRANGE_TIMES)
def test_cursor_with_a_strange_time_is_invalid(assert_invalid, sort, time):
    assert_invalid(sort, A_NUMBER[sort], time, NOWHERE, 1)


@pytest.mark.parametrize(
    ("sort", "number"),
    [(sort, number) for sort, numbers in STRANGE_NUMBERS.items() for number in numbers],
)
def test_cursor_with_a_strange_number_is_invalid(assert_invalid, sort, number):
    assert_invalid(sort, number, MOMENT, NOWHERE, 1)


@pytest.mark.parametrize("total", [-1, None, 1.5, "30", True])
def test_cursor_with_a_strange_total_is_invalid(assert_invalid, total):
    assert_invalid("registered_at", None, MOMENT, NOWHERE, total)


@pytest.mark.parametrize("uuid", [None, 1, "", "x", [], "' or true", NOWHERE + "0"])
def test_cursor_with_a_strange_uuid_is_invalid(client, admin, agent, assert_invalid, uuid):
    assert_invalid("registered_at", None, MOMENT, uuid, 1)
    walk = pages.walk_of("payments", {}, agent)
    cursor = pages.encode_cursor(walk, MOMENT, uuid)
    answer = client.get(f"/api/v1/agents/{agent}/payments?cursor={cursor}", headers=admin)
    assert outcome(answer) == (400, "INVALID_CURSOR")


def test_signed_cursor_of_a_list_is_as_the_service_makes_them(client, admin, agent):
    walk = pages.walk_of("payments", {}, agent)
    cursor = pages.encode_cursor(walk, MOMENT, NOWHERE)
    answer = client.get(f"/api/v1/agents/{agent}/payments?cursor={cursor}", headers=admin)
    assert answer.status_code == 200
