"""Agents by their global names, and by their registry."""

from __future__ import annotations

import pytest

from tests.support.clients import outcome
from tests.support.endpoints import AGENTS
from tests.support.imports import line

IDENTITY = "0x8004A169FB4a3325136EB29fA0ceB6D2e539a432"
OTHER = "0x" + "Ab" * 20


@pytest.fixture
def agents(make_agent):
    """An agent with a token id, and those that differ from it in one part of their name."""
    return [
        make_agent(agent_id=77)["agent_uuid"],
        make_agent(agent_id=78)["agent_uuid"],
        make_agent(agent_id=77, chain="ethereum")["agent_uuid"],
        make_agent(agent_id=77, registry_address=OTHER)["agent_uuid"],
    ]


@pytest.fixture
def search(client, admin):
    return lambda **query: client.get(
        AGENTS, query_string={"claimed": "any", **query}, headers=admin
    )


@pytest.fixture
def found(search):
    def uuids(**query):
        answer = search(**query)
        assert answer.status_code == 200, answer.json
        return [agent["agent_uuid"] for agent in answer.json["agents"]]

    return uuids


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (f"eip155:8453:{IDENTITY}:77", 0),
        (f"eip155:8453:{IDENTITY.lower()}:77", 0),
        (f"eip155:8453:{IDENTITY}:0077", 0),
        (f"base:{IDENTITY}:77", 0),
        (f"Base Mainnet:{IDENTITY}:77", 0),
        (f"eip155:8453:{IDENTITY}:78", 1),
        (f"eip155:1:{IDENTITY}:77", 2),
        (f"eip155:8453:{OTHER}:77", 3),
    ],
)
def test_agent_is_found_by_its_global_name(agents, found, name, number):
    assert found(agent=name) == [agents[number]]


def test_global_name_of_no_agent_finds_none(agents, found):
    assert found(agent=f"eip155:8453:{IDENTITY}:79") == []
    assert found(agent=f"eip155:8453:{IDENTITY}:{10**78 - 1}") == []


def test_global_name_leaves_the_other_filters_as_they_are(agents, found):
    name = f"eip155:8453:{IDENTITY}:77"
    assert found(agent=name, claimed="false") == []
    assert found(agent=name, status="suspended") == []


@pytest.mark.parametrize(
    "name",
    [
        "",
        "77",
        f"eip155:8453:{IDENTITY}",
        f"eip155:8453:{IDENTITY}:",
        f"eip155:8453:{IDENTITY}:x",
        f"eip155:8453:{IDENTITY}:-1",
        f"eip155:8453:{IDENTITY}:1.0",
        f"eip155:8453:{IDENTITY}:\u0667\u0667",
        f"eip155:8453:{IDENTITY}:77\n",
        f"eip155:8453:{IDENTITY}:{10**78}",
        f"eip155:8453:{IDENTITY[:-1]}:77",
        f":{IDENTITY}:77",
        f"{'x' * 65}:{IDENTITY}:77",
        "x" * 1_000,
    ],
)
def test_ill_formed_name_says_what_is_taken(search, name):
    answer = search(agent=name)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["agent"]


def test_name_on_an_unknown_chain_is_refused_as_any_unknown_chain(search):
    answer = search(agent=f"eip155:8454:{IDENTITY}:77")
    assert outcome(answer) == (400, "CHAIN_NOT_SUPPORTED")
    assert "did you mean base" in answer.json["detail"]


@pytest.mark.parametrize(
    "part", [{"chain": "base"}, {"registry_address": IDENTITY}, {"agent_id": "77"}]
)
def test_name_and_a_part_of_it_are_not_given_together(search, part):
    answer = search(agent=f"eip155:8453:{IDENTITY}:77", **part)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == ["agent"]


def test_agents_are_found_by_their_registry(agents, found):
    assert found(registry_address=OTHER) == [agents[3]]
    assert found(registry_address=OTHER.lower()) == [agents[3]]
    assert found(registry_address=IDENTITY, sort="registered_at") == agents[:3]
    assert found(registry_address=IDENTITY, chain="1") == [agents[2]]
    assert found(registry_address="0x" + "9" * 40) == []


def test_registry_is_found_after_an_import_and_after_a_change(run_import, found, sql):
    run_import([line(chain="base", agent_id=5, registry_address=OTHER)])
    (uuid,) = found(registry_address=OTHER)
    sql("update erc8004_agents set registry_address = %s", IDENTITY.lower())
    assert found(registry_address=OTHER, q="x") == []
    assert found(registry_address=IDENTITY) == [uuid]


def test_ill_formed_registry_is_refused(search):
    assert outcome(search(registry_address="0x12")) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"chain": "base"}, {"chain": "8453"}),
        ({"chain": "eip155:8453"}, {"chain": "Base"}),
        ({"registry_address": IDENTITY}, {"registry_address": IDENTITY.lower()}),
        (
            {"agent": f"eip155:8453:{IDENTITY}:77"},
            {"chain": "base", "registry_address": IDENTITY, "agent_id": "77"},
        ),
    ],
)
def test_walk_and_cache_treat_names_of_one_chain_as_one_filter(agents, search, app, first, then):
    cache = app.extensions["kamiyo"].cache_state
    page = search(limit=1, **first).json
    hits = cache.hits
    assert search(limit=1, **then).json == page
    assert cache.hits == hits + 1
    if page["next_cursor"]:
        assert search(limit=1, cursor=page["next_cursor"], **then).status_code == 200


def test_link_to_the_next_page_leads_on_by_the_name_that_was_given(client, admin, agents, search):
    link = search(chain="Base", limit=1).headers["Link"]
    assert "chain=Base" in link
    follow = client.get(link.split(">")[0].removeprefix("<"), headers=admin)
    assert follow.json["agents"][0]["agent_uuid"] in agents


def test_cursor_of_one_chain_is_not_valid_for_another(agents, search):
    cursor = search(chain="base", limit=1).json["next_cursor"]
    answer = search(chain="ethereum", limit=1, cursor=cursor)
    assert outcome(answer) == (400, "INVALID_CURSOR")
