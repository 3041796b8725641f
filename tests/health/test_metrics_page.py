"""Who may scrape, and what a scrape costs."""

from __future__ import annotations

import pytest
import requests

from bench.serving import serving
from tests.support.prometheus import scrape

TOKEN = "a-token-of-the-operator"
ELSEWHERE = "203.0.113.9"
# A month of refreshes, as many as are kept.
REFRESHES = """
insert into erc8004_stats_refreshes overriding system value
select (jsonb_populate_record(
  null::erc8004_stats_refreshes,
  r || jsonb_build_object('id', -n, 'began_at', at, 'ended_at', at)
)).*
from generate_series(1, 8640) as n,
  lateral (select now() - n * interval '5 minutes' as at) as moment,
  (select to_jsonb(f) as r from erc8004_stats_refreshes as f limit 1) as one
"""

SMALL = "erc8004_chain_cursors"
FETCHES = """
insert into erc8004_file_fetches (agent_uuid, kind, due_at)
select gen_random_uuid(), 'registration', now() + interval '1 day'
from generate_series(1, 20000)
"""


@pytest.fixture(scope="module")
def behind_proxy(session_app):
    """A service that believes one proxy, and knows a token."""
    with serving(METRICS_TOKEN=TOKEN, TRUSTED_PROXIES="1") as server:
        yield server


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def test_loopback_needs_no_key(server):
    answer = server.request("GET", "/metrics")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (200, "text/plain")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_client_behind_a_proxy_on_this_machine_is_not_loopback(server, header):
    answer = server.request("GET", "/metrics", headers={header: "for=127.0.0.1"})
    assert (answer.status_code, answer.json()["code"]) == (401, "INVALID_API_KEY")


def test_others_are_refused_where_there_is_no_token(client):
    for headers in ({}, bearer("anything"), bearer("")):
        answer = client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": ELSEWHERE})
        assert answer.status_code == 401


def test_key_of_the_api_is_no_token(client, admin):
    answer = client.get("/metrics", headers=admin, environ_base={"REMOTE_ADDR": ELSEWHERE})
    assert answer.status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize("forwarded", [ELSEWHERE, f"127.0.0.1, {ELSEWHERE}", "127.0.0.1"])
def test_others_need_the_token_behind_a_trusted_proxy(behind_proxy, forwarded):
    through = {"X-Forwarded-For": forwarded}
    for headers, status in (({}, 401), (bearer("wrong"), 401), (bearer(TOKEN), 200)):
        answer = behind_proxy.request("GET", "/metrics", headers=through | headers)
        assert answer.status_code == status
        assert ("erc8004_" in answer.text) == (status == 200)


def test_loopback_past_the_proxy_needs_no_token(behind_proxy):
    assert behind_proxy.request("GET", "/metrics").status_code == 200


def test_scrapes_with_the_token_are_no_guesses_of_keys(behind_proxy):
    headers = {"X-Forwarded-For": "203.0.113.77", **bearer(TOKEN)}
    answers = [behind_proxy.request("GET", "/metrics", headers=headers) for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200}


def test_scrape_scans_no_table(server, sql, refresh):
    sql(REFRESHES)
    sql(FETCHES)
    refresh()
    sql("analyze erc8004_stats_refreshes")
    sql("analyze erc8004_file_fetches")
    try:
        before = scanned(sql)
        for _ in range(5):
            assert scrape(server).total("erc8004_database_up") == 1
        assert scanned(sql) == before
    finally:
        sql("delete from erc8004_stats_refreshes where id < 0")
        sql("delete from erc8004_file_fetches")


def scanned(sql):
    """How often each table was read whole, by this session and those that have ended; not the one
    that has a row per chain."""
    backends = "from pg_stat_activity where application_name = 'kamiyo-api'"
    sql(f"select pg_terminate_backend(pid, 5000) {backends}")
    # What this session has read counts before the first reading, not between the two.
    sql("select pg_stat_force_next_flush()")
    rows = sql("select relname, seq_scan from pg_stat_user_tables order by relname")
    assert len(rows) > 10
    return {row["relname"]: row["seq_scan"] for row in rows if row["relname"] != SMALL}


@pytest.mark.slow
def test_scrape_goes_on_without_any_server():
    settings = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "REDIS_URL": ""}
    with serving(**settings) as server:
        requests.get(server.url + "/nowhere", timeout=10)
        told = scrape(server)
    assert told.total("erc8004_database_up") == 0
    assert told.total("erc8004_request_errors_total", code="NOT_FOUND") == 1
