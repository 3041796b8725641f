"""The command lines of the troubleshooting guide, as an operator types them into a shell.

Those that are psql and nothing else are in test_guide.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import redis

from kamiyo_api.config import Config
from kamiyo_api.dev.databases import embedded_postgres
from tests.support import ROOT
from tests.support.programs import needed_file
from tests.support.shells import leading_to, run_in_shell

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")
# What of a line is another here: the address of the service, and the key.
KEY, KAMIYO, LOCAL = "YOUR_API_KEY", "https://kamiyo.ai", "http://localhost:8000"

HIT_RATE = "redis-cli INFO stats | grep keyspace_hits"
PING = "redis-cli PING"
KEYS = 'redis-cli KEYS "erc8004:*" | head -20'
MEMORY = "redis-cli INFO memory"
CLEAR = 'redis-cli KEYS "erc8004:*" | xargs redis-cli DEL'
LIMIT = f"""
curl -H "Authorization: Bearer {KEY}" \\
     -I {KAMIYO}/api/v1/agents/
"""
TRY_KEY = f"""
curl -H "Authorization: Bearer {KEY}" \\
     {KAMIYO}/api/v1/agents/
"""
EVICTIONS = "redis-cli INFO stats | grep evicted"
MORE_MEMORY = """
redis-cli CONFIG SET maxmemory 2gb
   redis-cli CONFIG SET maxmemory-policy allkeys-lru
"""
CLEAR_SLOWLY = """
redis-cli --scan --pattern "erc8004:*" |
   xargs -L 100 redis-cli DEL
"""
POOL = """
DATABASE_POOL_SIZE=20
   DATABASE_MAX_OVERFLOW=40
"""
ERRORS = f"curl {LOCAL}/metrics | grep erc8004.*error"
DURATIONS = f"curl {LOCAL}/metrics | grep erc8004.*duration"
EFFECTIVENESS = "redis-cli INFO stats | grep keyspace"
PERSISTENCE = 'redis-cli CONFIG SET save "900 1 300 10 60 10000"'
EVICTION_POLICY = "redis-cli CONFIG SET maxmemory-policy allkeys-lru"
KEYSPACE = "redis-cli INFO keyspace"
SLOW_STATEMENTS = """
SELECT query, mean_exec_time, calls
   FROM pg_stat_statements
   WHERE query LIKE '%erc8004%'
   ORDER BY mean_exec_time DESC
   LIMIT 10;
"""
REDIS_INFO = "redis-cli INFO all > redis-info.txt"
SNAPSHOT = f"curl {LOCAL}/metrics > metrics.txt"

# What of the guide is not run as written, and why. Where docs/operations.md has something to
# type instead, test_operations.py types that.
EXCEPTIONS = {
    "from api.erc8004.cache import ERC8004Cache": "kamiyo_api.cache.answers, and it is not async",
    "async def with_retry": "a client's code; docs/api.md shows it with Retry-After",
    "sudo systemctl restart redis": "no systemd runs where tests run",
    "sudo systemctl restart kamiyo-api": "no systemd runs where tests run",
    "journalctl -u kamiyo-api -n 1000 --no-pager": "no journald runs where tests run",
    "tail -f /var/log/postgresql/postgresql-*.log | grep erc8004": "never ends",
    "tail -1000 /var/log/postgresql/postgresql-*.log": "the tests' server logs elsewhere",
    "ps aux | grep uvicorn": "gunicorn serves it: uvicorn's line would be grep's own",
}


@pytest.fixture
def typed(shell_with_redis, server, key_for):
    """What a line of the guide answers, with a key and this service's address in it."""
    secret = key_for(None, "read", tier="pro")["Authorization"].removeprefix("Bearer ")

    def run(line):
        for there, here in {KEY: secret, KAMIYO: server.url, LOCAL: server.url}.items():
            line = line.replace(there, here)
        # Where its output is no terminal, curl tells on stderr how far it is.
        return shell_with_redis(line.replace("curl ", "curl --no-progress-meter "))

    return run


@pytest.fixture
def cached(server, admin, make_agent):
    """An agent, and a search for it, in the cache of the service."""
    agent = make_agent()
    for path in (f"/api/v1/agents/{agent['agent_uuid']}", "/api/v1/agents/?q=it's+%22weather%22"):
        assert server.request("GET", path, headers=admin).status_code == 200
    return agent


def test_redis_answers_and_tells_of_itself(typed, valkey):
    assert typed(PING) == "PONG\n"
    assert "used_memory_human:" in typed(MEMORY)
    assert re.fullmatch(r"keyspace_hits:\d+\s*", typed(HIT_RATE))
    assert re.fullmatch(r"(?s)keyspace_hits:\d+\s*keyspace_misses:\d+\s*", typed(EFFECTIVENESS))
    assert re.search(r"^evicted_keys:\d+", typed(EVICTIONS), re.MULTILINE)


def test_keys_of_the_cache_are_shown(typed, cached):
    assert re.search(rf"^erc8004:\w+:agent:{cached['agent_uuid']}$", typed(KEYS), re.MULTILINE)
    assert "db0:keys=" in typed(KEYSPACE)


@pytest.mark.parametrize("line", [CLEAR, CLEAR_SLOWLY])
def test_cache_is_cleared_and_the_budgets_of_keys_stay(typed, cached, valkey, line):
    assert valkey.keys("erc8004:*")
    assert int(typed(line)) >= 3
    assert not valkey.keys("erc8004:*")
    assert valkey.keys("kamiyo:limit:*")


def test_answers_are_right_after_the_cache_was_cleared(typed, cached, server, admin):
    typed(CLEAR)
    path = f"/api/v1/agents/{cached['agent_uuid']}"
    for _ in range(2):
        answer = server.request("GET", path, headers=admin)
        assert answer.json()["agent_uuid"] == cached["agent_uuid"]


def test_memory_eviction_and_persistence_are_set(typed, valkey: redis.Redis):
    assert typed(MORE_MEMORY) == "OK\nOK\n"
    assert typed(PERSISTENCE) == "OK\n"
    assert typed(EVICTION_POLICY) == "OK\n"
    assert valkey.config_get("maxmemory") == {"maxmemory": str(2 * 1024**3)}
    assert valkey.config_get("maxmemory-policy") == {"maxmemory-policy": "allkeys-lru"}
    assert valkey.config_get("save")["save"].split()[:2] == ["900", "1"]


def test_head_of_a_search_tells_what_is_left(typed):
    told = dict(re.findall(r"^(X-RateLimit-\w+): (\d+)", typed(LIMIT), re.MULTILINE))
    assert told.keys() == {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
    assert (told["X-RateLimit-Limit"], told["X-RateLimit-Remaining"]) == ("600", "599")


def test_key_is_tried(typed):
    assert '"agents":[]' in typed(TRY_KEY)


def test_size_of_the_pool_is_a_setting(session_app, monkeypatch):
    for line in POOL.split():
        monkeypatch.setenv(*line.split("="))
    config = Config.from_environment()
    assert (config.database_pool_size, config.database_max_overflow) == (20, 40)


def test_metrics_tell_of_errors_and_durations(typed, server):
    assert server.request("GET", "/api/v1/stats").status_code == 401
    assert 'erc8004_request_errors_total{code="MISSING_API_KEY"' in typed(ERRORS)
    assert 'erc8004_request_duration_seconds_bucket{endpoint="' in typed(DURATIONS)


def test_snapshots_for_support_are_written(typed):
    assert typed(REDIS_INFO) == ""
    assert typed(SNAPSHOT) == ""
    assert "used_memory:" in typed("cat redis-info.txt")
    assert "erc8004_db_pool_limit" in typed("cat metrics.txt")


@pytest.mark.slow
def test_slow_statements_are_told_where_they_are_counted(tmp_path):
    needed_file(POSTGRES_15 / "postgres")

    def psql(address, statements):
        typed = f"psql -X -A -t -v ON_ERROR_STOP=1 <<'GUIDE'\n{statements}\nGUIDE"
        return run_in_shell(typed, leading_to(address)).splitlines()

    with embedded_postgres(tmp_path, bin_dir=POSTGRES_15) as address:
        psql(address, "alter system set shared_preload_libraries = pg_stat_statements")
    with embedded_postgres(tmp_path, bin_dir=POSTGRES_15) as address:
        psql(address, "create extension pg_stat_statements; create table erc8004_agents ()")
        told = psql(address, SLOW_STATEMENTS)
    assert any(line.startswith("create table erc8004_agents ()|") for line in told)


def test_every_exception_is_told_in_the_operations_guide():
    document = (ROOT / "docs" / "operations.md").read_text()
    told = document.replace("\\|", "|")
    assert [line for line in EXCEPTIONS if line not in told] == []
