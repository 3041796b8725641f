"""Statistics: the counts of a refresh, and the trust levels."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support import factories

UNKNOWN = None


@pytest.fixture
def stats(get):
    """Return the statistics of an agent."""
    return lambda agent: get(f"/agents/{agent['agent_uuid']}/stats")


@pytest.fixture
def with_record(make_agent, give_feedback, sql):
    """Return a function that makes an agent with settled payments, a success rate and ratings. The
    first customers paid a dollar each and rated it; a rating without a payment is unpaid.

    It inserts rows into the tables of the views, so each boundary is exact.
    """

    def make(settled, rate, ratings):
        agent = make_agent()
        clients = [factories.address() for _ in ratings]
        for client, score in zip(clients, ratings, strict=True):
            give_feedback(agent_uuid=agent["agent_uuid"], client_address=client, score=score)
        sql(
            """
            insert into erc8004_agent_payments
              (agent_uuid, chain, tx_hash, amount_usdc, status, verified_at, payer_address)
            select
              %s, 'base', '0x' || lpad(to_hex(n), 64, '0'), 1,
              case when n <= %s then 'verified' else 'failed' end,
              case when n <= %s then now() end,
              (%s::text[])[n]
            from generate_series(1, %s) as n
            """,
            agent["agent_uuid"],
            *[round(settled * (rate or 0) / 100)] * 2,
            clients,
            settled,
        )
        return agent

    return make


@pytest.mark.parametrize(
    ("settled", "rate", "ratings", "level"),
    [
        (0, UNKNOWN, [], "new"),
        (0, UNKNOWN, [100], "fair"),
        (0, UNKNOWN, [0], "fair"),
        (1, 100, [], "fair"),
        (1, 0, [], "fair"),
        (20, 75, [], "fair"),
        (20, 70, [], "poor"),
        (10, 100, [90] * 6, "excellent"),
        (20, 95, [90] * 6, "excellent"),
        (9, 100, [90] * 6, "good"),
        (20, 90, [90] * 6, "good"),
        (100, 94, [100] * 20, "good"),
        (10, 100, [*[90] * 5, 89.99], "good"),
        (20, 85, [90] * 2, "good"),
        (5, 100, [90] * 2, "good"),
        (4, 100, [100] * 4, "fair"),
        (100, 84, [100] * 20, "fair"),
        (10, 100, [90, 89.99], "fair"),
        (100, 75, [20] * 2, "fair"),
        (100, 74, [100] * 20, "poor"),
        (10, 100, [20, 19.99], "poor"),
        (4, 0, [], "fair"),
    ],
)
def test_trust_level_is_the_first_that_matches(
    get, refresh, stats, with_record, settled, rate, ratings, level
):
    agent = with_record(settled, rate, ratings)
    now = stats(agent)
    refresh()
    found = stats(agent)
    assert now == found | {"as_of": now["as_of"]}
    assert found["success_rate"] == rate
    assert found["successful_payments"] + found["failed_payments"] == settled
    assert found["trust_level"] == level
    assert [each["trust_level"] for each in get("/agents/")["agents"]] == [level]
    assert get(f"/agents/{agent['agent_uuid']}")["trust_level"] == level


def test_statistics_agree_with_what_was_given(
    client, admin, make_agent, give_feedback, link_payment, refresh, stats
):
    agent = make_agent()
    one = {"agent_uuid": agent["agent_uuid"]}
    anna = factories.address()
    give_feedback(**one, score=100, client_address=anna)
    give_feedback(**one, score=49, client_address=anna)
    last_given = give_feedback(**one, value=120, tag1="responseTime")
    gone = give_feedback(**one, score=0)
    client.post(f"/api/v1/agents/feedback/{gone['feedback_id']}/revoke", headers=admin)
    link_payment(**one, amount_usdc="10", endpoint="https://a.example")
    link_payment(**one, amount_usdc="2.5", endpoint="https://b.example")
    link_payment(**one, amount_usdc="99", status="failed", endpoint="https://b.example")
    link_payment(**one, amount_usdc="99", status="rejected")
    last_paid = link_payment(**one, amount_usdc="99", status="pending")
    refresh()
    found = stats(agent)
    assert {name: found[name] for name in found.keys() - agent.keys()} == {
        "positive_feedback": 1,
        "negative_feedback": 1,
        "revoked_feedback": 1,
        "unscored_feedback": 1,
        "unique_clients": 2,
        "last_feedback_at": last_given["created_at"],
        "total_amount_usdc": "12.500000",
        "successful_payments": 2,
        "failed_payments": 2,
        "avg_payment_amount": "6.250000",
        "last_payment_at": last_paid["created_at"],
        "unique_endpoints_used": 2,
    }
    assert (found["total_feedback"], found["average_score"]) == (3, 74.5)
    assert (found["total_payments"], found["success_rate"]) == (5, 50.0)
    assert found["last_activity_at"] == last_paid["created_at"]


def test_pending_payments_are_not_settled(make_agent, link_payment, refresh, stats):
    agent = make_agent()
    link_payment(agent_uuid=agent["agent_uuid"], status="pending")
    refresh()
    found = stats(agent)
    assert (found["total_payments"], found["success_rate"]) == (1, None)
    assert (found["trust_level"], found["avg_payment_amount"]) == ("new", None)


def test_agent_registered_after_the_refresh_is_found_as_new(make_agent, refresh, stats):
    refresh()
    agent = make_agent()
    found = stats(agent)
    assert (found["trust_level"], found["status"]) == ("new", "active")
    counts = [value for name, value in found.items() if name.startswith(("total_f", "total_p"))]
    assert counts == [0, 0]
    assert (found["total_amount_usdc"], found["average_score"]) == ("0.000000", None)
    assert found["last_activity_at"] == agent["registered_at"]


def test_feedback_counts_in_the_next_request_and_in_search_after_the_next_refresh(
    make_agent, give_feedback, refresh, stats, get
):
    agent = make_agent()
    given = give_feedback(agent_uuid=agent["agent_uuid"], score=70)
    now = stats(agent)
    assert (now["total_feedback"], now["average_score"], now["trust_level"]) == (1, 70, "fair")
    assert now["as_of"] > given["created_at"] == now["last_feedback_at"]
    assert get("/agents/")["agents"][0]["total_feedback"] == 0
    refresh()
    assert get("/agents/")["agents"][0]["total_feedback"] == 1


def test_feedback_revoked_after_a_refresh_is_removed_by_the_next(
    client, admin, make_agent, give_feedback, refresh, stats
):
    agent = make_agent()
    given = give_feedback(agent_uuid=agent["agent_uuid"], score=10)
    refresh()
    found = stats(agent)
    assert (found["trust_level"], found["average_score"]) == ("fair", 10.0)
    client.post(f"/api/v1/agents/feedback/{given['feedback_id']}/revoke", headers=admin)
    refresh()
    found = stats(agent)
    assert (found["trust_level"], found["average_score"]) == ("new", None)
    assert (found["total_feedback"], found["revoked_feedback"]) == (0, 1)


def test_one_absurd_value_changes_no_score(make_agent, give_feedback, refresh, stats):
    agent = make_agent()
    for _ in range(3):
        give_feedback(agent_uuid=agent["agent_uuid"], score=90)
    give_feedback(agent_uuid=agent["agent_uuid"], value=str(10**38), tag1="starred")
    refresh()
    found = stats(agent)
    assert (found["average_score"], found["unscored_feedback"]) == (90.0, 1)


BASE = {"chain": "base", "chain_id": 8453, "caip2": "eip155:8453"}
ETHEREUM = {"chain": "ethereum", "chain_id": 1, "caip2": "eip155:1"}


def test_totals_count_agents_by_chain_and_status(
    client, admin, get, make_agent, give_feedback, link_payment, refresh
):
    rated = make_agent(chain="base")
    make_agent(chain="base")
    gone = make_agent(chain="ethereum")
    client.patch(f"/api/v1/agents/{gone['agent_uuid']}", json={"status": "revoked"}, headers=admin)
    give_feedback(agent_uuid=rated["agent_uuid"])
    link_payment(agent_uuid=rated["agent_uuid"], amount_usdc="12.5")
    refresh()
    totals = get("/stats")
    assert totals["agents"] == [
        {**BASE, "status": "active", "agents": 2, "claimed": 0},
        {**ETHEREUM, "status": "revoked", "agents": 1, "claimed": 0},
    ]
    assert totals["trust_levels"] == {"new": 2, "fair": 1}
    assert (totals["feedback"], totals["payments"]) == (1, 1)
    assert totals["amount_usdc"] == "12.500000"


def test_totals_have_their_age(get, refresh):
    began = dt.datetime.now(dt.UTC)
    refresh()
    ended = dt.datetime.now(dt.UTC)
    totals = get("/stats")
    as_of, refreshed_at = (
        dt.datetime.fromisoformat(totals[name]) for name in ("as_of", "refreshed_at")
    )
    assert began <= as_of <= refreshed_at <= ended
    assert 0 <= totals["age_seconds"] <= (dt.datetime.now(dt.UTC) - as_of).total_seconds()


def test_totals_over_nothing_are_zero(get, refresh):
    refresh()
    totals = get("/stats")
    assert (totals["agents"], totals["trust_levels"]) == ([], {})
    assert (totals["feedback"], totals["payments"], totals["amount_usdc"]) == (0, 0, "0.000000")


def test_refresh_command_shows_the_time_of_each_view(app):
    done = app.test_cli_runner().invoke(args=["refresh-stats"])
    assert done.exit_code == 0
    for view in ("mv_erc8004_agent_reputation", "mv_erc8004_agent_payment_stats", "search"):
        assert f"{view} 0." in done.output
    assert len(done.output.splitlines()) == 1


def test_refreshes_are_recorded(sql, app, refresh):
    (before,) = sql("select count(*) as refreshes from erc8004_stats_refreshes")
    refresh()
    (after,) = sql("select count(*) as refreshes from erc8004_stats_refreshes")
    assert after["refreshes"] == before["refreshes"] + 1
