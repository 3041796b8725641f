"""Folding the agents of one owner into the first of them."""

from __future__ import annotations

import pytest

from kamiyo_api import search
from tests.support import factories

CLONER, OTHER = "0x" + "c1" * 20, "0x" + "d2" * 20


@pytest.fixture
def register(make_agent):
    """Register an agent of an owner; its uuid."""

    def make(owner, name="Clone", **members):
        file = {"name": name, **members}
        return make_agent(owner_address=owner, registration_file=file)["agent_uuid"]

    return make


@pytest.fixture
def page(client, admin):
    """The page that a search answers."""

    def read(**query):
        answer = client.get("/api/v1/agents/", query_string=query, headers=admin)
        assert answer.status_code == 200, answer.json
        return answer.json

    return read


@pytest.fixture(params=[10_000, 0], ids=["sorted", "scanned"])
def amount(request, monkeypatch):
    """Few agents match, and are sorted; or many do, and are read in the order of an index."""
    monkeypatch.setattr(search, "EXPENSIVE_SORT_LIMIT", request.param)


def shown(answer):
    return [(each["agent_uuid"], each["owner_matches"]) for each in answer["agents"]]


@pytest.mark.parametrize("asked", [{}, {"q": "clone"}, {"service": "web"}, {"chain": "base"}])
def test_one_of_many_clones_is_shown_with_their_count(register, page, amount, asked):
    services = [{"name": "web", "endpoint": "https://clones.example/"}]
    clones = [register(CLONER, services=services) for _ in range(5)]
    other = register(OTHER, services=services)
    answer = page(collapse="owner", **asked)
    assert shown(answer) == [(other, 1), (clones[-1], 5)]


@pytest.mark.parametrize("sort", ["registered_at", "-registered_at", "-last_activity_at"])
def test_first_in_the_order_of_the_sort_is_shown(register, page, amount, sort):
    clones = [register(CLONER) for _ in range(3)]
    first = page(sort=sort)["agents"][0]["agent_uuid"]
    assert first in (clones[0], clones[-1])
    assert shown(page(sort=sort, collapse="owner")) == [(first, 3)]


def test_best_match_of_an_owner_is_shown(register, page, amount):
    exact = register(CLONER, "Nexus")
    register(CLONER, "Nexus Prime")
    register(CLONER, "Data Nexus")
    other = register(OTHER, "My Nexus")
    assert shown(page(q="nexus", collapse="owner")) == [(exact, 3), (other, 1)]


def test_only_agents_that_match_are_counted(register, page):
    register(CLONER, "Weather")
    found = register(CLONER, "Tides")
    assert shown(page(q="tides", collapse="owner")) == [(found, 1)]


def test_walk_shows_each_owner_once_and_total_counts_owners(register, page):
    owners = [factories.address() for _ in range(5)]
    for _ in range(3):
        for owner in owners:
            register(owner)
    seen, cursor = [], None
    while not seen or cursor:
        answer = page(collapse="owner", limit=2, **({"cursor": cursor} if cursor else {}))
        assert answer["total"] == 5
        seen += [(each["owner_address"], each["owner_matches"]) for each in answer["agents"]]
        cursor = answer["next_cursor"]
    assert seen == [(owner, 3) for owner in reversed(owners)]
    skipped = page(collapse="owner", limit=2, offset=3)
    assert [each["owner_address"] for each in skipped["agents"]] == owners[1::-1]


def test_walk_of_many_passes_every_agent(register, page, monkeypatch):
    """A page of many folds only what it reads, and goes on after the last that it read."""
    monkeypatch.setattr(search, "EXPENSIVE_SORT_LIMIT", 0)
    for owner in (OTHER, CLONER, CLONER, CLONER, OTHER, CLONER):
        register(owner)
    seen, cursor = [], None
    while not seen or cursor:
        answer = page(collapse="owner", limit=2, **({"cursor": cursor} if cursor else {}))
        seen.append([(each["owner_address"], each["owner_matches"]) for each in answer["agents"]])
        cursor = answer["next_cursor"]
    assert seen == [[(CLONER, 1), (OTHER, 1)], [(CLONER, 2)], [(CLONER, 1), (OTHER, 1)]]


def test_agents_are_not_folded_unless_asked(register, page):
    for _ in range(2):
        register(CLONER)
    assert ["owner_matches" in each for each in page()["agents"]] == [False, False]


def test_folding_says_by_which_claims_an_agent_matched(register, page):
    services = [{"name": "web", "endpoint": "https://clones.example/"}]
    for _ in range(2):
        register(CLONER, services=services)
    (found,) = page(endpoint="clones.example", collapse="owner")["agents"]
    assert (found["matched"], found["owner_matches"]) == (["registration_file.web"], 2)


def test_unknown_word_is_refused_and_a_cursor_is_of_one_folding(register, client, admin, page):
    for owner in (CLONER, OTHER):
        register(owner)
    refused = client.get("/api/v1/agents/?collapse=name", headers=admin)
    assert refused.status_code == 422
    cursor = page(limit=1)["next_cursor"]
    path = f"/api/v1/agents/?collapse=owner&limit=1&cursor={cursor}"
    assert client.get(path, headers=admin).json["code"] == "INVALID_CURSOR"
