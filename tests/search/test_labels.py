"""Texts with other filters, whose labels the index of words has."""

from __future__ import annotations

import pytest

PERCENT = (0, 0.01, 49.99, 50, 69.99, 70, 79.99, 80, 89.99, 90, 94.99, 95, 99.5, 100)
COUNT = (0, 1, 2, 9, 10, 11, 99, 100, 101, 12_000)
FIGURES = {
    "score": ("min_reputation_score", PERCENT),
    "average_score": ("min_average_score", PERCENT),
    "success_rate": ("min_success_rate", PERCENT),
    "total_feedback": ("min_feedback", COUNT),
    "paying_reviewers": ("min_paying_reviewers", COUNT),
    "effective_reviewers": ("min_effective_reviewers", (*COUNT, 0.5, 9.99)),
}
MARKS = {
    "x402=true": "x402 = true",
    "verified=true": "verified = true",
    "claimed=true": "claimed = true",
    "testnet=true": "is_testnet = true",
    "chain=polygon": "chain = 'polygon'",
    "service=mcp": "services = '{a2a,mcp}'",
    "trust_level=good": "trust_level = 'good'",
    "trust_level=good&trust_level=poor": "trust_level = 'poor'",
}


@pytest.fixture
def named(make_agent):
    """Register agents of one name; their uuids."""

    def make(count, **members):
        file = {"registration_file": {"name": "Common name", **members}}
        return [make_agent(**file)["agent_uuid"] for _ in range(count)]

    return make


@pytest.fixture
def found(client, admin):
    """The agents of that name that other filters leave."""

    def search(query):
        answer = client.get(f"/api/v1/agents/?q=common&limit=100&{query}", headers=admin)
        assert answer.status_code == 200, answer.json
        assert answer.json["total"] == len(answer.json["agents"])
        return {each["agent_uuid"] for each in answer.json["agents"]}

    return search


@pytest.mark.parametrize("figure", FIGURES)
def test_minimum_of_a_figure_finds_those_that_reach_it(named, found, sql, figure):
    name, values = FIGURES[figure]
    unknown, *agents = named(len(values) + 1)
    for agent, value in zip(agents, values, strict=True):
        statement = f"update erc8004_agent_search set {figure} = %s where agent_uuid = %s"
        sql(statement, value, agent)
    figures = dict(zip(agents, values, strict=True)) | ({} if values is PERCENT else {unknown: 0})
    for minimum in values:
        reached = {agent for agent, value in figures.items() if value >= minimum}
        assert found(f"{name}={minimum}") == reached, minimum


@pytest.mark.parametrize("query", MARKS)
def test_mark_finds_those_that_have_it(named, found, sql, query):
    marked, *_ = named(3)
    sql(f"update erc8004_agent_search set {MARKS[query]} where agent_uuid = %s", marked)
    assert found(query) == {marked}


def test_level_without_a_label_is_found_beside_another(named, found, sql):
    fair, poor, new = named(3)
    for agent, level in ((fair, "fair"), (poor, "poor")):
        sql("update erc8004_agent_search set trust_level = %s where agent_uuid = %s", level, agent)
    assert found("trust_level=fair&trust_level=new") == {fair, new}
    assert found("trust_level=new") == {new}


@pytest.mark.parametrize("query", ["x402=true", "trust_level=good", "min_reputation_score=95"])
def test_service_that_is_named_like_a_label_is_not_taken_for_it(named, found, query):
    names = ("x402", "good", "score 6")
    named(1, services=[{"name": each, "endpoint": "https://a.example"} for each in names])
    assert found("service=good") != set()
    assert found(query) == set()
