"""Metadata of an agent: key to bytes."""

from __future__ import annotations

import base64

import pytest

from tests.support import factories
from tests.support.clients import outcome

FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def agent(make_agent):
    """An agent without metadata."""
    return make_agent()


@pytest.fixture
def call(client, admin, agent):
    """Call the entry of the agent under a key."""

    def send(method, key, headers=admin, **options):
        path = f"/api/v1/agents/{agent['agent_uuid']}/metadata/{key}"
        return client.open(path, method=method, headers=headers, **options)

    return send


def test_entry_is_set_read_replaced_and_removed(call, agent, get):
    first = call("PUT", "color", json={"value": "cmVk"})
    assert (first.status_code, first.json["key"], first.json["value"]) == (200, "color", "cmVk")
    second = call("PUT", "color", json={"value": "Ymx1ZQ=="})
    assert call("GET", "color").json == second.json
    assert get(f"/agents/{agent['agent_uuid']}/metadata")["metadata"] == [second.json]
    gone = call("DELETE", "color")
    assert (gone.status_code, gone.data) == (204, b"")
    assert outcome(call("GET", "color")) == (404, "METADATA_NOT_FOUND")
    assert get(f"/agents/{agent['agent_uuid']}/metadata")["metadata"] == []


def test_owner_writes_with_a_key_of_their_wallet(call, agent, key_for):
    own = key_for(agent["owner_address"])
    assert call("PUT", "color", own, json={"value": "cmVk"}).status_code == 200
    assert call("DELETE", "color", own).status_code == 204


def test_nobody_writes_to_the_agent_of_another(call, key_for):
    other = key_for(factories.address())
    call("PUT", "color", json={"value": "cmVk"})
    assert outcome(call("PUT", "color", other, json={"value": ""})) == (403, "NOT_AGENT_OWNER")
    assert outcome(call("DELETE", "color", other)) == (403, "NOT_AGENT_OWNER")
    assert call("GET", "color").json["value"] == "cmVk"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_revoked_agent_keeps_its_metadata(call, client, admin, agent, method):
    call("PUT", "color", json={"value": "cmVk"})
    path = f"/api/v1/agents/{agent['agent_uuid']}"
    client.patch(path, json={"status": "revoked"}, headers=admin)
    body = {"json": {"value": ""}} if method == "PUT" else {}
    assert outcome(call(method, "color", **body)) == (409, "INVALID_TRANSITION")
    assert call("GET", "color").json["value"] == "cmVk"


@pytest.mark.parametrize("size", [0, 1, 57, 58, 10_240])
def test_value_may_be_any_bytes_up_to_10_kib(call, size):
    value = base64.b64encode(bytes(number % 256 for number in range(size))).decode()
    assert call("PUT", "bytes", json={"value": value}).status_code == 200
    assert call("GET", "bytes").json["value"] == value


@pytest.mark.parametrize(
    "value",
    [
        base64.b64encode(bytes(10_241)).decode(),
        "no base64",
        "cmV",
        "cm_k",
        "cmVk\n",
        1234,
        None,
        True,
    ],
)
def test_value_that_is_too_long_or_no_base64_is_refused(call, value):
    answer = call("PUT", "color", json={"value": value})
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["value"]
    assert outcome(call("GET", "color")) == (404, "METADATA_NOT_FOUND")


@pytest.mark.parametrize("key", ["a b", "größe", "🙂", "a/b", "%25", ".hidden", "x" * 128])
def test_key_may_be_any_text_up_to_128_characters(call, key):
    assert call("PUT", key, json={"value": "cmVk"}).status_code == 200
    assert call("GET", key).json["value"] == "cmVk"
    assert call("DELETE", key).status_code == 204


@pytest.mark.parametrize("key", ["x" * 129, "%00", "a%00b", "agentWallet"])
def test_key_that_is_too_long_or_reserved_is_refused(call, key):
    answer = call("PUT", key, json={"value": "cmVk"})
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["key"]
    assert outcome(call("GET", key)) == (404, "METADATA_NOT_FOUND")


def test_fifty_entries_are_the_most(call, agent, get):
    for number in range(50):
        assert call("PUT", f"key-{number}", json={"value": ""}).status_code == 200
    answer = call("PUT", "one-more", json={"value": ""})
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert call("PUT", "key-7", json={"value": "cmVk"}).status_code == 200
    assert len(get(f"/agents/{agent['agent_uuid']}/metadata")["metadata"]) == 50


def test_removing_what_is_not_there_is_not_found(call):
    assert outcome(call("DELETE", "color")) == (404, "METADATA_NOT_FOUND")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_metadata_of_an_unknown_agent_is_not_found(client, admin, method):
    path = f"/api/v1/agents/{FAR_UUID}/metadata/color"
    body = {"json": {"value": ""}} if method == "PUT" else {}
    answer = client.open(path, method=method, headers=admin, **body)
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")
