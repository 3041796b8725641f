"""The attack bench, over a handful of agents: unpaid attacks move the mean, and no level."""

from __future__ import annotations

import pytest

from bench import trust
from bench.trust_figures import correlation
from bench.trust_population import population

AGENTS = 60


@pytest.fixture
def found(app, servers, monkeypatch):
    """What the bench finds."""
    monkeypatch.setattr(trust, "MOST_ROWS", 1_500)
    return trust.measure(servers.database_url, AGENTS)


@pytest.mark.slow
def test_no_unpaid_attack_moves_a_level_and_all_move_the_mean(found, sql):
    by_name = {row["attack"]: row for row in found["attacks"]}
    assert found["rated"] == round(AGENTS * 0.48)
    unpaid = ("one record of 0 or 100", "100 fresh reviewers", "100 sleepers of 60 days")
    for name in (*unpaid, "one record off the scale", "one reviewer 1,000 times"):
        assert (by_name[name]["score_moved"], by_name[name]["level"]) == (0, 0), name
    for name in (*unpaid, "one paid dollar"):
        assert by_name[name]["mean_level"] > 20, name
    assert sql(
        "select count(*) from erc8004_reputation where client_address like %s",
        f"%{b'attacker'.hex()}%",
    ) == [{"count": 0}]
    assert set(found["rank_correlation"]) >= {"mean_calm", "score_attacked_of_paid"}
    reads = ("trust", "stats", "decision", "decision_with_100_trusted")
    assert tuple(found["hot_to_cold"]) == reads
    assert min(figures["hot_ms"] for figures in found["hot_to_cold"].values()) > 0
    assert sql("select count(*) from erc8004_agents where agent_id >= 1e9") == [{"count": 0}]


def test_population_is_the_same_each_time_and_has_the_shape_of_the_field():
    made, again = population(2_000), population(2_000)
    assert made == again
    assert len(made.quality) == 960
    clients = {}
    for number, client, *_ in made.feedback:
        clients.setdefault(number, set()).add(client)
    counts = sorted(len(each) for each in clients.values())
    assert counts[len(counts) // 2] <= 2
    assert counts[-1] > 20 * counts[len(counts) // 2]


def test_rank_correlation_shares_ranks():
    assert correlation([1, 2, 3], [10, 20, 30]) == 1
    assert correlation([1, 2, 3], [3, 2, 1]) == -1
    assert correlation([1, 1, 2], [1, 2, 2]) == 0.5
    assert correlation([1, 1], [1, 2]) == 0
