"""The trust report of an agent: each figure has a sentence, and all figures agree."""

from __future__ import annotations

import pytest

from kamiyo_api.trust.report import SENTENCES, UNKNOWN
from tests.support import factories

FIGURES_OF_STATS = (
    "trust_level",
    "score",
    "score_low",
    "score_high",
    "average_score",
    "effective_reviewers",
    "paying_reviewers",
    "caveats",
    "unscored_feedback",
    "success_rate",
)


@pytest.fixture
def trust(get):
    """Return the trust report of an agent."""
    return lambda uuid: get(f"/agents/{uuid}/trust")


@pytest.fixture
def rated(make_agent, give_feedback, link_payment):
    """Return an agent with ratings by six customers who paid a dollar and by three others, and
    with measurements."""
    agent = make_agent()["agent_uuid"]
    for score in (95, 90, 85, 90, 95, 85):
        client = factories.address()
        link_payment(agent_uuid=agent, amount_usdc="1", payer_address=client)
        give_feedback(agent_uuid=agent, client_address=client, score=score, tag1="starred")
    for _ in range(3):
        give_feedback(agent_uuid=agent, score=5)
    give_feedback(agent_uuid=agent, value=50, tag1="uptime")
    give_feedback(agent_uuid=agent, value=1, tag1="miner-vouch")
    return agent


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_report_agrees_with_statistics_search_and_agent(rated, trust, get, refresh, is_refreshed):
    if is_refreshed:
        refresh()
    report, stats = trust(rated), get(f"/agents/{rated}/stats")
    for name in FIGURES_OF_STATS:
        assert report[name] == stats[name], name
    if is_refreshed:
        (found,) = get("/agents/")["agents"]
        agent = get(f"/agents/{rated}")
        for name in FIGURES_OF_STATS[:-2]:
            assert report[name] == found[name] == agent[name], name


def test_report_has_the_figures_of_the_score(rated, trust):
    report = trust(rated)
    assert (report["score_middle"], report["score_low"], report["score_high"]) == (80, 67.5, 92.5)
    assert (report["trust_level"], report["settled_payments"]) == ("good", 6)
    assert report["score"] == pytest.approx(78.93, abs=0.01)
    assert report["average_score"] == 60.5
    assert report["difference"] == pytest.approx(report["score"] - 60.5)
    counts = ("reviewers", "new_reviewers", "established_reviewers", "paying_reviewers", "ratings")
    assert [report[name] for name in counts] == [9, 9, 0, 6, 9]
    assert (report["net_usdc"], report["returned_usdc"]) == ("6.000000", "0.000000")
    assert report["caveats"] == ["UNSCORED_RECORDS"]
    assert [each["stake_usdc"] for each in report["by_stake"]][::5] == ["0.010000", "1000.000000"]
    assert [each["score_middle"] for each in report["by_stake"]][1:4] == [80, 80, 59.23]


def test_each_tag_has_its_own_scores(rated, trust):
    by_tag = {each["tag"]: each for each in trust(rated)["by_tag"]}
    assert by_tag.keys() == {"starred", None, "uptime"}
    assert by_tag["starred"] | {"score": 0, "difference": 0} == {
        "tag": "starred",
        "kind": "rating",
        "records": 6,
        "reviewers": 6,
        "average_score": 90.0,
        "score": 0,
        "score_low": 67.5,
        "score_high": 92.5,
        "difference": 0,
    }
    assert (by_tag["uptime"]["kind"], by_tag["uptime"]["average_score"]) == ("measurement", 50)
    assert (by_tag[None]["average_score"], by_tag[None]["score_low"]) == (5, 0)


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_histogram_counts_each_voice_once(rated, trust, refresh, is_refreshed):
    if is_refreshed:
        refresh()
    histogram = trust(rated)["histogram"]
    assert [each["low"] for each in histogram] == list(range(0, 100, 10))
    assert [each["reviewers"] for each in histogram] == [3, 0, 0, 0, 0, 0, 0, 0, 2, 4]
    assert [each["paying_reviewers"] for each in histogram] == [0] * 8 + [2, 4]


def test_each_figure_has_a_sentence_with_it(rated, trust):
    report = trust(rated)
    assert report["sentences"].keys() == SENTENCES.keys()
    for name, text in report["sentences"].items():
        assert text == UNKNOWN.get(name) or str(report[name]) in text
    shown = [name for name in report if not isinstance(report[name], list | dict)]
    others = {"agent_uuid", "chain", "chain_id", "caip2", "rule_version", "as_of"}
    assert set(shown) - others == SENTENCES.keys()


def test_agent_without_ratings_has_no_score(make_agent, trust, client, admin):
    report = trust(make_agent()["agent_uuid"])
    assert (report["score"], report["trust_level"], report["reviewers"]) == (None, "new", 0)
    assert report["caveats"] == ["NO_REVIEWS", "NO_PAYMENTS"]
    assert report["sentences"]["score"] == UNKNOWN["score"]
    assert {name for name in SENTENCES if report[name] is None} == UNKNOWN.keys()
    codes = [each["code"] for each in report["not_computed"]]
    assert codes == ["OWNER_CHANGED", "PAYMENTS_RETURNED", "SHARED_FUNDER"]
    unknown = "/api/v1/agents/01890000-0000-7000-8000-000000000000/trust"
    assert client.get(unknown, headers=admin).status_code == 404


def test_testnet_is_fair_at_most_and_says_why(make_agent, give_feedback, link_payment, trust):
    agent = make_agent(chain="base-sepolia")["agent_uuid"]
    for _ in range(10):
        payer = factories.address()
        link_payment(agent_uuid=agent, chain="base-sepolia", amount_usdc="1", payer_address=payer)
        give_feedback(agent_uuid=agent, client_address=payer, score=100)
    report = trust(agent)
    assert report["score_middle"] == pytest.approx(91.67)
    assert (report["trust_level"], report["caveats"]) == ("fair", ["TESTNET"])


def test_testnet_payments_do_not_count_on_a_mainnet(make_agent, give_feedback, link_payment, trust):
    agent = make_agent()["agent_uuid"]
    for _ in range(10):
        payer = factories.address()
        link_payment(agent_uuid=agent, chain="base-sepolia", amount_usdc="1", payer_address=payer)
        give_feedback(agent_uuid=agent, client_address=payer, score=100)
    report = trust(agent)
    assert (report["paying_reviewers"], report["trust_level"]) == (0, "fair")


def test_command_explains_the_score_step_by_step(app, rated, refresh, trust):
    refresh()
    done = app.test_cli_runner().invoke(args=["explain-trust", rated])
    assert done.exit_code == 0, done.output
    report, lines = trust(rated), done.output.splitlines()
    assert sum(line.startswith("0x") for line in lines) == 9
    assert "95.00  1  1.000000  1.000000  new" in lines[1].partition("  ")[2]
    assert f"score  = (100 + S + U x 5) / (2 + B + U) = {report['score']}" in lines
    assert "middle = (100 + S) / (2 + B) = 80" in lines
    assert set(report["sentences"].values()) <= set(lines)
    assert "caveat UNSCORED_RECORDS" in lines


def test_command_reports_a_missing_agent(app):
    done = app.test_cli_runner().invoke(
        args=["explain-trust", "01890000-0000-7000-8000-000000000000"]
    )
    assert (done.exit_code, done.output) == (
        1,
        "Error: there is no agent 01890000-0000-7000-8000-000000000000\n",
    )


def test_command_explains_an_agent_without_a_score(app, make_agent):
    done = app.test_cli_runner().invoke(args=["explain-trust", make_agent()["agent_uuid"]])
    assert done.exit_code == 0, done.output
    assert "Nobody has rated the agent, so it has no score." in done.output
