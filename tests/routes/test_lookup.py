"""Agents are found by every name that a caller has for them, one or a hundred at once."""

from __future__ import annotations

import uuid

import pytest

from tests.support import factories
from tests.support.endpoints import LOOKUP

IDENTITY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
OTHER_REGISTRY = "0x00000000000000000000000000000000000000aa"


@pytest.fixture
def look_up(client, key_for):
    headers = key_for(None, "read")

    def ask(*items, **body):
        answer = client.post(LOOKUP, json={"agents": items, **body}, headers=headers)
        assert answer.status_code == 200, answer.json
        return answer.json["agents"]

    return ask


@pytest.fixture
def token(make_agent):
    return make_agent(agent_id="77", chain="base")


NAMES = {
    "uuid": lambda agent: {"agent_uuid": agent["agent_uuid"]},
    "uuid without hyphens": lambda agent: {"agent_uuid": agent["agent_uuid"].replace("-", "")},
    "uuid in upper case": lambda agent: {"agent_uuid": agent["agent_uuid"].upper()},
    "chain and id": lambda agent: {"chain": "base", "agent_id": "77"},
    "chain id and number": lambda agent: {"chain": 8453, "agent_id": 77},
    "alias": lambda agent: {"chain": "Base Mainnet", "agent_id": "77"},
    "registry": lambda agent: {
        "chain": "base",
        "agent_id": "77",
        "registry_address": IDENTITY.upper().replace("0X", "0x"),
    },
    "global name": lambda agent: {"agent": f"eip155:8453:{IDENTITY}:77"},
}


@pytest.mark.parametrize("how", NAMES)
def test_agent_is_found_by_each_of_its_names(look_up, token, how):
    (item,) = look_up(NAMES[how](token))
    assert (item["status"], item["code"]) == (200, None)
    assert item["agent"]["agent_uuid"] == token["agent_uuid"]
    assert "stats" not in item


def test_answers_come_in_the_order_of_the_request_each_with_its_own_status(look_up, make_agent):
    first, second = make_agent(), make_agent(chain="bsc", agent_id="5")
    items = look_up(
        {"chain": "bnb", "agent_id": "5"},
        {"agent_uuid": str(uuid.uuid4())},
        {"agent_uuid": "none"},
        {"chain": "nochain", "agent_id": "1"},
        {"agent_uuid": first["agent_uuid"]},
        {},
        "text",
        None,
        {"agent_uuid": first["agent_uuid"], "agent": f"base:{IDENTITY}:1"},
        {"chain": "base"},
        {"chain": "bsc", "agent_id": "5"},
    )
    outcomes = [(item["status"], item["code"]) for item in items]
    ill_formed = (422, "VALIDATION_ERROR")
    assert outcomes == [
        (200, None),
        (404, "AGENT_NOT_FOUND"),
        ill_formed,
        (400, "CHAIN_NOT_SUPPORTED"),
        (200, None),
        *[ill_formed] * 5,
        (200, None),
    ]
    uuids = [item["agent"] and item["agent"]["agent_uuid"] for item in items]
    assert uuids[0] == uuids[-1] == second["agent_uuid"]
    assert uuids[4] == first["agent_uuid"]
    assert [name for name in uuids if name] == [uuids[0], uuids[4], uuids[0]]
    assert all(item["detail"] for item in items if item["status"] != 200)


def test_statistics_are_those_of_the_agent_alone(client, admin, look_up, token, make_agent):
    other = make_agent()
    feedback = factories.feedback(agent_uuid=token["agent_uuid"])
    assert client.post("/api/v1/agents/feedback", json=feedback, headers=admin).status_code == 201
    items = look_up(
        {"agent_uuid": other["agent_uuid"]},
        {"chain": "base", "agent_id": "77"},
        {"agent_uuid": str(uuid.uuid4())},
        include=["stats"],
    )
    for item, agent in zip(items, (other, token), strict=False):
        url = f"/api/v1/agents/{agent['agent_uuid']}/stats"
        alone = client.get(url, headers=admin).json
        assert item["stats"] | {"as_of": None} == alone | {"as_of": None}
    assert items[1]["stats"]["total_feedback"] == 1
    assert "stats" not in items[2]


def test_statement_is_one_for_a_hundred_agents(look_up, make_agent, statements):
    uuids = [make_agent()["agent_uuid"] for _ in range(3)]
    look_up({"chain": "base", "agent_id": "1"})  # the chains are known now
    statements()
    items = look_up(*({"agent_uuid": uuids[n % 3]} for n in range(100)), include=["stats"])
    assert [item["agent"]["agent_uuid"] for item in items] == [uuids[n % 3] for n in range(100)]
    assert len([text for text in statements() if "erc8004_" in text]) == 1


@pytest.mark.parametrize("count", [0, 101])
def test_lookup_of_none_or_too_many_is_refused(client, admin, count):
    body = {"agents": [{"agent_uuid": str(uuid.uuid4())}] * count}
    answer = client.post(LOOKUP, json=body, headers=admin)
    assert (answer.status_code, answer.json["code"]) == (422, "VALIDATION_ERROR")


def test_each_item_counts_as_a_request(client, key_for, make_agent):
    headers = key_for(None, "read", tier="free")
    items = [{"agent_uuid": make_agent()["agent_uuid"]}] * 50
    answer = client.post(LOOKUP, json={"agents": items}, headers=headers)
    assert answer.status_code == 200
    assert answer.headers.getlist("X-RateLimit-Remaining") == ["10"]
    answer = client.post(LOOKUP, json={"agents": items[:11]}, headers=headers)
    assert (answer.status_code, answer.json["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert "10 fit now" in answer.json["detail"]
    assert answer.headers["Retry-After"]
    answer = client.post(LOOKUP, json={"agents": items[:9]}, headers=headers)
    assert answer.headers.getlist("X-RateLimit-Remaining") == ["0"]


def test_agent_has_a_url_by_its_token(client, admin, token, make_agent):
    elsewhere = make_agent(agent_id="77", chain="base", registry_address=OTHER_REGISTRY)
    by_uuid = client.get(f"/api/v1/agents/{token['agent_uuid']}", headers=admin)
    for chain in ("base", "Base", "8453", "eip155:8453"):
        answer = client.get(f"/api/v1/agents/{chain}/77", headers=admin)
        assert answer.data == by_uuid.data
    url = f"/api/v1/agents/base/77?registry_address={OTHER_REGISTRY}"
    assert client.get(url, headers=admin).json["agent_uuid"] == elsewhere["agent_uuid"]


MISSING = {
    "/api/v1/agents/base/78": (404, "AGENT_NOT_FOUND"),
    "/api/v1/agents/bsae/77": (400, "CHAIN_NOT_SUPPORTED"),
    "/api/v1/agents/base/seven": (404, "NOT_FOUND"),
    f"/api/v1/agents/base/{'9' * 79}": (404, "NOT_FOUND"),
}


@pytest.mark.parametrize("path", MISSING)
def test_missing_token_says_what_is_missing(client, admin, token, path):
    answer = client.get(path, headers=admin)
    assert (answer.status_code, answer.json["code"]) == MISSING[path]


def test_change_shows_under_the_token_at_once(client, admin, token):
    url = "/api/v1/agents/base/77"
    assert client.get(url, headers=admin).json["status"] == "active"
    by_uuid = f"/api/v1/agents/{token['agent_uuid']}"
    client.patch(by_uuid, json={"status": "suspended"}, headers=admin)
    assert client.get(url, headers=admin).json["status"] == "suspended"


@pytest.mark.parametrize("written", ["{}", "{upper}", "{bare}"])
def test_uuid_in_a_path_is_read_in_each_form(client, admin, token, written):
    plain = token["agent_uuid"]
    name = written.format(plain, upper=plain.upper(), bare=plain.replace("-", ""))
    for rest in ("", "/stats", "/reputation", "/feedback"):
        answer = client.get(f"/api/v1/agents/{name}{rest}", headers=admin)
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["none", "none/stats", "feedback/none", "payments/123"])
def test_ill_formed_id_says_so(client, admin, path):
    answer = client.get(f"/api/v1/agents/{path}", headers=admin)
    assert (answer.status_code, answer.json["code"]) == (404, "NOT_FOUND")
    assert "ill-formed" in answer.json["detail"]
    is_agent = not path.startswith(("feedback/", "payments/", "validations/"))
    assert ("Find an agent" in answer.json["detail"]) == is_agent


def test_missing_token_in_a_lookup_is_named_as_it_was_asked_for(look_up, token):
    by_token, by_uuid = look_up(
        {"chain": "base", "agent_id": "78"}, {"agent_uuid": str(uuid.uuid4())}
    )
    assert by_token["detail"].startswith("base has no agent 78 here")
    assert IDENTITY in by_token["detail"]
    assert "uuid" in by_uuid["detail"]


def test_only_the_first_unknown_chains_of_a_lookup_get_hints(look_up):
    names = [f"basse-{number}" for number in range(20)]
    answers = look_up(*({"chain": name, "agent_id": "1"} for name in names))
    assert {answer["code"] for answer in answers} == {"CHAIN_NOT_SUPPORTED"}
    hinted = ["did you mean" in answer["detail"] for answer in answers]
    assert hinted == [True] * 5 + [False] * 15
