"""`flask doctor` and Redis: each ill is caused, seen, and cured as the doctor says."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest
import redis

from kamiyo_api.dev.databases import embedded_valkey
from tests.support.concurrency import wait_until
from tests.support.doctor import examined, redis_cli
from tests.support.programs import needed


@pytest.fixture
def own_valkey(tmp_path):
    """The address and the folder of a Valkey that a test may break."""
    with embedded_valkey(tmp_path) as address:
        yield address, tmp_path / "valkey"


def test_redis_that_is_away_fails_and_hides_nothing_else(addresses):
    found = examined({**addresses, "REDIS_URL": "redis://127.0.0.1:1/0"})
    assert found.exit_code == 2
    assert found["redis"]["status"] == "failing"
    assert "refused" in found["redis"]["figure"]
    assert found["redis"]["cure"] == "sudo systemctl restart redis"
    assert found.status("redis-memory") == "unknown"
    assert found.status("database") == "ok"
    assert found["clock-skew"]["figure"].startswith("PostgreSQL")
    assert "Redis" not in found["clock-skew"]["figure"]


def test_redis_that_hangs_fails(addresses, own_valkey):
    address, folder = own_valkey
    pid = int((folder / "valkey.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        found = examined({**addresses, "REDIS_URL": address, "REDIS_TIMEOUT_MS": "50"})
    finally:
        os.kill(pid, signal.SIGCONT)
    assert found["redis"]["status"] == "failing"
    assert "Timeout" in found["redis"]["figure"]


def test_service_without_redis_is_warned(addresses):
    # White space is as good as nothing, and hides the setting of the tests.
    found = examined({**addresses, "REDIS_URL": " "})
    assert found["redis"]["status"] == "warning"
    assert found["redis"]["figure"] == "REDIS_URL is not set"
    assert found.status("cache-hit-rate") == "unknown"


def test_memory_without_a_limit_is_seen_and_limited(doctor, valkey):
    valkey.config_set("maxmemory", 0)
    found = doctor()["redis-memory"]
    assert found["status"] == "warning"
    redis_cli(found["cure"], valkey)
    assert doctor().status("redis-memory") == "ok"


@pytest.mark.parametrize(
    ("policy", "status"), [("allkeys-lru", "warning"), ("noeviction", "failing")]
)
def test_memory_that_runs_out_is_seen_and_enlarged(doctor, valkey, policy, status):
    valkey.config_set("maxmemory-policy", policy)
    valkey.config_set("maxmemory", int(valkey.info("memory")["used_memory"] * 1.03))
    found = doctor()["redis-memory"]
    assert found["status"] == status
    redis_cli(found["cure"], valkey)
    assert doctor().status("redis-memory") == "ok"


def test_evictions_are_seen_and_end_with_more_memory(doctor, valkey):
    valkey.config_set("maxmemory-policy", "allkeys-lru")
    valkey.config_set("maxmemory", valkey.info("memory")["used_memory"] + 500_000)
    fill(valkey, "evicted", 2000, 1000)
    found = doctor()["redis-evictions"]
    assert found["status"] == "warning"
    assert int(found["figure"].split()[0]) > 100
    redis_cli(found["cure"], valkey)
    assert doctor().status("redis-evictions") == "ok"


def fill(valkey, name, count, size):
    """Write so many keys of such a size, which never expire."""
    with valkey.pipeline(transaction=False) as pipeline:
        for number in range(count):
            pipeline.set(f"{name}:{number}", b"x" * size)
        pipeline.execute()


def test_policy_that_refuses_writes_is_seen_and_changed(doctor, valkey):
    valkey.config_set("maxmemory-policy", "noeviction")
    found = doctor()["redis-policy"]
    assert (found["status"], found["figure"]) == ("warning", "noeviction")
    redis_cli(found["cure"], valkey)
    assert doctor()["redis-policy"]["figure"] == "volatile-lru"


@pytest.mark.parametrize("policy", ["allkeys-lru", "allkeys-lfu", "allkeys-random"])
def test_policy_that_evicts_budgets_is_seen_and_changed(doctor, valkey, policy):
    valkey.config_set("maxmemory-policy", policy)
    found = doctor()["redis-policy"]
    told = f"{policy}: the budgets of keys can be evicted"
    assert (found["status"], found["figure"]) == ("warning", told)
    redis_cli(found["cure"], valkey)
    assert doctor().status("redis-policy") == "ok"


def test_keys_that_never_expire_are_seen_and_shown(doctor, valkey, addresses):
    fill(valkey, "forever", 1200, 1)
    fill(valkey, "kamiyo:limit", 1, 1)
    found = doctor()["redis-expiry"]
    figure = "1201 of 1201 keys never expire, for 0 API keys"
    assert (found["status"], found["figure"]) == ("warning", figure)
    needed("redis-cli")
    told = subprocess.run(["/bin/sh", "-c", found["cure"]], capture_output=True, text=True).stdout
    assert len(told.split()) == 20
    assert all(name.startswith("forever:") for name in told.split())


def test_budgets_of_many_api_keys_are_well(doctor, valkey, sql):
    sql(
        "insert into api_keys (key, key_prefix, name, tier, scopes) "
        "select encode(sha256(n::text::bytea), 'hex'), 'kamiyo_' || lpad(n::text, 8, '0'), 'many', "
        "'free', '{read}' from generate_series(1, 1500) as n"
    )
    fill(valkey, "kamiyo:limit", 1500, 1)
    found = doctor()["redis-expiry"]
    assert (found["status"], found["figure"]) == (
        "ok",
        "1500 of 1500 keys never expire: budgets of API keys",
    )


def test_data_that_is_not_saved_is_seen_and_saved(doctor, valkey):
    valkey.config_set("save", "")
    found = doctor()["redis-persistence"]
    assert found["status"] == "warning"
    redis_cli(found["cure"], valkey)
    assert doctor()["redis-persistence"]["figure"] == "saved by schedule 900 1 300 10 60 10000"


def test_save_that_fails_is_seen_until_it_works_again(addresses, own_valkey):
    address, folder = own_valkey
    connection = redis.Redis.from_url(address)
    # A file cannot take the place of a folder.
    (folder / "dump.rdb").mkdir()
    connection.bgsave()
    wait_until(lambda: connection.info("persistence")["rdb_last_bgsave_status"] == "err")
    found = examined({**addresses, "REDIS_URL": address})["redis-persistence"]
    assert found["status"] == "failing"
    (folder / "dump.rdb").rmdir()
    redis_cli(found["cure"].removeprefix("df -h; "), connection)
    wait_until(lambda: connection.info("persistence")["rdb_last_bgsave_status"] == "ok")
    assert examined({**addresses, "REDIS_URL": address}).status("redis-persistence") == "ok"
    connection.close()


def test_low_hit_rate_is_seen_in_redis_where_no_service_answers(doctor, valkey):
    valkey.config_resetstat()
    valkey.set("there", 1)
    for _ in range(60):
        valkey.mget("there", "nowhere", "nowhere either")
    found = doctor()["cache-hit-rate"]
    assert found["status"] == "warning"
    assert "look-ups in Redis were hits, should be above 80 %" in found["figure"]
    for _ in range(2000):
        valkey.get("there")
    assert doctor().status("cache-hit-rate") == "ok"


def test_asking_writes_nothing_into_redis(doctor, valkey):
    before = valkey.info("commandstats")
    doctor()
    asked = {name for name, told in valkey.info("commandstats").items() if told != before.get(name)}
    assert asked <= {"cmdstat_info", "cmdstat_time", "cmdstat_config|get", "cmdstat_hello"} | {
        name for name in asked if name.startswith("cmdstat_client")
    }
