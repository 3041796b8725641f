"""Symptoms of Redis: away, too small, or emptied all the time."""

from __future__ import annotations

import signal

from tests.support import factories
from tests.support.concurrency import wait_until
from tests.support.programs import needed


def test_dead_redis_is_seen_and_started(stand, fired, symptom):
    key = stand.key()

    def read():
        for limit in range(1, 11):
            assert stand.ask(f"/agents/?limit={limit}", key).status_code == 200

    well = stand.during(read)
    stand.servers.valkey.end(signal.SIGKILL)
    try:
        ill = stand.during(read)
        code, status, checks = stand.health()
        found = stand.doctor()["redis"]
    finally:
        # What `sudo systemctl restart redis` does.
        stand.servers.valkey.start()
    assert ill[1].total("erc8004_redis_up") == 0
    assert ill[1].total("erc8004_cache_requests_total", result="away") == 10
    assert (code, status) == (200, "degraded")
    assert "Redis is away" in checks["cache"]
    assert (found["status"], found["cure"]) == ("failing", "sudo systemctl restart redis")

    wait_until(stand.is_healthy)

    cured = stand.during(read)
    alerts = fired(well, ill, cured, "RedisAway", "AnswersUncached")
    assert cured[1].total("erc8004_redis_up") == 1
    assert (stand.log().count("Redis is away ("), stand.log().count("Redis is back")) == (1, 1)
    symptom(
        "Redis dead",
        metric='erc8004_redis_up, erc8004_cache_requests_total{result="away"}',
        alert=alerts,
        health=f"{status}: {checks['cache']}",
        doctor="redis failing",
        cure=found["cure"],
    )


def test_evictions_are_seen_and_ended_by_more_memory(stand, fired, symptom):
    needed("redis-cli")
    key = stand.key()
    factories.insert_agents(stand.sql, 100)
    stand.type("flask refresh-stats")

    def read():
        for limit in [*range(60, 100)] * 3:
            assert stand.ask(f"/agents/?limit={limit}", key).status_code == 200

    well = stand.during(read)
    # Redis may keep half of what the answers take.
    stand.redis.config_set("maxmemory", stand.redis.info()["used_memory"] - 1024 * 1024)
    stand.redis.flushall()
    ill = stand.during(read)
    found = stand.doctor()["redis-evictions"]
    evicted = ill[1].total("erc8004_redis_evicted_keys_total")
    assert found["status"] == "warning"
    assert int(found["figure"].split()[0]) >= evicted > 0
    assert stand.is_healthy()

    assert stand.type(found["cure"]) == "OK\nOK\n"

    stand.redis.flushall()
    cured = stand.during(read)
    alerts = fired(well, ill, cured, "RedisEvicting")
    assert cured[1].total("erc8004_redis_evicted_keys_total") == 0
    assert stand.doctor().status("redis-evictions") == "ok"
    symptom(
        "evictions",
        metric="erc8004_redis_evicted_keys_total",
        alert=alerts,
        health="healthy: it only computes more",
        doctor="redis-evictions warning",
        cure="redis-cli … config set maxmemory …",
    )


def test_low_hit_rate_is_seen_and_raised_by_refreshing_less_often(stand, fired, symptom):
    key = stand.key()
    factories.insert_agents(stand.sql, 20)
    agents = [row["id"] for row in stand.sql("select id::text from erc8004_agents")]
    refresh = ["refresh-stats"]

    def read(rounds, *, refreshing):
        for _ in range(rounds):
            if refreshing:
                assert stand.app.test_cli_runner().invoke(args=refresh).exit_code == 0
            for agent in agents:
                assert stand.ask(f"/agents/{agent}", key).status_code == 200

    well = stand.during()
    # Somebody refreshes before every few requests.
    ill = stand.during(lambda: read(6, refreshing=True))
    found = stand.doctor()["cache-hit-rate"]
    hits = ill[1].total("erc8004_cache_requests_total", result="hit")
    assert hits < 24
    assert found["status"] == "warning"
    assert found["figure"].startswith(f"{hits:.0f} of 120 (")
    assert found["cure"] == "flask refresh-stats --every 300"
    assert stand.is_healthy()

    # As the cure does it: once, and not again for a while.
    cured = stand.during(lambda: read(30, refreshing=False))

    alerts = fired(well, ill, cured, "LowCacheHitRate")
    assert stand.doctor().status("cache-hit-rate") == "ok"
    symptom(
        "low hit rate",
        metric="erc8004_cache_requests_total",
        alert=alerts,
        health="healthy: it only computes more",
        doctor="cache-hit-rate warning",
        cure=found["cure"],
    )
