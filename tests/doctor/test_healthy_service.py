"""`flask doctor` where all is well, and its exit codes."""

from __future__ import annotations

import json

import pytest
import redis

from bench.serving import serving
from kamiyo_api.dev.databases import embedded_servers
from tests.support.doctor import examined, typed


@pytest.fixture(scope="module")
def well(tmp_path_factory):
    """Servers and a service of which nobody could complain, as settings and an address."""
    with embedded_servers(tmp_path_factory.mktemp("well")) as own:
        settings = {
            "DATABASE_URL": own.database_url,
            "REDIS_URL": own.redis_url,
            "REDIS_TIMEOUT_MS": "400",
        }
        typed(settings, "migrate")
        typed(settings, "api-keys", "create", "--name", "first", "--scope", "read")
        typed(settings, "refresh-stats")
        typed(settings, "refresh-stats")
        with serving(**settings) as web:
            yield settings, web


def test_where_all_is_well_nothing_is_found(well):
    settings, web = well
    found = examined(settings, "--url", web.url)
    assert found.names("warning", "failing") == set()
    assert (found.exit_code, found.report["status"]) == (0, "ok")
    assert found.names("unknown") <= {"slow-statements", "worker-memory"}


def test_exit_code_tells_the_worst(well):
    settings, web = well
    client = redis.Redis.from_url(settings["REDIS_URL"])
    client.config_set("maxmemory-policy", "noeviction")
    assert examined(settings, "--url", web.url).exit_code == 1
    client.config_set("maxmemory-policy", "allkeys-lru")
    client.close()
    away = {**settings, "DATABASE_URL": "postgresql://postgres:hunter2hunter2@127.0.0.1:1/kamiyo"}
    found = examined(away, "--url", web.url)
    assert found.exit_code == 2
    assert found["database"]["cure"] == "sudo systemctl restart postgresql"
    assert found.status("view-age") == "unknown"
    # A busy machine may be a warning.
    assert {found.status("redis"), found.status("service")} <= {"ok", "warning"}
    assert "hunter2" not in json.dumps(found.report)
