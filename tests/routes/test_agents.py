"""Registering, reading and changing agents."""

from __future__ import annotations

import re

import pytest

from tests.support import factories
from tests.support.clients import outcome

REGISTER = "/api/v1/agents/register"
BASE_REGISTRY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def register(client, admin):
    """Post an agent as it is given."""
    return lambda **overrides: client.post(
        REGISTER, json=factories.agent(**overrides), headers=admin
    )


@pytest.fixture
def change(client):
    """Change an agent with the given key."""
    return lambda agent, headers, **changes: client.patch(
        f"/api/v1/agents/{agent['agent_uuid']}", json=changes, headers=headers
    )


def test_registered_agent_is_found_where_location_says(client, admin, register):
    answer = register()
    assert answer.status_code == 201
    found = client.get(answer.headers["Location"], headers=admin)
    assert found.json == answer.json


def test_new_agent_is_active_and_new(make_agent):
    agent = make_agent(chain="base")
    assert agent["status"] == "active"
    assert (agent["trust_level"], agent["total_feedback"], agent["total_payments"]) == ("new", 0, 0)
    assert (agent["average_score"], agent["success_rate"]) == (None, None)
    assert agent["registry_address"] == BASE_REGISTRY
    assert agent["agent_registry"] == f"eip155:8453:{BASE_REGISTRY}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", agent["registered_at"])


def test_addresses_are_taken_in_any_case_and_answered_in_lower_case(make_agent):
    agent = make_agent(
        owner_address="0xABCDEF0000000000000000000000000000000001",
        registry_address="0xABCDEF0000000000000000000000000000000002",
        agent_id=1,
    )
    assert agent["owner_address"] == "0xabcdef0000000000000000000000000000000001"
    assert agent["registry_address"] == "0xabcdef0000000000000000000000000000000002"


def test_agents_without_an_id_are_numbered_beyond_every_token_id(make_agent):
    first, second = int(make_agent()["agent_id"]), int(make_agent()["agent_id"])
    assert first >= 2**256
    assert second > first


@pytest.mark.parametrize("agent_id", [0, 7, "0", "340282366920938463463374607431768211456"])
def test_agent_on_chain_keeps_its_id(make_agent, agent_id):
    assert make_agent(agent_id=agent_id)["agent_id"] == str(agent_id)


def test_highest_token_id_is_kept_exactly(make_agent, get):
    agent = make_agent(agent_id=str(2**256 - 1))
    assert get(f"/agents/{agent['agent_uuid']}")["agent_id"] == str(2**256 - 1)


@pytest.mark.parametrize("agent_id", [-1, "-1", str(2**256), "1.5", 1.5, "", "0x1", True, "٣"])
def test_what_is_no_token_id_is_refused(register, agent_id):
    answer = register(agent_id=agent_id)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["agent_id"]


def test_same_agent_cannot_be_registered_twice(register):
    assert register(agent_id=7).status_code == 201
    assert outcome(register(agent_id=7)) == (409, "AGENT_ALREADY_EXISTS")


def test_same_id_in_another_registry_or_chain_is_another_agent(register):
    assert register(agent_id=7).status_code == 201
    assert register(agent_id=7, registry_address=factories.address()).status_code == 201
    assert register(agent_id=7, chain="ethereum").status_code == 201


def test_owner_registers_with_a_key_of_their_wallet(client, key_for):
    agent = factories.agent()
    answer = client.post(REGISTER, json=agent, headers=key_for(agent["owner_address"]))
    assert answer.status_code == 201


def test_nobody_registers_in_the_name_of_another(client, key_for, get):
    answer = client.post(REGISTER, json=factories.agent(), headers=key_for(factories.address()))
    assert outcome(answer) == (403, "NOT_AGENT_OWNER")
    assert get("/agents/?status=any")["total"] == 0


def test_unknown_chain_is_refused(register):
    assert outcome(register(chain="atlantis")) == (400, "CHAIN_NOT_SUPPORTED")


def test_everything_that_is_missing_is_named(client, admin):
    answer = client.post(REGISTER, json={}, headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert set(answer.json["errors"]) == {"owner_address", "chain", "registration_file"}


def test_registry_without_an_id_is_refused(register):
    answer = register(registry_address=factories.address())
    assert list(answer.json["errors"]) == ["registry_address"]


def test_metadata_comes_with_the_agent(make_agent, get):
    agent = make_agent(metadata=[{"key": "color", "value": "cmVk"}, {"key": "a", "value": ""}])
    entries = get(f"/agents/{agent['agent_uuid']}/metadata")["metadata"]
    assert [(each["key"], each["value"]) for each in entries] == [("a", ""), ("color", "cmVk")]


@pytest.mark.parametrize(
    "metadata",
    [
        [{"key": "a", "value": ""}, {"key": "a", "value": "cmVk"}],
        [{"key": "agentWallet", "value": "cmVk"}],
        [{"key": f"key {number}", "value": ""} for number in range(51)],
        [{"key": "a", "value": "no base64"}],
        [{"key": "", "value": ""}],
        [{"key": "a"}],
    ],
    ids=["key twice", "reserved key", "51 keys", "no base64", "empty key", "no value"],
)
def test_agent_with_bad_metadata_is_not_registered(register, get, metadata):
    answer = register(metadata=metadata)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["metadata"]
    assert get("/agents/?status=any")["total"] == 0


@pytest.mark.parametrize("file", [None, [], "text", 1, {"name": "x" * 65_536}, {"a": "\0"}])
def test_file_that_is_no_object_or_too_large_is_refused(register, file):
    assert outcome(register(registration_file=file)) == (422, "VALIDATION_ERROR")


def test_file_of_nearly_64_kib_is_taken(register):
    assert register(registration_file={"description": "x" * 65_000}).status_code == 201


def test_registration_file_is_public_and_as_its_owner_wrote_it(client, make_agent):
    file = {"name": "Größe 🙂", "services": None, "x": [1, 2.5, True, {"": "\\u0000"}], "é": {}}
    agent = make_agent(registration_file=file)
    answer = client.get(f"/api/v1/agents/{agent['agent_uuid']}/registration")
    assert (answer.status_code, answer.json) == (200, file)


def test_numbers_in_a_registration_file_are_served_exactly(client, sql, make_agent):
    agent = make_agent()
    file = f'{{"agentId": {2**256 - 1}}}'
    sql("update erc8004_agents set registration_file = %s", file)
    answer = client.get(f"/api/v1/agents/{agent['agent_uuid']}/registration")
    assert answer.text == file


def test_agent_without_a_file_has_no_registration(client, admin, sql, make_agent):
    agent = make_agent()
    sql("update erc8004_agents set registration_file = null")
    path = f"/api/v1/agents/{agent['agent_uuid']}"
    assert client.get(path, headers=admin).json["registration_file"] is None
    assert outcome(client.get(f"{path}/registration")) == (404, "NOT_FOUND")


@pytest.mark.parametrize("below", ["", "/registration", "/stats", "/reputation", "/metadata"])
def test_unknown_agent_is_not_found(client, admin, below):
    answer = client.get(f"/api/v1/agents/{FAR_UUID}{below}", headers=admin)
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")


def test_owner_changes_the_file_and_what_is_left_out_stays(change, key_for, make_agent):
    agent = make_agent()
    own = key_for(agent["owner_address"])
    moved = change(agent, own, token_uri="https://weather.example/agent.json")
    assert moved.json["registration_file"] == agent["registration_file"]
    renamed = change(agent, own, registration_file={"name": "Rain"})
    assert renamed.status_code == 200
    assert renamed.json["registration_file"] == {"name": "Rain"}
    assert renamed.json["token_uri"] == "https://weather.example/agent.json"
    assert renamed.json["updated_at"] > agent["updated_at"]


def test_nobody_changes_the_agent_of_another(change, key_for, get, make_agent):
    agent = make_agent()
    answer = change(agent, key_for(factories.address()), status="suspended")
    assert outcome(answer) == (403, "NOT_AGENT_OWNER")
    assert get(f"/agents/{agent['agent_uuid']}") == agent


def test_change_of_an_unknown_agent_is_not_found(change, admin):
    answer = change({"agent_uuid": FAR_UUID}, admin, status="suspended")
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")


@pytest.mark.parametrize("body", [{}, {"owner_address": factories.address()}, {"status": "new"}])
def test_change_of_nothing_or_of_what_cannot_change_is_refused(change, admin, make_agent, body):
    assert outcome(change(make_agent(), admin, **body)) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "statuses",
    [
        ["suspended", "active", "suspended"],
        ["active"],
        ["revoked"],
        ["suspended", "revoked"],
    ],
)
def test_status_goes_back_and_forth_until_it_is_revoked(change, admin, make_agent, statuses):
    agent = make_agent()
    for status in statuses:
        assert change(agent, admin, status=status).json["status"] == status


@pytest.mark.parametrize(
    "changes", [{"status": "active"}, {"status": "revoked"}, {"token_uri": ""}]
)
def test_revoked_agent_never_changes_again_for_its_owner(change, key_for, make_agent, changes):
    agent = make_agent()
    own = key_for(agent["owner_address"])
    change(agent, own, status="revoked")
    assert outcome(change(agent, own, **changes)) == (409, "INVALID_TRANSITION")


@pytest.mark.parametrize(
    "changes", [{"status": "suspended"}, {"status": "revoked"}, {"token_uri": ""}]
)
def test_admin_changes_nothing_else_of_a_revoked_agent_than_that_it_is(
    change, admin, make_agent, changes
):
    agent = make_agent()
    change(agent, admin, status="revoked")
    assert outcome(change(agent, admin, **changes)) == (409, "INVALID_TRANSITION")


def test_admin_sets_a_revoked_agent_active_again(change, admin, key_for, make_agent):
    agent = make_agent()
    own = key_for(agent["owner_address"])
    change(agent, own, status="revoked")
    again = change(agent, admin, status="active", token_uri="https://a.b/c")
    assert (again.json["status"], again.json["token_uri"]) == ("active", "https://a.b/c")
    assert change(agent, own, status="suspended").status_code == 200


@pytest.mark.parametrize("whole", [False, True])
def test_change_of_nothing_moves_no_time(change, key_for, make_agent, whole):
    agent = make_agent()
    own = key_for(agent["owner_address"])
    agent = change(agent, own, token_uri="https://a.b/c").json
    names = ("status", "token_uri", "registration_file") if whole else ("status",)
    answer = change(agent, own, **{name: agent[name] for name in names})
    assert (answer.status_code, answer.json) == (200, agent)
