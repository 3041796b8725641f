"""Rows of an agent's lists: long texts are cut and named, and stand in full where one is read."""

from __future__ import annotations

import json

import pytest

from tests.support import factories
from tests.support.clients import outcome

# What takes most bytes in JSON: six for one character.
WORST = "\x01"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
LARGEST_PAGE = {
    "feedback": 3_200_000,
    "responses": 250_000,
    "payments": 450_000,
    "validations": 700_000,
}


def uri(length, character="x"):
    return "ipfs://".ljust(length, character)


@pytest.fixture
def agent(make_agent):
    return make_agent()["agent_uuid"]


@pytest.fixture
def post(client, admin):
    def send(path, body):
        answer = client.post(f"/api/v1/agents/{path}", json=body, headers=admin)
        assert answer.status_code in (200, 201), answer.json
        return answer.json

    return send


@pytest.fixture
def rows(agent, post):
    """Make a row of each list with these texts: where it stands alone, and what may be long."""

    def feedback(text):
        body = factories.feedback(agent_uuid=agent, endpoint=uri(*text), file_uri=uri(*text))
        made = post("feedback", body)["feedback_id"]
        post(f"feedback/{made}/revoke", {"reason": "x".ljust(min(text[0], 1000), text[1])})
        return f"feedback/{made}", ["endpoint", "file_uri", "revocation_reason"]

    def responses(text):
        made = post("feedback", factories.feedback(agent_uuid=agent))["feedback_id"]
        body = {"responder_address": factories.address(), "response_uri": uri(*text)}
        response = post(f"feedback/{made}/responses", body)["response_id"]
        return f"feedback/{made}/responses/{response}", ["response_uri"]

    def payments(text):
        reason = "x".ljust(min(text[0], 1000), text[1])
        body = factories.payment(agent_uuid=agent, status="failed", failure_reason=reason)
        made = post("link-payment", body | {"endpoint": uri(*text)})
        return f"payments/{made['payment_id']}", ["endpoint", "failure_reason"]

    def validations(text):
        asked = factories.validation(agent_uuid=agent, request_uri=uri(*text))
        made = post("validations", asked)
        body = {"response": 1, "response_uri": uri(*text), "agent_uuid": agent}
        post(f"validations/{asked['request_hash']}/response", body)
        return f"validations/{made['validation_id']}", ["request_uri", "response_uri"]

    return {each.__name__: each for each in (feedback, responses, payments, validations)}


@pytest.fixture
def listed(agent, get):
    """The first row of the list in which something stands, and the size of its page."""

    def read(name, path):
        of = path.rsplit("/", 1)[0] if name == "responses" else f"{agent}/{name}"
        asked = "?include_revoked=1" if name == "feedback" else ""
        return get(f"/agents/{of}{asked}")[name][0]

    return read


@pytest.mark.parametrize("name", LARGEST_PAGE)
def test_long_texts_are_cut_and_named_in_a_row_and_whole_alone(rows, listed, get, name):
    path, texts = rows[name]((2048, "x"))
    row, alone = listed(name, path), get(f"/agents/{path}")
    assert (row["truncated"], alone["truncated"]) == (texts, [])
    for text in texts:
        assert len(alone[text]) > 300
        assert row[text] == alone[text][:300]
    cut = {*texts, "truncated"}
    assert {each: row[each] for each in row if each not in cut} == {
        each: alone[each] for each in alone if each not in cut
    }


@pytest.mark.parametrize("name", LARGEST_PAGE)
def test_texts_of_three_hundred_characters_are_whole(rows, listed, get, name):
    path, _ = rows[name]((300, "é"))
    assert listed(name, path) == get(f"/agents/{path}")
    assert listed(name, path)["truncated"] == []


@pytest.mark.parametrize("name", LARGEST_PAGE)
def test_page_of_the_largest_rows_is_bounded(agent, rows, listed, sql, name):
    path, texts = rows[name]((2048, "x"))
    table = {
        "feedback": "erc8004_reputation",
        "responses": "erc8004_feedback_responses",
        "payments": "erc8004_agent_payments",
        "validations": "erc8004_validations",
    }[name]
    tags = {"feedback": ("tag1", "tag2"), "validations": ("tag",)}.get(name, ())
    changed = [f"{text} = repeat({WORST!r}, 2048)" for text in texts]
    changed += [f"{tag} = repeat({WORST!r}, 256)" for tag in tags]
    sql(f"update {table} set {', '.join(changed).replace(repr(WORST), 'chr(1)')}")
    if name == "feedback":
        sql(
            """
            insert into erc8004_feedback_responses (feedback_id, responder_address, response_uri)
            select r.id, '0x' || repeat('e', 40), repeat(chr(1), 2048)
            from erc8004_reputation as r, generate_series(1, 10)
            """
        )
    row = listed(name, path)
    assert row["truncated"] == texts
    assert 100 * len(json.dumps(row, separators=(",", ":"))) < LARGEST_PAGE[name]


def test_response_in_a_row_of_feedback_is_cut_too(agent, get, rows):
    path, _ = rows["responses"]((2048, "x"))
    of = path.split("/responses")[0]
    (row,) = get(f"/agents/{agent}/feedback")["feedback"]
    (cut,), (whole,) = row["responses"], get(f"/agents/{of}")["responses"]
    assert (cut["truncated"], whole["truncated"]) == (["response_uri"], [])
    assert cut["response_uri"] == whole["response_uri"][:300]
    assert len(whole["response_uri"]) == 2048


@pytest.mark.parametrize(
    ("path", "code"),
    [("payments", "PAYMENT_NOT_FOUND"), ("validations", "VALIDATION_NOT_FOUND")],
)
def test_row_that_is_not_there_is_not_found(client, admin, path, code):
    answer = client.get(f"/api/v1/agents/{path}/{FAR_UUID}", headers=admin)
    assert outcome(answer) == (404, code)
