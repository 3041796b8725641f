"""Each metric moves when it should, over both workers of a gunicorn and their restarts."""

from __future__ import annotations

import datetime as dt
import os
import signal

import psutil
import psycopg2
import pytest

from bench.serving import serving
from kamiyo_api.access import keys
from tests.support import factories
from tests.support.concurrency import at_once, wait_until
from tests.support.prometheus import scrape
from tests.support.triggers import trigger

pytestmark = pytest.mark.slow

API = "/api/v1/agents/"
REGISTER = f"{API}register"
FREE_A_MINUTE = 5


@pytest.fixture(scope="module")
def counting(session_app, tmp_path_factory):
    """A gunicorn whose workers count in a folder that these tests know; yields it and that."""
    folder = tmp_path_factory.mktemp("metrics")
    settings = {"RATE_LIMITS_FREE": f"{FREE_A_MINUTE},1000,1000,1000"}
    with serving(PROMETHEUS_MULTIPROC_DIR=str(folder), **settings) as server:
        yield server, folder


@pytest.fixture
def server(app, counting):
    """That gunicorn, over empty tables."""
    return counting[0]


@pytest.fixture
def moved(server):
    """By how much a metric moved since the test began."""
    before = scrape(server)

    def difference(name, **labels):
        return scrape(server).total(name, **labels) - before.total(name, **labels)

    return difference


@pytest.fixture
def ask(server, admin):
    """Send a request with a key that may do everything."""

    def send(method, path, **options):
        return server.request(method, path, **{"headers": admin, **options})

    return send


@pytest.fixture
def agent(ask):
    """An agent that is there."""
    return ask("POST", REGISTER, json=factories.agent()).json()


def test_duration_is_counted_by_endpoint_method_and_status(ask, agent, moved):
    labels = {"endpoint": f"{API}<uuid:agent_uuid>", "method": "GET", "status": "200"}
    at_once(40, lambda number: ask("GET", API + agent["agent_uuid"]))
    assert moved("erc8004_request_duration_seconds_count", **labels) == 40
    assert moved("erc8004_request_duration_seconds_bucket", **labels, le="+Inf") == 40
    assert moved("erc8004_request_duration_seconds_sum", **labels) > 0
    assert moved("erc8004_request_query_seconds_count", endpoint=labels["endpoint"]) > 0


def test_errors_are_counted_by_endpoint_and_code(ask, moved):
    uuid = "019fffff-ffff-7fff-bfff-ffffffffffff"
    at_once(10, lambda number: ask("GET", f"{API}{uuid}/feedback"))
    endpoint = f"{API}<uuid:agent_uuid>/feedback"
    assert moved("erc8004_request_errors_total", endpoint=endpoint, code="AGENT_NOT_FOUND") == 10


def test_rate_limit_hits_are_counted_by_tier(server, key_for, moved):
    headers = key_for(None, "read", tier="free")
    for _ in range(FREE_A_MINUTE + 3):
        server.request("GET", "/api/v1/key", headers=headers)
    assert moved("erc8004_rate_limit_exceeded_total", tier="free") == 3
    assert moved("erc8004_rate_limit_exceeded_total", tier="pro") == 0


def test_authentication_failures_are_counted_by_reason(app, server, key_for, moved):
    expired = keys.create("old", "free", ("read",), None, dt.timedelta(seconds=-1))
    for headers in (
        {},
        {"Authorization": "Bearer kamiyo_wrong"},
        {"Authorization": f"Bearer {expired}"},
    ):
        server.request("GET", "/api/v1/key", headers=headers)
    server.request("POST", REGISTER, headers=key_for(None, "read"), json=factories.agent())
    for reason in ("missing", "invalid", "expired", "insufficient_scope"):
        assert moved("erc8004_auth_failures_total", reason=reason) == 1, reason


def test_cache_results_are_counted_by_resource(ask, agent, moved):
    for _ in range(5):
        ask("GET", f"{API}{agent['agent_uuid']}/stats")
    assert moved("erc8004_cache_requests_total", resource="stats", result="leased") == 1
    assert moved("erc8004_cache_requests_total", resource="stats", result="hit") == 4
    assert moved("erc8004_cache_requests_total", resource="search") == 0


def test_transactions_are_counted_by_outcome(ask, agent, moved):
    feedback = factories.feedback(agent_uuid=agent["agent_uuid"])
    assert ask("POST", f"{API}feedback", json=feedback).status_code == 201
    by_owner = feedback | {"client_address": agent["owner_address"]}
    assert ask("POST", f"{API}feedback", json=by_owner).status_code == 403
    assert moved("erc8004_transactions_total", outcome="committed") >= 1
    assert moved("erc8004_transactions_total", outcome="rolled_back") == 1
    assert moved("erc8004_transaction_retries_total") == 0


def test_retries_and_what_they_could_not_save_are_counted(ask, sql, moved):
    collide = "raise exception using errcode = 'serialization_failure';"
    with trigger(sql, "erc8004_agents", collide):
        assert ask("POST", REGISTER, json=factories.agent()).status_code == 503
    assert moved("erc8004_transaction_retries_total") >= 3
    assert moved("erc8004_transactions_total", outcome="failed") == 1
    assert moved("erc8004_request_errors_total", code="TRANSACTION_FAILED") == 1


def test_commit_that_nobody_knows_the_end_of_is_counted(ask, sql, moved):
    die = "perform pg_terminate_backend(pg_backend_pid());"
    with trigger(sql, "erc8004_agents", die, when="constraint after insert"):
        assert ask("POST", REGISTER, json=factories.agent()).status_code == 503
    assert moved("erc8004_transactions_total", outcome="unknown") == 1


def test_connections_in_use_are_those_of_requests_under_way(server, servers, ask, agent, moved):
    def in_use():
        return scrape(server).total("erc8004_db_pool_connections", state="in_use")

    with psycopg2.connect(servers.database_url) as holder, holder.cursor() as cursor:
        cursor.execute("select from erc8004_agents for update")

        def change(number):
            if number:
                return ask("PATCH", API + agent["agent_uuid"], json={"status": "suspended"})
            wait_until(lambda: in_use() == 2)
            return holder.rollback()

        answers = at_once(3, change)
    holder.close()
    assert [answer.status_code for answer in answers[1:]] == [200, 200]
    wait_until(lambda: in_use() == 0)
    told = scrape(server)
    assert told.total("erc8004_db_pool_connections", state="idle") >= 1
    assert told.total("erc8004_db_pool_limit") == 2 * 10
    assert moved("erc8004_db_pool_wait_seconds_count") >= 2


def test_views_grow_older_until_a_refresh(server, refresh, sql):
    views = {"mv_erc8004_agent_reputation", "mv_erc8004_agent_payment_stats"}
    refresh()
    sql("update erc8004_stats_refreshes set began_at = began_at - interval '1 hour'")
    old = scrape(server)
    assert old.values_of("view") == views
    for view in views:
        assert old.total("erc8004_view_age_seconds", view=view) >= 3600
    refresh()
    fresh = scrape(server)
    for view in views:
        assert fresh.total("erc8004_view_age_seconds", view=view) < 3600
    assert 0 < fresh.total("erc8004_refresh_duration_seconds") < 3600
    assert old.total("erc8004_refresh_duration_seconds") >= 3600


def test_agents_are_those_of_the_last_refresh_by_chain_and_status(server, ask, agent, refresh):
    refresh()
    assert scrape(server).total("erc8004_agents", chain=agent["chain"], status="active") == 1
    ask("PATCH", API + agent["agent_uuid"], json={"status": "suspended"})
    refresh()
    told = scrape(server)
    assert told.total("erc8004_agents", chain=agent["chain"], status="suspended") == 1
    assert told.total("erc8004_agents", status="active") == 0


def test_what_is_written_is_counted_once_it_is_kept(ask, admin, agent, moved):
    one = {"agent_uuid": agent["agent_uuid"]}
    feedback = factories.feedback(**one)
    for _ in range(2):
        headers = {**admin, "Idempotency-Key": "once"}
        ask("POST", f"{API}feedback", json=feedback, headers=headers)
    payment = factories.payment(**one)
    for _ in range(2):
        ask("POST", f"{API}link-payment", json=payment)
    at_once(6, lambda number: ask("POST", REGISTER, json=factories.agent()))
    ask("POST", REGISTER, json=factories.agent(chain="nowhere"))
    assert moved("erc8004_feedback_total") == 1
    assert moved("erc8004_payments_linked_total") == 1
    assert moved("erc8004_registrations_total") == 6


def test_what_redis_and_postgres_say_of_themselves_is_reported(server, app):
    told = scrape(server)
    assert told.total("erc8004_redis_up") == told.total("erc8004_database_up") == 1
    assert told.total("erc8004_redis_memory_used_bytes") > 100_000
    redis = app.extensions["kamiyo"].redis.connection
    most = redis.info("memory")["used_memory"] + 500_000
    redis.config_set("maxmemory-policy", "allkeys-lru")
    redis.config_set("maxmemory", most)
    try:
        full = scrape(server)
        assert full.total("erc8004_redis_memory_max_bytes") == most
        for number in range(50):
            redis.set(f"erc8004:filler:{number}", "x" * 20_000)
        evicted = scrape(server).total("erc8004_redis_evicted_keys_total")
        assert evicted > told.total("erc8004_redis_evicted_keys_total")
    finally:
        redis.config_set("maxmemory", "0")
        redis.config_set("maxmemory-policy", "noeviction")


def test_memory_is_that_of_the_largest_worker(server, ask):
    def resident():
        return max(psutil.Process(pid).memory_info().rss for pid in server.workers())

    at_once(16, lambda number: ask("GET", "/api/v1/key"))
    told = scrape(server).total("erc8004_worker_memory_bytes")
    assert resident() / 2 < told < resident() * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_counts_survive_the_end_of_a_worker(ask, server, counting, number):
    at_once(20, lambda n: ask("GET", "/api/v1/key"))
    before, old = scrape(server), server.workers()
    os.kill(old[0], number)
    wait_until(lambda: len(set(server.workers()) - set(old)) == 1 and len(server.workers()) == 2)
    at_once(20, lambda n: ask("GET", "/api/v1/key"))
    after = scrape(server)
    assert went_back(before, after) == {}
    key = {"endpoint": "/api/v1/key", "status": "200"}
    counted = [
        told.total("erc8004_request_duration_seconds_count", **key) for told in (before, after)
    ]
    assert counted[1] - counted[0] == 20


def test_counts_survive_a_reload_of_all_workers(ask, server):
    at_once(20, lambda number: ask("GET", "/api/v1/key"))
    before, old = scrape(server), server.workers()
    psutil.Process(old[0]).parent().send_signal(signal.SIGHUP)
    wait_until(lambda: len(server.workers()) == 2 and not set(server.workers()) & set(old))
    assert went_back(before, scrape(server)) == {}


def test_workers_go_on_in_the_files_of_those_that_they_replace(ask, server, counting):
    for _ in range(3):
        at_once(20, lambda number: ask("GET", "/api/v1/key"))
        old = server.workers()
        os.kill(old[0], signal.SIGTERM)
        wait_until(lambda old=old: old[0] not in server.workers() and len(server.workers()) == 2)
    whose = {path.stem.rpartition("_")[2] for path in counting[1].glob("*.db")}
    # A reload, as above, has four for a moment.
    assert whose <= {"master", "0", "1", "2", "3"}


def test_reload_and_end_leave_no_folder_behind(session_app, tmp_path):
    with serving(TMPDIR=str(tmp_path), PROMETHEUS_MULTIPROC_DIR="") as server:
        scrape(server)
        old = server.workers()
        psutil.Process(old[0]).parent().send_signal(signal.SIGHUP)
        wait_until(lambda: len(server.workers()) == 2 and not set(server.workers()) & set(old))
        assert len(list(tmp_path.glob("kamiyo-metrics-*"))) == 1
    assert not list(tmp_path.glob("kamiyo-metrics-*"))


def test_folder_that_was_given_keeps_all_but_the_counts(session_app, tmp_path):
    (tmp_path / "of the operator").touch()
    with serving(PROMETHEUS_MULTIPROC_DIR=str(tmp_path)) as server:
        scrape(server)
        assert list(tmp_path.glob("*.db"))
    assert [path.name for path in tmp_path.iterdir()] == ["of the operator"]


def went_back(before, after):
    """The counters that are lower than they were."""
    counters = ("_total", "_count", "_bucket", "_sum")
    return {
        sample: value
        for sample, value in before.samples.items()
        if sample[0].endswith(counters) and after.samples.get(sample, 0) < value
    }


def test_paths_and_methods_that_clients_make_up_share_a_label(server, admin, moved):
    for number in range(5):
        server.request("GET", f"/no/such/{number}", headers=admin)
        server.request("GET", f"{API}{number}/feedback", headers=admin)
        server.request(f"ODD{number}", API, headers=admin)
    name = "erc8004_request_duration_seconds_count"
    assert moved(name, endpoint="unmatched", method="GET", status="404") == 10
    assert moved(name, endpoint="unmatched", method="OTHER", status="405") == 5
    told = scrape(server)
    assert not [label for label in told.values_of("method") if label.startswith("ODD")]


def test_labels_come_from_short_lists(server, ask, agent, app):
    for path in ("", f"{agent['agent_uuid']}", f"{agent['agent_uuid']}/stats", "x"):
        ask("GET", API + path)
    told = scrape(server)
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert told.values_of("endpoint") <= rules | {"unmatched"}
    assert agent["agent_uuid"] not in told.text
    assert len(told.samples) < 3000
