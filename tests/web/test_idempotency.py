"""Idempotency-Key: a request that is sent again does nothing twice and is answered as before."""

from __future__ import annotations

import pytest

from kamiyo_api.access import authentication
from tests.support import factories
from tests.support.clients import outcome
from tests.support.concurrency import at_once
from tests.support.triggers import trigger

AGENTS = "/api/v1/agents/"
POSTS = (
    "register",
    "feedback",
    "revoke",
    "responses",
    "link-payment",
    "validations",
    "validation-response",
)
TABLES = (
    "erc8004_agents",
    "erc8004_reputation",
    "erc8004_feedback_responses",
    "erc8004_agent_payments",
    "erc8004_validations",
)
SANE = ["1", "a" * 255, "b3c9f6f4-6ad0-4a6c-8f0e-7f0c7b0c3a11", '"quoted"', "!~"]
INSANE = ["", "a" * 256, "two words", "tab\there", "é"]


@pytest.fixture
def post_of(make_agent, give_feedback, request_validation):
    """The path and the body of each POST there is."""
    agent = make_agent()
    uuid, owner = agent["agent_uuid"], agent["owner_address"]
    feedback = f"feedback/{give_feedback(agent_uuid=uuid)['feedback_id']}"
    requested = request_validation(agent_uuid=uuid)["request_hash"]
    return {
        "register": ("register", factories.agent()),
        "feedback": ("feedback", factories.feedback(agent_uuid=uuid)),
        "revoke": (f"{feedback}/revoke", {"reason": "a mistake"}),
        "responses": (
            f"{feedback}/responses",
            {"responder_address": owner, "response_uri": "ipfs://thanks"},
        ),
        "link-payment": ("link-payment", factories.payment(agent_uuid=uuid)),
        "validations": ("validations", factories.validation(agent_uuid=uuid)),
        "validation-response": (f"validations/{requested}/response", {"response": 100}),
    }


@pytest.fixture
def send(client, admin):
    """Post a body below /api/v1/agents/ under an Idempotency-Key."""

    def post(path, body, key="once", headers=admin):
        sent = {**headers, "Idempotency-Key": key}
        return client.post(AGENTS + path, json=body, headers=sent)

    return post


@pytest.fixture
def register(send):
    """Register an agent; the same one unless said otherwise."""
    body = factories.agent()
    return lambda **options: send("register", **{"body": body, **options})


@pytest.fixture
def count(sql):
    """How many rows there are of everything that can be posted."""
    return lambda: [sql(f"select count(*) as n from {table}")[0]["n"] for table in TABLES]


@pytest.mark.parametrize("name", POSTS)
def test_same_request_again_gets_the_first_answer_and_does_nothing(send, count, post_of, name):
    first = send(*post_of[name])
    after = count()
    again = send(*post_of[name])
    assert first.status_code in (200, 201), first.json
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers.get("Location") == first.headers.get("Location")
    assert again.content_type == first.content_type
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (
        False,
        "true",
    )
    assert count() == after


@pytest.mark.parametrize("name", POSTS)
def test_same_request_8_times_at_once_happens_once(server, admin, count, post_of, name):
    path, body = post_of[name]
    before = count()
    headers = {**admin, "Idempotency-Key": "once"}
    answers = at_once(
        8, lambda number: server.request("POST", AGENTS + path, json=body, headers=headers)
    )
    assert len({(answer.status_code, answer.text) for answer in answers}) == 1
    assert answers[0].status_code in (200, 201), answers[0].text
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 7
    assert sum(count()) - sum(before) in (0, 1)


def test_first_answer_is_given_though_the_world_has_changed(client, admin, register, send):
    agent = register().json
    path = AGENTS + agent["agent_uuid"]
    feedback = factories.feedback(agent_uuid=agent["agent_uuid"])
    given = send("feedback", feedback, key="feedback")
    client.patch(path, json={"status": "revoked"}, headers=admin)
    assert register().json == agent
    assert send("feedback", feedback, key="feedback").json == given.json


@pytest.mark.parametrize("change", [{"chain": "ethereum"}, {"metadata": []}])
def test_key_of_another_body_is_refused(register, count, change):
    register()
    answer = register(body={**factories.agent(), **change})
    assert outcome(answer) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert count()[0] == 1


def test_key_of_another_path_is_refused(send, post_of):
    send(*post_of["register"])
    assert outcome(send(*post_of["feedback"])) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_other_keys_do_the_work_again(register, count):
    assert {register(key=key).status_code for key in ("one", "two")} == {201}
    assert count()[0] == 2


def test_requests_without_a_key_are_all_done(client, admin, count):
    for _ in range(2):
        client.post(f"{AGENTS}register", json=factories.agent(), headers=admin)
    assert count()[0] == 2


def test_key_is_not_shared_between_api_keys(register, key_for, count):
    headers = [key_for(None, "read", "write", "admin") for _ in range(2)]
    first, second = (register(headers=each) for each in headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json["agent_uuid"] != second.json["agent_uuid"]
    assert count()[0] == 2


def test_key_that_lost_its_scope_gets_no_answer_again(register, key_for, sql, app):
    headers = key_for(None, "read", "write", "admin")
    assert register(headers=headers).status_code == 201
    sql("update api_keys set scopes = '{read}'")
    app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
    assert outcome(register(headers=headers)) == (403, "INSUFFICIENT_SCOPE")


def test_error_is_not_kept(register, send, make_agent, client, admin):
    agent = make_agent()["agent_uuid"]
    feedback = factories.feedback(agent_uuid=agent)
    client.patch(AGENTS + agent, json={"status": "suspended"}, headers=admin)
    assert outcome(send("feedback", feedback)) == (409, "AGENT_NOT_ACTIVE")
    client.patch(AGENTS + agent, json={"status": "active"}, headers=admin)
    assert send("feedback", feedback).status_code == 201


def test_invalid_body_does_not_use_up_its_key(register, sql):
    assert outcome(register(body={})) == (422, "VALIDATION_ERROR")
    assert sql("select idempotency_key from idempotency_keys") == []
    assert register().status_code == 201


def test_failed_transaction_does_not_use_up_its_key(register, sql):
    collide = "raise exception 'collided' using errcode = '40001';"
    with trigger(sql, "erc8004_agents", collide):
        assert outcome(register()) == (503, "TRANSACTION_FAILED")
    assert register().status_code == 201


@pytest.mark.parametrize("key", SANE)
def test_sane_key_is_taken(register, key):
    assert register(key=key).data == register(key=key).data


@pytest.mark.parametrize("key", INSANE)
def test_ill_formed_key_is_refused_by_name(register, count, key):
    answer = register(key=key)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.get_json(force=True)["errors"]) == ["Idempotency-Key"]
    assert count()[0] == 0


def test_key_lives_for_24_hours_and_is_cleaned_up_by_the_refresh(register, sql, refresh, count):
    register(key="young")
    register(key="old")
    sql(
        "update idempotency_keys set created_at = now() - case idempotency_key "
        "when 'old' then interval '24 hours 1 second' else interval '23 hours 59 minutes' end"
    )
    refresh()
    assert sql("select idempotency_key as key from idempotency_keys") == [{"key": "young"}]
    assert "Idempotency-Replayed" in register(key="young").headers
    assert "Idempotency-Replayed" not in register(key="old").headers
    assert count()[0] == 3


def test_expired_key_that_nobody_cleaned_up_may_be_used_anew(register, sql, send, post_of):
    register()
    sql("update idempotency_keys set created_at = now() - interval '25 hours'")
    answer = send(*post_of["feedback"])
    assert (answer.status_code, "Idempotency-Replayed" in answer.headers) == (201, False)
    assert send(*post_of["feedback"]).data == answer.data


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_key_means_nothing_to_other_methods(client, admin, make_agent, sql, method):
    agent = make_agent()["agent_uuid"]
    path, body = {
        "PATCH": (agent, {"token_uri": "ipfs://x"}),
        "PUT": (f"{agent}/metadata/color", {"value": "cmVk"}),
    }[method]
    headers = {**admin, "Idempotency-Key": "two words"}
    answer = client.open(AGENTS + path, method=method, json=body, headers=headers)
    assert answer.status_code == 200
    assert sql("select idempotency_key from idempotency_keys") == []
