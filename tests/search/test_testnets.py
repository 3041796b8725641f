"""Agents on testnets: left out of a search unless it names them or what it looks for."""

from __future__ import annotations

import pytest

from kamiyo_api.cache.answers import ERC8004Cache

OWNER = "0x" + "a1" * 20
HOST = "tides.example"
FILE = {"name": "Tides", "services": [{"name": "MCP", "endpoint": f"https://{HOST}/mcp"}]}


@pytest.fixture
def found(get):
    return lambda query: [each["agent_uuid"] for each in get(f"/agents/?{query}")["agents"]]


@pytest.fixture
def agents(make_agent):
    """The uuids of an agent on a mainnet, and of one with the same file and owner on a testnet."""
    asked = {"owner_address": OWNER, "registration_file": FILE}
    return tuple(
        make_agent(**asked, chain=chain)["agent_uuid"] for chain in ("base", "base-sepolia")
    )


@pytest.mark.parametrize("query", ["", "q=tides", "service=mcp", "testnet=false", "testnet=no"])
def test_testnets_are_left_out(found, agents, query):
    assert found(query) == [agents[0]]


@pytest.mark.parametrize("query", ["testnet=any", "testnet=all", "testnet=ANY&q=tides"])
def test_testnets_are_found_beside_mainnets_on_request(found, agents, query):
    assert set(found(query)) == set(agents)


@pytest.mark.parametrize("query", ["testnet=true", "testnet=1&q=tides", "chain=base-sepolia"])
def test_testnets_are_found_alone_on_request(found, agents, query):
    assert found(query) == [agents[1]]


@pytest.mark.parametrize("query", [f"owner_address={OWNER}", f"wallet={OWNER}", f"endpoint={HOST}"])
def test_a_search_for_what_the_caller_names_finds_testnets_too(found, agents, query):
    assert set(found(query)) == set(agents)
    assert found(f"{query}&testnet=false") == [agents[0]]
    assert found(f"{query}&testnet=true") == [agents[1]]


@pytest.mark.parametrize("name", ["agent_id", "registry_address", "agent_registry"])
def test_an_agent_that_is_named_is_found_on_any_chain(client, admin, found, agents, name):
    agent = client.get(f"/api/v1/agents/{agents[1]}", headers=admin).json
    queries = {
        "agent_id": f"agent_id={agent['agent_id']}",
        "registry_address": f"registry_address={agent['registry_address']}",
        "agent_registry": f"agent={agent['agent_registry']}:{agent['agent_id']}",
    }
    assert found(queries[name]) == [agents[1]]


def test_other_values_of_testnet_are_refused(client, admin):
    answer = client.get("/api/v1/agents/?testnet=perhaps", headers=admin)
    assert answer.status_code == 422
    assert "any" in answer.json["errors"]["testnet"][0]


def test_answers_say_whether_an_agent_is_on_a_testnet(client, admin, agents):
    for agent, is_testnet in zip(agents, (False, True), strict=True):
        asked = {"agents": [{"agent_uuid": agent}], "include": ["stats"]}
        (item,) = client.post("/api/v1/agents/lookup", json=asked, headers=admin).json["agents"]
        whole = client.get(f"/api/v1/agents/{agent}", headers=admin).json
        token = f"/api/v1/agents/{whole['chain']}/{whole['agent_id']}"
        answers = [item["agent"], item["stats"], whole, client.get(token, headers=admin).json]
        page = client.get("/api/v1/agents/?testnet=any", headers=admin).json["agents"]
        answers += [row for row in page if row["agent_uuid"] == agent]
        assert [answer["is_testnet"] for answer in answers] == [is_testnet] * 5


def test_every_answer_about_an_agent_says_who_decides_it(client, admin, agents):
    for path in ("", "/stats"):
        answer = client.get(f"/api/v1/agents/{agents[0]}{path}", headers=admin).json
        assert (answer["source"], answer["as_of_block"]) == ("api", None)


def test_agents_follow_the_flag_of_their_chain(app, found, agents, sql):
    change = "update erc8004_chains set is_testnet = %s where name = 'base-sepolia'"
    sql(change, False)
    try:
        ERC8004Cache().clear()
        assert set(found("")) == set(agents)
    finally:
        sql(change, True)
    ERC8004Cache().clear()
    assert found("") == [agents[0]]


def test_an_agent_is_where_its_chain_is_after_a_change(found, agents, client, admin):
    change = {"registration_file": FILE | {"description": "Tells tides"}}
    client.patch(f"/api/v1/agents/{agents[1]}", json=change, headers=admin)
    assert found("q=tells&testnet=true") == [agents[1]]
    assert found("q=tells") == []
