"""Requesting validations, responding to them, and how they end."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support import factories
from tests.support.clients import outcome

VALIDATIONS = "/api/v1/agents/validations"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
VALIDATION_REGISTRY = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"


@pytest.fixture
def ask(client, admin):
    """Request a validation, with a key that may unless another is given."""
    return lambda headers=admin, **body: client.post(
        VALIDATIONS, json=factories.validation(**body), headers=headers
    )


@pytest.fixture
def respond(client, admin):
    """Respond to a request, with a key that may unless another is given."""
    return lambda request_hash, headers=admin, **body: client.post(
        f"{VALIDATIONS}/{request_hash}/response", json=body, headers=headers
    )


@pytest.fixture
def page(get):
    """The page of an agent's validations."""
    return lambda agent: get(f"/agents/{agent['agent_uuid']}/validations")


def ahead(**time):
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**time)).isoformat()


def test_request_is_pending_in_the_registry_of_the_agents_chain(make_agent, page, ask):
    agent = make_agent(chain="ethereum")
    answer = ask(
        agent_uuid=agent["agent_uuid"], request_uri="ipfs://work", expires_at=ahead(days=1)
    )
    assert answer.status_code == 201
    assert page(agent)["validations"] == [answer.json]
    assert (answer.json["status"], answer.json["response"]) == ("pending", None)
    assert answer.json["chain"] == "ethereum"
    assert answer.json["registry_address"] == VALIDATION_REGISTRY


def test_time_of_any_zone_is_told_in_utc(make_agent, ask):
    answer = ask(agent_uuid=make_agent()["agent_uuid"], expires_at="2100-01-02T00:00:00+23:59")
    assert (answer.status_code, answer.json["expires_at"]) == (201, "2100-01-01T00:01:00.000000Z")


def test_owner_requests_with_a_key_of_their_wallet(ask, key_for, make_agent):
    agent = make_agent()
    answer = ask(key_for(agent["owner_address"]), agent_uuid=agent["agent_uuid"])
    assert answer.status_code == 201


def test_nobody_requests_for_the_agent_of_another(ask, key_for, make_agent, page):
    agent = make_agent()
    answer = ask(key_for(factories.address()), agent_uuid=agent["agent_uuid"])
    assert outcome(answer) == (403, "NOT_AGENT_OWNER")
    assert page(agent)["validations"] == []


def test_request_hash_is_used_once_in_a_registry(ask, make_agent):
    body = {"agent_uuid": make_agent()["agent_uuid"], "request_hash": factories.hash32()}
    assert ask(**body).status_code == 201
    assert outcome(ask(**body)) == (409, "VALIDATION_ALREADY_EXISTS")
    assert ask(**body, registry_address=factories.address()).status_code == 201
    assert ask(**body, chain="ethereum").status_code == 201


def test_agent_that_is_not_active_requests_nothing(client, admin, ask, make_agent):
    agent = make_agent()
    path = f"/api/v1/agents/{agent['agent_uuid']}"
    client.patch(path, json={"status": "suspended"}, headers=admin)
    assert outcome(ask(agent_uuid=agent["agent_uuid"])) == (409, "AGENT_NOT_ACTIVE")


def test_validations_of_an_unknown_agent_are_not_found(client, admin, ask):
    assert outcome(ask(agent_uuid=FAR_UUID)) == (404, "AGENT_NOT_FOUND")
    answer = client.get(f"/api/v1/agents/{FAR_UUID}/validations", headers=admin)
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")


def test_request_on_an_unknown_chain_is_refused(ask, make_agent):
    answer = ask(agent_uuid=make_agent()["agent_uuid"], chain="atlantis")
    assert outcome(answer) == (400, "CHAIN_NOT_SUPPORTED")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2030-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-23:59"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+23:59"}, "expires_at"),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": 1}, "expires_at"),
        ({"request_hash": "0x1"}, "request_hash"),
        ({"validator_address": None}, "validator_address"),
        ({"registry_address": "0x1"}, "registry_address"),
        ({"response": 100}, "response"),
    ],
)
def test_bad_request_is_refused_by_field(ask, make_agent, body, field):
    answer = ask(agent_uuid=make_agent()["agent_uuid"], **body)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == [field]


def test_latest_response_of_the_validator_wins(
    key_for, make_agent, page, request_validation, respond
):
    agent = make_agent()
    asked = request_validation(agent_uuid=agent["agent_uuid"])
    validator = key_for(asked["validator_address"])
    first = respond(asked["request_hash"], validator, response=10, tag="draft")
    assert (first.status_code, first.json["response"]) == (200, 10)
    hash_in_capitals = "0x" + asked["request_hash"][2:].upper()
    second = respond(hash_in_capitals, validator, response=90, response_uri="ipfs://report")
    assert page(agent)["validations"] == [second.json]
    assert (second.json["status"], second.json["response"]) == ("completed", 90)
    assert (second.json["tag"], second.json["response_uri"]) == (None, "ipfs://report")


def test_only_the_named_validator_responds(key_for, make_agent, page, request_validation, respond):
    agent = make_agent()
    asked = request_validation(agent_uuid=agent["agent_uuid"])
    answer = respond(asked["request_hash"], key_for(agent["owner_address"]), response=100)
    assert outcome(answer) == (403, "NOT_VALIDATOR")
    assert page(agent)["validations"] == [asked]


@pytest.mark.parametrize("response", [-1, 101, 1.5, "50", None, True])
def test_responses_are_whole_numbers_from_0_to_100(
    make_agent, request_validation, respond, response
):
    asked = request_validation(agent_uuid=make_agent()["agent_uuid"])
    answer = respond(asked["request_hash"], response=response)
    assert outcome(answer) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("request_hash", [factories.hash32(), "0x1", "nothing", "%00", "é"])
def test_response_to_an_unknown_request_is_not_found(app, respond, request_hash):
    assert outcome(respond(request_hash, response=1)) == (404, "VALIDATION_NOT_FOUND")


def test_hash_held_by_several_registries_needs_the_registry(ask, make_agent, respond):
    shared = {"agent_uuid": make_agent()["agent_uuid"], "request_hash": factories.hash32()}
    one, other = factories.address(), factories.address()
    ask(**shared, registry_address=one)
    ask(**shared, registry_address=other)
    unclear = respond(shared["request_hash"], response=50)
    assert outcome(unclear) == (422, "VALIDATION_ERROR")
    assert list(unclear.json["errors"]) == ["registry_address"]
    answer = respond(shared["request_hash"], response=50, chain="base", registry_address=other)
    assert (answer.status_code, answer.json["registry_address"]) == (200, other)


def test_registry_of_the_chain_goes_before_others(ask, make_agent, respond):
    shared = {"agent_uuid": make_agent()["agent_uuid"], "request_hash": factories.hash32()}
    ask(**shared, registry_address=factories.address())
    ask(**shared)
    answer = respond(shared["request_hash"], response=50)
    assert (answer.status_code, answer.json["registry_address"]) == (200, VALIDATION_REGISTRY)


def test_one_validation_is_read_in_full(client, admin, get, make_agent, request_validation):
    asked = request_validation(agent_uuid=make_agent()["agent_uuid"], request_uri="ipfs://work")
    assert get(f"/agents/validations/{asked['validation_id']}") == asked
    answer = client.get(f"/api/v1/agents/validations/{FAR_UUID}", headers=admin)
    assert outcome(answer) == (404, "VALIDATION_NOT_FOUND")


@pytest.fixture
def expired(make_agent, request_validation, sql):
    """A request past its time."""
    asked = request_validation(agent_uuid=make_agent()["agent_uuid"], expires_at=ahead(days=1))
    sql("update erc8004_validations set expires_at = now() - interval '1 second'")
    return asked


def test_request_past_its_time_is_shown_as_expired_even_before_a_refresh(
    expired, page, refresh, respond
):
    assert [each["status"] for each in page(expired)["validations"]] == ["expired"]
    assert outcome(respond(expired["request_hash"], response=1)) == (409, "INVALID_TRANSITION")
    refresh()
    assert [each["status"] for each in page(expired)["validations"]] == ["expired"]
    assert outcome(respond(expired["request_hash"], response=1)) == (409, "INVALID_TRANSITION")


def test_completed_validation_does_not_expire(
    make_agent, page, refresh, request_validation, respond, sql
):
    agent = make_agent()
    asked = request_validation(agent_uuid=agent["agent_uuid"], expires_at=ahead(days=1))
    respond(asked["request_hash"], response=80)
    sql("update erc8004_validations set expires_at = now() - interval '1 second'")
    refresh()
    assert [each["status"] for each in page(agent)["validations"]] == ["completed"]
    assert respond(asked["request_hash"], response=81).status_code == 200


def test_summary_is_the_mean_of_the_completed(make_agent, page, request_validation, respond):
    agent = make_agent()
    assert page(agent)["summary"] == {"count": 0, "completed": 0, "mean": None}
    for response in (100, 0, 33):
        asked = request_validation(agent_uuid=agent["agent_uuid"])
        respond(asked["request_hash"], response=response)
    request_validation(agent_uuid=agent["agent_uuid"])
    assert page(agent)["summary"] == {"count": 4, "completed": 3, "mean": 44.33}
