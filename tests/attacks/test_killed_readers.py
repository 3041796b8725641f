"""A reader that was killed while others wait for what it computes: they wait once, not each."""

from __future__ import annotations

import pytest

from kamiyo_api.cache import answers
from kamiyo_api.context import services
from tests.support.concurrency import at_once

AGENTS = "/api/v1/agents/"
DEAD = "of one who died"


@pytest.fixture
def redis(app):
    """Redis, as an operator sees it."""
    return app.extensions["kamiyo"].redis.connection


@pytest.fixture
def agent(make_agent):
    """The uuid of an agent."""
    return make_agent()["agent_uuid"]


@pytest.fixture
def name(agent):
    """Where its answer is kept."""
    return f"{services().cache_state.current_database().prefix}agent:{agent}"


def test_one_of_those_who_wait_takes_the_lease_over_and_keeps_its_answer(
    server, admin, redis, agent, name, statements
):
    redis.set(f"{name}:lease", DEAD, px=60_000)
    path = AGENTS + agent
    replies = at_once(8, lambda number: server.request("GET", path, headers=admin))
    assert {answer.status_code for answer in replies} == {200}
    assert not redis.exists(f"{name}:lease")
    assert b'"active"' in redis.get(name)
    statements()
    assert server.request("GET", path, headers=admin).text == replies[0].text
    assert [each for each in statements() if agent in each] == []


def test_lease_is_taken_over_from_the_one_who_was_waited_for_only(app, redis, agent, name):
    asked = answers.new_lookup("agent", f"agent:{agent}")
    redis.set(f"{name}:lease", "of another", px=60_000)
    assert services().cache.find(asked, abandoned=DEAD.encode()).state == "busy"
    assert redis.get(f"{name}:lease") == b"of another"


def test_who_was_slow_and_not_dead_keeps_its_answer_all_the_same(app, redis, agent, name):
    slow, next_one = (answers.new_lookup("agent", f"agent:{agent}") for _ in range(2))
    leased = services().cache.find(slow)
    assert leased.state == "leased"
    waited_for = services().cache.find(next_one).value
    assert services().cache.find(next_one, abandoned=waited_for).state == "leased"
    services().cache.put(slow, b"9" * 19 + leased.stamp + b"{}", 60)
    assert services().cache.find(next_one).value == b"{}"


def test_write_ends_the_leases_of_all_who_took_it_over(app, redis, agent, name):
    slow, next_one = (answers.new_lookup("agent", f"agent:{agent}") for _ in range(2))
    leased = services().cache.find(slow)
    services().cache.find(next_one, abandoned=services().cache.find(next_one).value)
    answers.ERC8004Cache().invalidate_agent(agent)
    third = answers.new_lookup("agent", f"agent:{agent}")
    assert services().cache.find(third).state == "leased"
    for late in (slow, next_one):
        services().cache.put(late, b"9" * 19 + leased.stamp + b"{}", 60)
    assert services().cache.find(third).state == "leased"
    assert not redis.exists(name)


def test_hold_of_a_write_is_taken_over_by_nobody(read, redis, agent, name):
    redis.set(f"{name}:lease", "held:1", px=60_000)
    assert read(agent)["status"] == "active"
    assert redis.get(f"{name}:lease") == b"held:1"
    assert not redis.exists(name)


@pytest.fixture
def read(client, admin):
    """What an agent's path shows."""
    return lambda agent: client.get(AGENTS + agent, headers=admin).json
