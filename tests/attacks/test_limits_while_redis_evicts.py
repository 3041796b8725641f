"""A client that fills the cache: Redis evicts cached answers, and no key's budget."""

from __future__ import annotations

import itertools

import pytest
import redis as redis_package

from bench.serving import serving
from kamiyo_api.cache.answers import MAX_CACHED_BYTES
from kamiyo_api.dev.databases import embedded_valkey
from tests.support import factories
from tests.support.concurrency import at_once

AGENTS = "/api/v1/agents/"
KEY = "/api/v1/key"
# Windows that last while a busy machine tests.
FREE = "100000,60,10,100"
ROOM = 1024 * 1024


@pytest.fixture
def valkey(tmp_path):
    """A Valkey as `make run` starts it, with room for a few answers."""
    with embedded_valkey(tmp_path, throwaway=True) as address:
        connection = redis_package.Redis.from_url(address)
        yield connection, address
        connection.close()


@pytest.fixture
def service(app, valkey):
    """The service on that Valkey."""
    with serving(REDIS_URL=valkey[1], RATE_LIMITS_FREE=FREE) as started:
        yield started


def attack(service, headers, valkey, evicted):
    """Search for ever other pages until so many keys were evicted in all."""
    sorts = ("registered_at", "-registered_at", "total_feedback", "-total_feedback")
    pages = itertools.product(range(100, 20, -1), sorts)
    while valkey.info("stats")["evicted_keys"] < evicted:
        limit, sort = next(pages)
        path = f"{AGENTS}?limit={limit}&sort={sort}"
        assert service.request("GET", path, headers=headers).status_code == 200


def test_budgets_are_exact_while_redis_evicts(app, service, valkey, key_for, sql, figures):
    connection, _ = valkey
    victim, attacker = key_for(None, "read", tier="free"), key_for(None, "read")
    factories.insert_agents(sql, 200)

    def left(count):
        answers = [service.request("GET", KEY, headers=victim) for _ in range(count)]
        return [
            (answer.status_code, int(answer.headers["X-RateLimit-Remaining"])) for answer in answers
        ]

    assert left(20) == [(200, number) for number in range(59, 39, -1)]
    connection.config_set("maxmemory", connection.info("memory")["used_memory"] + ROOM)
    attack(service, attacker, connection, evicted=60)
    assert left(20) == [(200, number) for number in range(39, 19, -1)]
    attack(service, attacker, connection, evicted=120)
    assert left(22) == [(200, number) for number in range(19, -1, -1)] + [(429, 0)] * 2
    assert "Redis is away" not in service.log.read_text()
    (row,) = sql("select id from api_keys where tier = 'free'")
    figures(bytes_a_key=connection.memory_usage(f"kamiyo:limit:{row['id']}"))


def test_only_the_counts_of_keys_stay_for_ever_and_they_are_one_a_key(
    app, client, key_for, admin, make_agent
):
    redis = app.extensions["kamiyo"].redis.connection
    agent = make_agent()["agent_uuid"]
    readers = [key_for(None, "read") for _ in range(3)]
    for headers in (*readers, {"Authorization": "Bearer kamiyo_wrong"}):
        for path in (AGENTS, AGENTS + agent, f"{AGENTS}{agent}/stats", KEY):
            client.get(path, headers=headers)
    lasting = {name for name in redis.keys("*") if redis.ttl(name) == -1}
    assert lasting == set(redis.keys("kamiyo:limit:0*"))
    assert len(lasting) == len(readers) + 1
    assert redis.ttl("kamiyo:limit:failures:127.0.0.1") > 0


def test_counts_of_another_form_are_ignored(app, client, key_for):
    redis = app.extensions["kamiyo"].redis.connection
    headers = key_for(None, "read", tier="free")
    client.get(KEY, headers=headers)
    (name,) = redis.keys("kamiyo:limit:*")
    redis.delete(name)
    redis.set(name, 59)
    answers = [client.get(KEY, headers=headers) for _ in range(2)]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["59", "58"]


@pytest.fixture
def large(client, admin, sql):
    """The path of a page that is too large to be kept: a control character takes six bytes."""
    path = f"{AGENTS}?limit=100"
    factories.insert_agents(sql, 100)
    describe(sql, r"repeat(E'\x01', 300)")
    assert len(client.get(path, headers=admin).data) > MAX_CACHED_BYTES
    return path


def describe(sql, description):
    """Give all agents a description, as an operator who tells nobody."""
    sql(
        "update erc8004_agents set registration_file = registration_file "
        f"|| jsonb_build_object('description', {description})"
    )


def test_large_answer_takes_no_room_and_keeps_nobody_waiting(app, server, admin, large):
    redis = app.extensions["kamiyo"].redis.connection
    answers = at_once(8, lambda number: server.request("GET", large, headers=admin))
    assert len({answer.text for answer in answers}) == 1
    (name,) = redis.keys("erc8004:*:search:*limit=100*")
    assert redis.strlen(name) < 200


def test_change_of_what_was_large_shows_at_once(client, admin, make_agent, sql, large):
    describe(sql, "'small'")
    for number in (101, 102):
        make_agent()
        for _ in range(2):
            assert client.get(large, headers=admin).json["total"] == number


def test_page_of_a_hundred_usual_agents_is_kept(app, client, admin, make_agent, figures):
    for _ in range(100):
        make_agent()
    path = f"{AGENTS}?limit=100"
    size = len(client.get(path, headers=admin).data)
    assert client.get("/api/v1/key", headers=admin).status_code == 200
    (name,) = app.extensions["kamiyo"].redis.connection.keys("erc8004:*:search:*limit=100*")
    figures(bytes_a_page=size)
    assert size < app.extensions["kamiyo"].redis.connection.strlen(name) < MAX_CACHED_BYTES
