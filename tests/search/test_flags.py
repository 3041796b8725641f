"""Flags and names in a search are read as people and programs write them."""

from __future__ import annotations

import pytest

FLAGS = {
    "true": ["true", "True", "TRUE", "1", "yes", "Y", "on", "t"],
    "false": ["false", "False", "0", "no", "N", "off", "f"],
}


@pytest.mark.parametrize("meaning", FLAGS)
def test_flags_are_read_as_people_write_them(client, admin, make_agent, meaning):
    make_agent()
    for name in ("x402", "claimed"):
        pages = [
            client.get(f"/api/v1/agents/?{name}={written}", headers=admin).data
            for written in FLAGS[meaning]
        ]
        assert len(set(pages)) == 1


@pytest.mark.parametrize("name", ["x402", "claimed"])
def test_flag_that_is_none_is_refused_with_what_is_accepted(client, admin, name):
    answer = client.get(f"/api/v1/agents/?{name}=perhaps", headers=admin)
    assert answer.status_code == 422
    (message,) = answer.json["errors"][name]
    assert "yes" in message
    assert "off" in message


def test_average_score_is_the_mean_and_reputation_score_what_money_stands_behind(
    get, make_agent, give_feedback, link_payment, refresh
):
    praised, paid = (make_agent()["agent_uuid"] for _ in range(2))
    give_feedback(agent_uuid=praised, score=100)
    for number in range(3):
        client = f"0x{number + 1:040x}"
        link_payment(agent_uuid=paid, payer_address=client, amount_usdc="1")
        give_feedback(agent_uuid=paid, score=90, client_address=client)
    refresh()
    for query, found in (
        ("sort=-average_score", [praised, paid]),
        ("sort=-reputation_score", [paid, praised]),
        ("min_average_score=95", [praised]),
        ("min_reputation_score=70", [paid]),
        ("min_reputation_score=70&min_average_score=95", []),
        ("min_paying_reviewers=3", [paid]),
        ("min_paying_reviewers=4", []),
        ("min_effective_reviewers=3", [paid]),
    ):
        assert [each["agent_uuid"] for each in get(f"/agents/?{query}")["agents"]] == found
