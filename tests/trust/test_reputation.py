"""The reputation of one agent: over all feedback as of the refresh, or filtered, as of now."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.clients import outcome

FIGURES = (
    "total_feedback",
    "average_score",
    "positive_feedback",
    "negative_feedback",
    "revoked_feedback",
    "unscored_feedback",
    "unique_clients",
)


@pytest.fixture
def reputation(get):
    """Return the figures of an agent's reputation for a query string."""

    def read(agent, query=""):
        found = get(f"/agents/{agent['agent_uuid']}/reputation?{query}")
        return tuple(found[figure] for figure in FIGURES)

    return read


@pytest.fixture
def rated(client, admin, make_agent, give_feedback):
    """Return an agent with feedback of every kind, by Anna and Bert."""
    agent = make_agent()
    anna, bert = factories.address(), factories.address()

    def give(client_address, **feedback):
        return give_feedback(
            agent_uuid=agent["agent_uuid"], client_address=client_address, **feedback
        )

    give(anna, score=80, tag1="starred", tag2="day")
    give(anna, score=79, tag1="starred")
    give(bert, score=50)
    give(bert, score=49.99, tag1="quality")
    give(bert, value=120, tag1="responseTime")
    gone = give(anna, score=0, tag1="starred")
    client.post(f"/api/v1/agents/feedback/{gone['feedback_id']}/revoke", headers=admin)
    return {**agent, "anna": anna, "bert": bert}


def test_revoked_and_unscored_feedback_changes_no_score(rated, reputation, refresh):
    refresh()
    assert reputation(rated) == (5, 64.75, 1, 1, 1, 1, 2)


def test_reputation_without_narrowing_is_the_same_before_and_after_a_refresh(
    rated, reputation, refresh
):
    before = reputation(rated)
    refresh()
    assert reputation(rated) == before != (0, None, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("query", "figures"),
    [
        ("client_address={anna}", (2, 79.5, 1, 0, 1, 0, 1)),
        ("client_address={bert}", (3, 50.0, 0, 1, 0, 1, 1)),
        ("client_address={anna}&client_address={bert}", (5, 64.75, 1, 1, 1, 1, 2)),
        ("tag1=starred", (2, 79.5, 1, 0, 1, 0, 1)),
        ("tag1=starred&tag2=day", (1, 80.0, 1, 0, 0, 0, 1)),
        ("tag1=responseTime", (1, None, 0, 0, 0, 1, 1)),
        ("client_address={bert}&tag1=starred", (0, None, 0, 0, 0, 0, 0)),
        ("client_address={owner_address}", (0, None, 0, 0, 0, 0, 0)),
    ],
)
def test_narrowed_reputation_counts_what_matches_as_of_now(rated, reputation, query, figures):
    assert reputation(rated, query.format(**rated)) == figures


def test_narrowing_to_every_client_agrees_with_the_refresh(rated, reputation, refresh):
    everybody = f"client_address={rated['anna']}&client_address={rated['bert']}"
    refresh()
    assert reputation(rated, everybody) == reputation(rated)


def test_empty_tags_filter_nothing(rated, reputation, refresh):
    refresh()
    assert reputation(rated, "tag1=&tag2=") == reputation(rated)


def test_narrowed_reputation_of_an_unknown_agent_is_not_found(client, admin):
    path = "/api/v1/agents/019fffff-ffff-7fff-bfff-ffffffffffff/reputation?tag1=starred"
    assert outcome(client.get(path, headers=admin)) == (404, "AGENT_NOT_FOUND")


@pytest.mark.parametrize("count", [100, 101])
def test_at_most_a_hundred_clients_are_accepted(client, admin, make_agent, count):
    query = "&".join(f"client_address={factories.address()}" for _ in range(count))
    path = f"/api/v1/agents/{make_agent()['agent_uuid']}/reputation?{query}"
    assert client.get(path, headers=admin).status_code == (200 if count == 100 else 422)
