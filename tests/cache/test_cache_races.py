"""The cache while several things happen at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import RedisError

from kamiyo_api import db, outages
from kamiyo_api.access import keys
from kamiyo_api.cache import answers, invalidation, prefetch
from kamiyo_api.cache.prefetch import canonical_query
from kamiyo_api.context import own_state
from kamiyo_api.redis.connection import RedisConnection
from kamiyo_api.schemas.search import AgentSearch
from kamiyo_api.search import find_page
from tests.support.clearing import by_command, by_flush, by_keys
from tests.support.concurrency import at_once, wait_until
from tests.support.endpoints import AGENTS


def agent_slowly(agent, meanwhile):
    """Read an agent as a request does that is slow after its query; what it answers."""

    def compute():
        row = db.row("agents.get", agent_uuid=agent)
        meanwhile()
        return row

    return answers.cached_agent("agent", agent, compute)


def search_slowly(meanwhile):
    """Search as a request does that is slow after its query; what it answers."""
    asked = AgentSearch().load({})

    def compute():
        page = find_page(dict(asked))
        meanwhile()
        return page

    return answers.cached_search(canonical_query(asked), compute)


def test_read_that_began_before_a_write_does_not_put_the_old_agent_back(read, agent, suspend):
    old = agent_slowly(agent, meanwhile=lambda: suspend(agent))
    assert b'"active"' in old
    assert read(agent)["status"] == "suspended"


def test_search_that_began_before_a_write_does_not_put_the_old_page_back(read, make_agent):
    old = search_slowly(meanwhile=make_agent)
    assert b'"total":0' in old
    assert read("?")["total"] == 1


def test_search_that_began_before_a_refresh_does_not_outlive_it(
    read, agent, give_feedback, refresh
):
    give_feedback(agent_uuid=agent)
    search_slowly(meanwhile=refresh)
    assert read("?")["agents"][0]["total_feedback"] == 1


def test_write_goes_on_holding_when_another_is_done(read, agent, sql):
    first, second = [invalidation.Invalidation(prefetch.agent_keys(agent), []) for _ in range(2)]
    first.before_commit()
    second.before_commit()
    first.after_commit()
    agent_slowly(agent, meanwhile=lambda: None)
    sql("update erc8004_agents set status = 'suspended'")
    assert read(agent)["status"] == "suspended"
    second.after_commit()
    assert [read(agent)["status"] for _ in range(2)] == ["suspended"] * 2


def test_search_is_kept_once_the_last_of_several_writes_is_done(app):
    writes = [invalidation.Invalidation([], [prefetch.SEARCH_VERSION]) for _ in range(2)]
    results = []
    steps = (*(each.before_commit for each in writes), *(each.after_commit for each in writes))
    for step in steps:
        step()
        with own_state() as state:
            search_slowly(meanwhile=lambda: None)
        results.append(state.cache_result)
    assert results == ["held", "held", "held", "leased"]


def test_write_of_many_agents_holds_them_in_parts_between_which_others_are_served(
    app, redis, prefix
):
    keys = [f"agent:{number}" for number in range(1_001)]
    names = [f"{prefix}{key}:lease" for key in keys]
    for each in ([], keys):
        write = invalidation.Invalidation(each, [prefetch.SEARCH_VERSION])
        before = redis.info("commandstats")["cmdstat_evalsha"]["calls"] if each else 0
        write.before_commit()
        held = set(redis.mget(names))
        scripts = redis.info("commandstats")["cmdstat_evalsha"]["calls"] - before
        write.after_commit()
    assert (held, scripts) == ({b"held:1"}, 6)
    wait_until(lambda: set(redis.mget(names)) == {None})


def fails(*_):
    raise RedisError("no answer in time")


def test_write_whose_hold_ran_out_shows_though_redis_was_away_for_its_drop(
    app, read, redis, agent, sql, prefix, monkeypatch
):
    change = invalidation.Invalidation(prefetch.agent_keys(agent), [])
    change.before_commit()
    redis.delete(f"{prefix}agent:{agent}:lease")
    assert read(agent)["status"] == "active"
    sql("update erc8004_agents set status = 'suspended'")
    with monkeypatch.context() as patch:
        patch.setattr(RedisConnection, "send", fails)
        change.after_commit()
    wait_until(lambda: not app.extensions["kamiyo"].redis.is_unavailable)
    assert read(agent)["status"] == "suspended"


@pytest.mark.parametrize("clear", [by_command, by_keys, by_flush])
def test_clearing_in_the_middle_of_a_read_does_no_harm(read, redis, agent, suspend, clear):
    def clear_and_suspend():
        clear(redis)
        suspend(agent)
        clear(redis)

    agent_slowly(agent, meanwhile=clear_and_suspend)
    assert read(agent)["status"] == "suspended"
    assert read("?")["total"] == 0


def test_invalidation_in_the_middle_of_a_read_keeps_nothing(redis, agent):
    agent_slowly(agent, meanwhile=lambda: answers.ERC8004Cache().invalidate_agent(agent))
    assert redis.keys(f"erc8004:*:agent:{agent}*") == []


def test_64_readers_of_a_cold_key_in_one_process_ask_the_database_once(session_app, agent):
    asked = []

    def compute():
        asked.append(agent)
        row = db.row("stats.get_by_agent", agent_uuid=agent)
        time.sleep(0.2)
        return row

    def ask(number):
        with session_app.app_context():
            return answers.cached_agent("stats", agent, compute)

    assert len(set(at_once(64, ask))) == 1
    assert len(asked) == 1


@pytest.mark.parametrize("path", ["{}", "{}/stats", "{}/reputation", "?q={}"])
def test_64_requests_for_a_cold_key_cost_one_query(
    server, admin, redis, make_agent, statements, path
):
    uuid = make_agent()["agent_uuid"]
    path = AGENTS + path.format(uuid)
    at_once(16, lambda number: server.request("GET", AGENTS, headers=admin))
    statements()
    replies = at_once(64, lambda number: server.request("GET", path, headers=admin))
    assert {answer.status_code for answer in replies} == {200}
    assert len({answer.text for answer in replies}) == 1
    # What a text means is a query of its own.
    asked = [each for each in statements() if uuid in each and "as words_of_rank_0" not in each]
    assert len(asked) == 1, asked


def test_reader_that_fails_lets_the_next_one_try_at_once(read, redis, agent):
    def fail():
        raise outages.DatabaseUnavailable

    with pytest.raises(outages.DatabaseUnavailable):
        answers.cached_agent("agent", agent, fail)
    assert redis.keys(f"erc8004:*:agent:{agent}*") == []


def test_readers_during_many_writes_never_see_older_than_what_was_acknowledged(
    server, admin, agent
):
    path, last = AGENTS + agent, 0

    def look(number):
        behind = 0
        while last < 30:
            known = last
            shown = server.request("GET", path, headers=admin).json()
            behind += int(shown["registration_file"].get("version", 0)) < known
        return behind

    with ThreadPoolExecutor(4) as readers:
        looking = [readers.submit(look, number) for number in range(4)]
        for version in range(1, 31):
            body = {"registration_file": {"name": "x", "version": version}}
            assert server.request("PATCH", path, json=body, headers=admin).status_code == 200
            last = version
        assert [each.result() for each in looking] == [0] * 4


def test_revoked_key_stops_within_5_seconds_in_all_workers(server, key_for, figures):
    headers = key_for(None, "read")

    def statuses():
        replies = at_once(8, lambda number: server.request("GET", AGENTS, headers=headers))
        return {answer.status_code for answer in replies}

    assert statuses() == {200}
    assert keys.revoke(headers["Authorization"].removeprefix("Bearer "))
    revoked = last_taken = time.monotonic()
    while time.monotonic() < revoked + 5.5:
        asked = time.monotonic()
        if 200 in statuses():
            last_taken = asked
        time.sleep(0.05)
    figures(last_taken_after=f"{last_taken - revoked:.1f} s")
    assert last_taken - revoked < 5
    assert 200 not in statuses()
