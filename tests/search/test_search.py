"""Searching agents: every filter, and what a page says of itself."""

from __future__ import annotations

import re

import pytest

from tests.support import factories
from tests.support.clients import outcome

SEARCH = "/api/v1/agents/"


@pytest.fixture
def found(get):
    """The uuids that a query string finds, in their order."""
    return lambda query: [each["agent_uuid"] for each in get(f"/agents/?{query}")["agents"]]


def file(**members):
    return {"registration_file": members}


def test_search_shows_active_agents_newest_first(client, admin, found, make_agent):
    first, second, third = (make_agent()["agent_uuid"] for _ in range(3))
    client.patch(f"/api/v1/agents/{second}", json={"status": "suspended"}, headers=admin)
    assert found("") == [third, first]


def test_found_agent_is_told_in_short(get, make_agent):
    make_agent(
        **file(name="Weather", description="y" * 400, services=[{"name": "MCP"}, {"name": "A2A"}])
    )
    (found,) = get("/agents/")["agents"]
    assert (found["name"], found["description"]) == ("Weather", "y" * 300)
    assert (found["services"], found["x402"]) == (["a2a", "mcp"], False)


def test_owner_is_found_in_any_case(found, make_agent):
    owner = "0xabcdef0000000000000000000000000000000001"
    agent = make_agent(owner_address=owner)
    make_agent()
    assert found(f"owner_address=0x{owner[2:].upper()}") == [agent["agent_uuid"]]


def test_chain_and_agent_id_find_one_agent(found, make_agent):
    agent = make_agent(chain="base", agent_id=7)
    make_agent(chain="base", agent_id=8)
    make_agent(chain="ethereum", agent_id=7)
    assert found("chain=base&agent_id=7&claimed=any") == [agent["agent_uuid"]]


def test_agent_id_beyond_every_token_id_is_found(found, make_agent):
    agent = make_agent()
    assert found(f"agent_id={agent['agent_id']}") == [agent["agent_uuid"]]


@pytest.mark.parametrize("status", ["active", "suspended", "revoked"])
def test_status_filters(client, admin, found, make_agent, status):
    agents = {each: make_agent()["agent_uuid"] for each in ("active", "suspended", "revoked")}
    for each in ("suspended", "revoked"):
        client.patch(f"/api/v1/agents/{agents[each]}", json={"status": each}, headers=admin)
    assert found(f"status={status}") == [agents[status]]
    assert set(found("status=any")) == set(agents.values())


@pytest.mark.parametrize("service", ["mcp", "MCP", "a2a", "weather.eth"])
def test_service_is_found_in_any_case(found, make_agent, service):
    agent = make_agent(**file(services=[{"name": "MCP"}, {"name": "a2a"}, {"name": "Weather.eth"}]))
    make_agent(**file(services=[{"name": "web"}]))
    assert found(f"service={service}") == [agent["agent_uuid"]]


@pytest.mark.parametrize(
    "members",
    [
        {"endpoints": [{"name": "MCP"}]},
        {"services": [{"name": None}, 3, {"name": "MCP"}, {}, {"name": {"a": 1}}]},
        {"services": ["MCP", "web"]},
        {"services": {"MCP": "https://weather.example", "web": 1}},
        {"services": None, "endpoints": [{"name": "mcp"}]},
        {"services": [{"name": "MCP"}], "name": 7, "description": ["not", "a", "text"]},
    ],
)
def test_services_are_read_however_their_owner_wrote_them(get, make_agent, members):
    agent = make_agent(registration_file=members)
    (found,) = get("/agents/?service=mcp")["agents"]
    assert found["agent_uuid"] == agent["agent_uuid"]


@pytest.mark.parametrize("name", [7, None, ["Weather"], {"en": "Weather"}])
def test_name_that_is_no_text_is_shown_as_none(get, make_agent, name):
    make_agent(registration_file={"name": name, "description": name})
    (found,) = get("/agents/")["agents"]
    assert (found["name"], found["description"]) == (None, None)


@pytest.mark.parametrize("member", ["x402Support", "x402support"])
def test_x402_tells_who_takes_payments(found, make_agent, member):
    taking = make_agent(**file(**{member: True}))["agent_uuid"]
    refusing = make_agent(**file(**{member: False}))["agent_uuid"]
    silent = make_agent(**file())["agent_uuid"]
    assert found("x402=true") == found("x402=1") == [taking]
    assert found("x402=false") == [silent, refusing]


@pytest.mark.parametrize(
    "words", ["tomorrow", "TOMORROW", "weather tomorrow", "größe", "天气", "example", "rain-bot"]
)
def test_words_are_found_in_name_and_description(found, make_agent, words):
    agent = make_agent(
        **file(name="Rain_Bot GRÖSSE größe 天气", description="The weather.example of tomorrow")
    )
    make_agent(**file(name="Sun", description="Nothing of it"))
    assert found(f"q={words}") == [agent["agent_uuid"]]


@pytest.mark.parametrize("words", ["weather yesterday", "ather", "' or true --", "%26 | !", "%25"])
def test_words_that_do_not_all_stand_there_find_nothing(found, make_agent, words):
    make_agent()
    assert found(f"q={words}") == []


def test_words_follow_a_change_of_the_file(client, admin, found, make_agent):
    agent = make_agent()
    path = f"/api/v1/agents/{agent['agent_uuid']}"
    client.patch(path, json={"registration_file": {"name": "Rain"}}, headers=admin)
    assert (found("q=weather"), found("q=rain")) == ([], [agent["agent_uuid"]])


@pytest.mark.parametrize("statement", ["delete from {}", "truncate {} cascade"])
def test_agents_that_are_gone_are_found_no_more(sql, make_agent, statement):
    make_agent()
    sql(statement.format("erc8004_agents"))
    assert sql("select agent_uuid from erc8004_agent_search") == []


@pytest.fixture
def rated(make_agent, give_feedback, link_payment, refresh):
    """An agent of each kind: by its score, its success rate or its feedback."""
    agents = {name: make_agent()["agent_uuid"] for name in ("fine", "bad", "silent", "unscored")}
    for score in (90, 80):
        give_feedback(agent_uuid=agents["fine"], score=score)
    give_feedback(agent_uuid=agents["bad"], score=10)
    give_feedback(agent_uuid=agents["unscored"], value=1, tag1="miner-vouch")
    for status in ("verified", "failed"):
        link_payment(agent_uuid=agents["bad"], status=status)
    link_payment(agent_uuid=agents["fine"])
    refresh()
    return agents


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("min_reputation_score=0", {"fine", "bad"}),
        ("min_reputation_score=51.67", {"fine"}),
        ("min_reputation_score=51.68", set()),
        ("min_average_score=0", {"fine", "bad"}),
        ("min_average_score=85", {"fine"}),
        ("min_average_score=85.01", set()),
        ("min_effective_reviewers=0.01", {"fine", "bad"}),
        ("min_effective_reviewers=0.1", {"fine"}),
        ("min_effective_reviewers=0", {"fine", "bad", "silent", "unscored"}),
        ("min_paying_reviewers=0", {"fine", "bad", "silent", "unscored"}),
        ("min_paying_reviewers=1", set()),
        ("min_success_rate=0", {"fine", "bad"}),
        ("min_success_rate=50", {"fine", "bad"}),
        ("min_success_rate=50.01", {"fine"}),
        ("min_feedback=1", {"fine", "bad", "unscored"}),
        ("min_feedback=2", {"fine"}),
        ("trust_level=new", {"silent", "unscored"}),
        ("trust_level=poor&trust_level=fair", {"bad", "fine"}),
        ("min_feedback=1&trust_level=new", {"unscored"}),
    ],
)
def test_statistics_filter(found, rated, query, names):
    assert set(found(query)) == {rated[name] for name in names}


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("-reputation_score", ["fine", "bad", "unscored", "silent"]),
        ("reputation_score", ["bad", "fine", "silent", "unscored"]),
        ("-average_score", ["fine", "bad", "unscored", "silent"]),
        ("average_score", ["bad", "fine", "silent", "unscored"]),
        ("-total_feedback", ["fine", "unscored", "bad", "silent"]),
        ("total_payments", ["silent", "unscored", "fine", "bad"]),
        ("registered_at", ["fine", "bad", "silent", "unscored"]),
        ("last_activity_at", ["silent", "unscored", "bad", "fine"]),
    ],
)
def test_sort_orders_and_leaves_what_is_unknown_to_the_end(found, rated, sort, names):
    assert found(f"sort={sort}") == [rated[name] for name in names]


def test_total_counts_all_that_match(get, make_agent):
    for _ in range(3):
        make_agent()
    page = get("/agents/?limit=2")
    assert (len(page["agents"]), page["total"], page["total_relation"]) == (2, 3, "eq")
    assert (page["limit"], page["offset"]) == (2, 0)


@pytest.mark.parametrize(
    ("count", "total", "relation"), [(10_000, 10_000, "eq"), (10_001, 10_000, "gte")]
)
def test_total_is_exact_up_to_10000(app, get, sql, count, total, relation):
    factories.insert_agents(sql, count)
    page = get("/agents/?limit=1")
    assert (page["total"], page["total_relation"]) == (total, relation)


def test_page_beyond_the_end_is_empty_but_knows_the_total(get, make_agent):
    make_agent()
    page = get("/agents/?offset=10000")
    assert (page["agents"], page["total"], page["offset"]) == ([], 1, 10_000)


def test_offset_passes_over_rows(found, make_agent):
    agents = [make_agent()["agent_uuid"] for _ in range(3)]
    assert found("offset=1&sort=registered_at") == agents[1:]


def test_link_header_leads_to_the_next_page_with_every_filter_kept(client, admin, make_agent):
    agents = [make_agent()["agent_uuid"] for _ in range(3)]
    query = "?limit=2&trust_level=new&trust_level=good&q=weather&sort=registered_at"
    first = client.get(SEARCH + query, headers=admin)
    (link,) = re.findall(r'^<(.+)>; rel="next"$', first.headers["Link"])
    second = client.get(link, headers=admin)
    shown = [each["agent_uuid"] for page in (first, second) for each in page.json["agents"]]
    assert shown == agents
    assert "Link" not in second.headers
    assert second.json["next_cursor"] is None


def test_as_of_is_when_the_statistics_were_computed(get, make_agent, refresh):
    refresh()
    before = get("/agents/")["as_of"]
    make_agent()
    assert get("/agents/")["as_of"] == before
    refresh()
    assert get("/agents/")["as_of"] > before


def test_head_answers_as_get_without_a_body(client, admin, make_agent):
    make_agent()
    make_agent()
    head = client.head(f"{SEARCH}?limit=1", headers=admin)
    assert (head.status_code, head.data) == (200, b"")
    assert 'rel="next"' in head.headers["Link"]


def test_unknown_chain_is_not_merely_empty(client, admin):
    answer = client.get(f"{SEARCH}?chain=atlantis", headers=admin)
    assert outcome(answer) == (400, "CHAIN_NOT_SUPPORTED")
    assert client.get(f"{SEARCH}?chain=celo", headers=admin).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=-1",
        "limit=ten",
        "offset=-1",
        "offset=10001",
        "offset=1&cursor=WyJ4IiwgMSwgMV0",
        "sort=name",
        "sort=",
        "status=gone",
        "trust_level=great",
        "trust_level=",
        "min_reputation_score=100.1",
        "min_reputation_score=nan",
        "min_success_rate=-1",
        "min_feedback=-1",
        "min_feedback=1e3",
        "x402=maybe",
        "owner_address=0x1",
        "agent_id=-1",
        "agent_id=1" + "0" * 78,
        "service=",
        "q=",
        "page=2",
    ],
)
def test_bad_parameter_is_named(client, admin, query):
    answer = client.get(f"{SEARCH}?{query}", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == [query.split("=")[0]]
