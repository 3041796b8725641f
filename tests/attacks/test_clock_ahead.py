"""A clock that was ahead for a while: what is newer is said by the database, never by a clock."""

from __future__ import annotations

import re

import pytest

from kamiyo_api.trust.refresh import refresh_stats
from tests.support.concurrency import wait_until
from tests.support.prometheus import scrape

AGENTS = "/api/v1/agents/"
KEY = "/api/v1/key"
AHEAD = (
    "update erc8004_stats_refreshes set began_at = began_at + interval '40 days', "
    "ended_at = ended_at + interval '40 days' "
    "where id = (select max(id) from erc8004_stats_refreshes)"
)


@pytest.fixture
def read(server, admin):
    """What a path below /api/v1 shows."""

    def get(path):
        answer = server.request("GET", path, headers=admin)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


@pytest.fixture
def ahead(app, sql):
    """The last refresh ran while the clock was 40 days ahead; now the clock is right."""
    refresh_stats()
    sql(AHEAD)
    yield
    sql("delete from erc8004_stats_refreshes where began_at > now()")
    refresh_stats()


@pytest.mark.parametrize("refresh", [refresh_stats, None])
def test_figures_of_a_new_refresh_show_though_an_older_one_is_of_the_future(
    ahead, read, sql, make_agent, give_feedback, refresh
):
    agent = make_agent()["agent_uuid"]
    shown = {AGENTS: lambda page: page["agents"][0], AGENTS + agent: lambda answer: answer}
    for path, agent_of in shown.items():
        assert [agent_of(read(path))["total_feedback"] for _ in range(2)] == [0, 0]
    give_feedback(agent_uuid=agent)
    refresh = refresh or (lambda: sql("select refresh_erc8004_stats()"))
    refresh()
    for path, agent_of in shown.items():
        wait_until(lambda: agent_of(read(path))["total_feedback"] == 1, seconds=5)  # noqa: B023
        assert [agent_of(read(path))["total_feedback"] for _ in range(2)] == [1, 1]
        (newest,) = sql("select now() - erc8004_stats_as_of() < interval '1 hour' as is_now")
        assert newest["is_now"]
        assert read(path)["as_of"] < "2100"
    assert read("/api/v1/stats")["feedback"] == 1
    assert read("/api/v1/stats")["age_seconds"] >= 0


def test_statistics_of_the_future_are_failing_everywhere_until_the_next_refresh(
    ahead, server, doctor
):
    told = server.request("GET", "/health").json()
    age = told["checks"]["views"]
    assert told["status"] == "degraded"
    assert re.fullmatch(
        r"failing: computed when PostgreSQL's clock was 345\d{4} s ahead of now; "
        "correct the clock, then run flask refresh-stats",
        age,
    )
    found = doctor()["view-age"]
    assert (found["status"], found["cure"]) == ("failing", "flask refresh-stats")
    assert "ahead of now" in found["figure"]
    view = "mv_erc8004_agent_reputation"
    assert scrape(server).total("erc8004_view_age_seconds", view=view) < 0
    refresh_stats()
    assert server.request("GET", "/health").json()["checks"]["views"] == "ok"
    assert doctor().status("view-age") == "ok"


def test_refresh_while_the_clock_is_ahead_forgets_no_record(app, sql):
    def count():
        return sql("select count(*)::int as count from erc8004_stats_refreshes")[0]["count"]

    refresh_stats()
    # As old as they seem to a clock that is ahead.
    sql(
        "update erc8004_stats_refreshes set began_at = began_at - interval '40 days', "
        "ended_at = ended_at - interval '40 days'"
    )
    before = count()
    refresh_stats()
    assert count() == before + 1


def test_records_of_refreshes_are_bounded_by_number(app, sql):
    sql(
        "insert into erc8004_stats_refreshes (began_at, ended_at, fold_seconds, "
        "reputation_seconds, payment_seconds, search_seconds, totals) "
        "select now(), now(), 0, 0, 0, 0, '{}' from generate_series(1, 10010)"
    )
    refresh_stats()
    (found,) = sql("select count(*)::int as count from erc8004_stats_refreshes")
    assert found["count"] <= 10_000
    sql("delete from erc8004_stats_refreshes where ended_at = began_at")


def test_budget_whose_window_began_while_the_clock_was_ahead_begins_anew(app, client, key_for):
    redis = app.extensions["kamiyo"].redis.connection
    headers = key_for(None, "read", tier="free")
    assert client.get(KEY, headers=headers).status_code == 200
    (name,) = redis.keys("kamiyo:limit:*")
    used_up_tomorrow = f"{(redis.time()[0] + 86_400) * 1000}:60"
    redis.hset(name, "requests:minute", used_up_tomorrow)
    answer = client.get(KEY, headers=headers)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (200, "59")
