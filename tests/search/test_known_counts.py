"""What more agents match than are counted is not counted again for a moment."""

from __future__ import annotations

import pytest

from kamiyo_api import search
from tests.support import factories

AGENTS = 6


@pytest.fixture
def few_counted(app, sql, monkeypatch):
    """Six agents, of which three are counted, and what the process knows of searches."""
    for name in ("COUNTED_UP_TO", "SORT_LIMIT", "TEXT_COUNTED_UP_TO", "TEXT_SORT_LIMIT"):
        monkeypatch.setattr(search, name, 3)
    factories.insert_agents(sql, AGENTS)
    known = app.extensions["kamiyo"].known_many
    known.clear()
    return known


def counted(page):
    return page["total"], page["total_relation"]


@pytest.mark.parametrize("asked", ["", "chain=base&", "q=agent&"])
def test_other_orders_and_pages_of_a_search_do_not_count_again(few_counted, get, sql, asked):
    first = get(f"/agents/?{asked}limit=2")
    assert counted(first) == (3, "gte")
    (known,) = few_counted
    until = few_counted[known]
    other = get(f"/agents/?{asked}limit={AGENTS}&sort=registered_at")
    assert counted(other) == (3, "gte")
    assert len(other["agents"]) == AGENTS
    assert [each["agent_uuid"] for each in first["agents"]] == [
        each["agent_uuid"] for each in other["agents"][: -AGENTS + 3 : -1]
    ]
    assert few_counted == {known: until}


def test_other_filters_are_counted_for_themselves(few_counted, get):
    get("/agents/?limit=2")
    assert counted(get("/agents/?limit=2&min_feedback=1")) == (0, "eq")
    assert counted(get("/agents/?limit=2&q=agent")) == (3, "gte")
    assert len(few_counted) == 2


def test_count_is_forgotten(few_counted, get, sql):
    get("/agents/?limit=2")
    sql("update erc8004_agents set status = 'revoked'")
    few_counted.update(dict.fromkeys(few_counted, 0))
    assert counted(get("/agents/?limit=2&sort=registered_at")) == (0, "eq")


def test_few_are_always_counted(few_counted, get, sql, make_agent):
    sql("update erc8004_agents set status = 'revoked'")
    make_agent()
    assert counted(get("/agents/?limit=2")) == (1, "eq")
    assert few_counted == {}
