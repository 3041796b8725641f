"""The trust history: one row for each day with a change, and no other rows."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support import factories

# Move far back, then forward: a row that moves by one day could collide with another row.
YESTERDAY = """
update erc8004_trust_history set day = day - 1000, recorded_at = recorded_at - '1 day'::interval;
update erc8004_trust_history set day = day + 999
"""
SHOWN = ("trust_level", "score", "score_low", "score_high", "effective_reviewers", "caveats")


@pytest.fixture
def history(get):
    """Return the trust history of an agent."""
    return lambda uuid: get(f"/agents/{uuid}/trust/history")["history"]


@pytest.fixture
def pay_and_rate(give_feedback, link_payment):
    """Let a customer who paid a dollar rate an agent."""

    def rate(agent, score):
        client = factories.address()
        link_payment(agent_uuid=agent, amount_usdc="1", payer_address=client)
        return give_feedback(agent_uuid=agent, client_address=client, score=score)

    return rate


def test_day_has_the_figures_at_its_end(make_agent, pay_and_rate, refresh, history, get):
    agent = make_agent()["agent_uuid"]
    refresh()
    assert history(agent) == []
    for score in (100, 0):
        pay_and_rate(agent, score)
        refresh()
    (today,) = history(agent)
    stats = get(f"/agents/{agent}/stats")
    assert {name: today[name] for name in SHOWN} == {name: stats[name] for name in SHOWN}
    assert (today["total_feedback"], today["paying_reviewers"], today["rule_version"]) == (2, 2, 1)
    assert today["day"] == dt.datetime.now(dt.UTC).date().isoformat()
    assert today["recorded_at"] < stats["as_of"]


def test_change_of_less_than_a_point_is_not_recorded(
    make_agent, give_feedback, pay_and_rate, refresh, history, sql
):
    agent = make_agent()["agent_uuid"]
    for _ in range(4):
        pay_and_rate(agent, 80)
    refresh()
    sql(YESTERDAY)
    for score in (60, 80):
        give_feedback(agent_uuid=agent, score=score)
        refresh()
        assert len(history(agent)) == 1
    pay_and_rate(agent, 80)
    refresh()
    levels = [(day["trust_level"], day["score_low"]) for day in history(agent)]
    assert levels == [("good", 57.14), ("fair", 53.33)]
    refresh(from_history=True)
    assert len(history(agent)) == 2


def test_history_has_pages(make_agent, pay_and_rate, refresh, get, sql, client, admin):
    agent = make_agent()["agent_uuid"]
    for score in (100, 0, 100):
        pay_and_rate(agent, score)
        refresh()
        sql(YESTERDAY)
    path = f"/agents/{agent}/trust/history?limit=2"
    first = get(path)
    second = get(f"{path}&cursor={first['next_cursor']}")
    days = [day["day"] for page in (first, second) for day in page["history"]]
    assert (len(days), days, second["next_cursor"]) == (3, sorted(days, reverse=True), None)
    unknown = "/api/v1/agents/01890000-0000-7000-8000-000000000000/trust/history"
    assert client.get(unknown, headers=admin).status_code == 404
    forged = f"/api/v1{path}&cursor=forged"
    assert client.get(forged, headers=admin).json["code"] == "INVALID_CURSOR"
