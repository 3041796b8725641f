"""The pages of a reviewer and of an owner: what one address says, pays and has, over all agents."""

from __future__ import annotations

import pytest

from tests.support import factories

OWNER = factories.address()


@pytest.fixture
def reviewer(make_agent, give_feedback, link_payment, refresh):
    """A reviewer of four agents of two owners, one of which it paid; its address, and they."""
    address = factories.address()
    owners = [OWNER, OWNER, OWNER, factories.address()]
    agents = [make_agent(owner_address=owner)["agent_uuid"] for owner in owners]
    for place, agent in enumerate(agents):
        score = 60 if place == 0 else 100
        give_feedback(agent_uuid=agent, client_address=address, score=score)
    give_feedback(
        agent_uuid=agents[0], client_address=address, value="5", tag1="blocktimeFreshness"
    )
    link_payment(
        agent_uuid=agents[0], payer_address=address, payee_address=OWNER, amount_usdc="3.5"
    )
    refresh()
    return address, agents


def test_reviewer_is_shown_with_whom_it_rated_and_paid(get, reviewer):
    address, _ = reviewer
    found = get(f"/reviewers/{address.upper().replace('0X', '0x')}")
    assert (found["address"], found["agents"], found["owners"]) == (address, 4, 2)
    assert (found["paid_agents"], found["paid_usdc"], found["ratings"]) == (1, "3.500000", 4)
    assert (found["net_usdc"], found["returned_usdc"]) == ("3.500000", "0.000000")
    assert (found["mean_voice"], found["deviation"]) == (90, 17.32)
    assert (found["most_common_voice"], found["most_common_share"]) == (100, 75)
    assert found["voice_counts"] == [0, 0, 0, 0, 0, 0, 1, 0, 0, 3]
    flags = [found[name] for name in ("is_established", "is_trusted", "is_truncated")]
    assert flags == [False, False, False]


def test_agents_of_a_reviewer_come_page_by_page(get, reviewer):
    address, agents = reviewer
    path, listed = f"/reviewers/{address}/agents?limit=3", []
    page = get(path)
    while True:
        listed += page["agents"]
        if page["next_cursor"] is None:
            break
        page = get(f"{path}&cursor={page['next_cursor']}")
    assert [each["agent_uuid"] for each in listed] == agents[::-1]
    assert [each["voice"] for each in listed] == [100, 100, 100, 60]
    assert listed[-1]["net_usdc"] == "3.500000"


def test_agents_that_rate_each_other_are_listed_apart(
    get, make_agent, give_feedback, refresh, reviewer
):
    address, agents = reviewer
    theirs = make_agent(owner_address=address)["agent_uuid"]
    give_feedback(agent_uuid=theirs, client_address=OWNER, score=100)
    refresh()
    mutual = get(f"/reviewers/{address}/agents?reciprocal=true")["agents"]
    assert [each["agent_uuid"] for each in mutual] == agents[2::-1]
    others = get(f"/reviewers/{address}/agents?reciprocal=no")["agents"]
    assert [each["agent_uuid"] for each in others] == agents[3:]
    assert get(f"/reviewers/{address}")["reciprocal_agents"] == 3


def test_tags_of_a_reviewer_come_page_by_page(get, reviewer):
    address, _ = reviewer
    first = get(f"/reviewers/{address}/tags?limit=1")
    assert first["tags"] == [{"tag": "", "feedback": 4}]
    second = get(f"/reviewers/{address}/tags?limit=1&cursor={first['next_cursor']}")
    assert second["tags"] == [{"tag": "blocktimeFreshness", "feedback": 1}]
    assert second["next_cursor"] is None


def test_owner_is_shown_with_agents_of_every_chain_and_reviewers_counted_once(
    get, make_agent, give_feedback, refresh, reviewer
):
    _, agents = reviewer
    other = make_agent(owner_address=OWNER, chain="ethereum")["agent_uuid"]
    give_feedback(agent_uuid=other)
    refresh()
    found = get(f"/owners/{OWNER}?limit=3")
    assert (found["agents_total"], found["reviewers"]) == (4, 2)
    assert [(each["chain"], each["agents"]) for each in found["chains"]] == [
        ("base", 3),
        ("ethereum", 1),
    ]
    rest = get(f"/owners/{OWNER}?limit=3&cursor={found['next_cursor']}")
    listed = [each["agent_uuid"] for each in (*found["agents"], *rest["agents"])]
    assert listed == [other, *agents[2::-1]]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/reviewers/{}", "REVIEWER_NOT_FOUND"),
        ("/reviewers/{}/agents", "REVIEWER_NOT_FOUND"),
        ("/reviewers/{}/tags", "REVIEWER_NOT_FOUND"),
        ("/owners/{}", "OWNER_NOT_FOUND"),
        ("/reviewers/{}0", "NOT_FOUND"),
        ("/owners/me", "NOT_FOUND"),
    ],
)
def test_stranger_is_not_found(client, admin, path, code):
    answer = client.get(f"/api/v1{path.format(factories.address())}", headers=admin)
    assert (answer.status_code, answer.json["code"]) == (404, code)


def test_cursor_of_another_address_is_refused(client, admin, get, reviewer):
    address, _ = reviewer
    cursor = get(f"/reviewers/{address}/agents?limit=1")["next_cursor"]
    other = f"/api/v1/reviewers/{OWNER}/agents?limit=1&cursor={cursor}"
    assert client.get(other, headers=admin).json["code"] == "INVALID_CURSOR"
