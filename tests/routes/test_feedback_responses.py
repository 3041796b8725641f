"""Responding to feedback."""

from __future__ import annotations

from tests.support import factories
from tests.support.clients import outcome

FEEDBACK = "/api/v1/agents/feedback"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"


def test_agent_answers_feedback_and_the_answer_is_listed(
    client, give_feedback, key_for, listed, make_agent
):
    agent = make_agent()
    given = give_feedback(agent_uuid=agent["agent_uuid"])
    body = {"responder_address": agent["owner_address"], "response_uri": "ipfs://sorry"}
    answer = client.post(
        f"{FEEDBACK}/{given['feedback_id']}/responses",
        json=body,
        headers=key_for(agent["owner_address"]),
    )
    assert answer.status_code == 201
    assert answer.json["feedback_id"] == given["feedback_id"]
    (response,) = listed(agent)[0]["responses"]
    assert {**response, "feedback_id": given["feedback_id"]} == answer.json


def test_ten_newest_responses_are_listed(client, admin, give_feedback, listed, make_agent):
    agent = make_agent()
    given = give_feedback(agent_uuid=agent["agent_uuid"])
    for number in range(12):
        body = {"responder_address": factories.address(), "response_uri": f"ipfs://{number}"}
        client.post(f"{FEEDBACK}/{given['feedback_id']}/responses", json=body, headers=admin)
    (feedback,) = listed(agent)
    assert [each["response_uri"] for each in feedback["responses"]] == [
        f"ipfs://{number}" for number in range(11, 1, -1)
    ]


def test_nobody_answers_in_the_name_of_another(client, give_feedback, key_for, make_agent):
    given = give_feedback(agent_uuid=make_agent()["agent_uuid"])
    answer = client.post(
        f"{FEEDBACK}/{given['feedback_id']}/responses",
        json={"responder_address": factories.address(), "response_uri": "ipfs://x"},
        headers=key_for(factories.address()),
    )
    assert outcome(answer) == (403, "INSUFFICIENT_SCOPE")


def test_answer_to_unknown_feedback_is_not_found(client, admin):
    answer = client.post(
        f"{FEEDBACK}/{FAR_UUID}/responses",
        json={"responder_address": factories.address(), "response_uri": "ipfs://x"},
        headers=admin,
    )
    assert outcome(answer) == (404, "FEEDBACK_NOT_FOUND")
