"""Giving, listing, revoking and answering feedback."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.clients import outcome

FEEDBACK = "/api/v1/agents/feedback"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def give(client, admin):
    """Post a feedback as it is given."""
    return lambda **body: client.post(FEEDBACK, json=factories.feedback(**body), headers=admin)


@pytest.fixture
def revoke(client, admin):
    """Revoke a feedback."""
    return lambda feedback, headers=admin, **options: client.post(
        f"{FEEDBACK}/{feedback['feedback_id']}/revoke", headers=headers, **options
    )


def test_feedback_is_listed_as_it_was_given(give_feedback, listed, make_agent):
    agent = make_agent(chain="ethereum")
    given = give_feedback(
        agent_uuid=agent["agent_uuid"],
        client_address="0xABCDEF0000000000000000000000000000000001",
        score=87.5,
        tag1="starred",
        tag2="day",
        endpoint="https://weather.example/mcp",
        file_uri="ipfs://feedback",
        file_hash="0x" + "AB" * 32,
        tx_hash=factories.hash32(),
    )
    assert listed(agent) == [given]
    assert given["client_address"] == "0xabcdef0000000000000000000000000000000001"
    assert given["file_hash"] == "0x" + "ab" * 32
    assert given["chain"] == "ethereum"
    assert (given["score"], given["value"], given["value_decimals"]) == (87.5, "8750", 2)
    assert (given["is_revoked"], given["responses"]) == (False, [])


@pytest.mark.parametrize(
    ("value", "decimals", "tag1", "score"),
    [
        (90, 0, None, 90),
        (9977, 2, "uptime", 99.77),
        (100, 0, "starred", 100),
        (0, 0, "successRate", 0),
        (1, 0, "reachable", 100),
        (0, 0, "ownerVerified", 0),
        (5, 1, "reachable", 50),
        (2, 0, "reachable", None),
        (101, 0, "starred", None),
        (-1, 0, None, None),
        (10001, 2, "uptime", None),
        (120, 0, "responseTime", None),
        (1, 0, "miner-vouch", None),
        (90, 0, "Starred", None),
        (10**38, 0, "starred", None),
        (10**38, 18, "starred", None),
        (-(10**38), 0, None, None),
        ("333333333333333333", 17, "starred", 3.33),
    ],
)
def test_value_reads_as_its_place_on_the_scale_of_its_tag(
    give_feedback, make_agent, value, decimals, tag1, score
):
    given = give_feedback(
        agent_uuid=make_agent()["agent_uuid"], value=str(value), value_decimals=decimals, tag1=tag1
    )
    assert given["score"] == score
    assert (given["value"], given["value_decimals"]) == (str(value), decimals)


def test_score_is_a_rating_whatever_its_tag(give_feedback, make_agent):
    agent = make_agent()["agent_uuid"]
    assert give_feedback(agent_uuid=agent, score=70, tag1="responseTime")["score"] == 70


@pytest.mark.parametrize("score", [0, 100, "100.00", 0.01, "99.99"])
def test_scores_go_from_0_to_100_with_two_decimals(give_feedback, make_agent, score):
    agent = make_agent()["agent_uuid"]
    assert give_feedback(agent_uuid=agent, score=score)["score"] == float(score)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"score": -1}, "score"),
        ({"score": 100.01}, "score"),
        ({"score": 50.001}, "score"),
        ({"score": "ninety"}, "score"),
        ({"score": True}, "score"),
        ({"score": None}, "score"),
        ({"score": 90, "value": 90}, "score"),
        ({"score": 90, "value_decimals": 2}, "value_decimals"),
        ({"value": str(10**38 + 1)}, "value"),
        ({"value": str(-(10**38) - 1)}, "value"),
        ({"value": "1e38"}, "value"),
        ({"value": 1.5}, "value"),
        ({"value": 1, "value_decimals": 19}, "value_decimals"),
        ({"value": 1, "value_decimals": -1}, "value_decimals"),
        ({"value": 1, "value_decimals": "2"}, "value_decimals"),
        ({"tag1": "x" * 257}, "tag1"),
        ({"client_address": "0x1"}, "client_address"),
        ({"file_hash": "0x1"}, "file_hash"),
        ({"agent_uuid": "not a uuid"}, "agent_uuid"),
        ({"rating": 5}, "rating"),
    ],
)
def test_bad_feedback_is_refused_by_field(give, listed, make_agent, body, field):
    agent = make_agent()
    answer = give(**{"agent_uuid": agent["agent_uuid"], **body})
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json["errors"]) == [field]
    assert listed(agent) == []


def test_feedback_by_the_owner_is_refused(client, key_for, make_agent):
    agent = make_agent()
    body = {"agent_uuid": agent["agent_uuid"], "client_address": agent["owner_address"]}
    answer = client.post(
        FEEDBACK, json={**body, "score": 100}, headers=key_for(agent["owner_address"])
    )
    assert outcome(answer) == (403, "SELF_FEEDBACK")


def test_feedback_by_the_owner_is_refused_even_to_admin_and_in_any_case(give, make_agent):
    agent = make_agent(owner_address="0xabcdef0000000000000000000000000000000001")
    answer = give(
        agent_uuid=agent["agent_uuid"],
        client_address="0xABCDEF0000000000000000000000000000000001",
    )
    assert outcome(answer) == (403, "SELF_FEEDBACK")


def test_nobody_gives_feedback_in_the_name_of_another(client, key_for, listed, make_agent):
    agent = make_agent()
    answer = client.post(
        FEEDBACK,
        json=factories.feedback(agent_uuid=agent["agent_uuid"]),
        headers=key_for(factories.address()),
    )
    assert outcome(answer) == (403, "NOT_FEEDBACK_CLIENT")
    assert listed(agent) == []


@pytest.mark.parametrize("status", ["suspended", "revoked"])
def test_agent_that_is_not_active_takes_no_feedback(client, admin, give, make_agent, status):
    agent = make_agent()
    path = f"/api/v1/agents/{agent['agent_uuid']}"
    client.patch(path, json={"status": status}, headers=admin)
    assert outcome(give(agent_uuid=agent["agent_uuid"])) == (409, "AGENT_NOT_ACTIVE")


def test_feedback_to_an_unknown_agent_is_not_found(give, client, admin):
    assert outcome(give(agent_uuid=FAR_UUID)) == (404, "AGENT_NOT_FOUND")
    answer = client.get(f"/api/v1/agents/{FAR_UUID}/feedback", headers=admin)
    assert outcome(answer) == (404, "AGENT_NOT_FOUND")


def test_feedback_on_an_unknown_chain_is_refused(give, make_agent):
    answer = give(agent_uuid=make_agent()["agent_uuid"], chain="atlantis")
    assert outcome(answer) == (400, "CHAIN_NOT_SUPPORTED")


@pytest.fixture
def three(make_agent, give_feedback):
    """An agent with three feedbacks by two clients under several tags."""
    agent = make_agent()
    anna, bert = factories.address(), factories.address()
    for client_address, tag1, tag2 in (
        (anna, "starred", "day"),
        (anna, "uptime", "week"),
        (bert, "starred", "week"),
    ):
        give_feedback(
            agent_uuid=agent["agent_uuid"], client_address=client_address, tag1=tag1, tag2=tag2
        )
    return agent, anna


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3),
        ("tag1=starred", 2),
        ("tag2=week", 2),
        ("tag1=starred&tag2=week", 1),
        ("tag1=star", 0),
        ("tag1=&tag2=", 3),
    ],
)
def test_tags_filter_exactly(listed, three, query, count):
    agent, _ = three
    assert len(listed(agent, query)) == count


def test_clients_filter_in_any_case(listed, three):
    agent, anna = three
    found = listed(agent, f"client_address=0x{anna[2:].upper()}")
    assert [each["tag1"] for each in found] == ["uptime", "starred"]
    assert {each["client_address"] for each in found} == {anna}


def test_revoked_feedback_is_listed_only_where_asked_for(give_feedback, listed, make_agent, revoke):
    agent = make_agent()
    kept = give_feedback(agent_uuid=agent["agent_uuid"])
    gone = give_feedback(agent_uuid=agent["agent_uuid"])
    revoked = revoke(gone, json={"reason": "was a mistake"})
    assert revoked.status_code == 200
    assert listed(agent) == [kept]
    assert listed(agent, "include_revoked=false") == [kept]
    first, second = listed(agent, "include_revoked=true")
    assert (second, first["feedback_id"], first["is_revoked"]) == (kept, gone["feedback_id"], True)
    assert first["revocation_reason"] == "was a mistake"
    assert first["revoked_at"] == revoked.json["revoked_at"]


def test_client_revokes_with_a_key_of_their_wallet(give_feedback, key_for, make_agent, revoke):
    given = give_feedback(agent_uuid=make_agent()["agent_uuid"])
    answer = revoke(given, key_for(given["client_address"]))
    assert (answer.status_code, answer.json["is_revoked"]) == (200, True)
    assert answer.json["revocation_reason"] is None


def test_feedback_can_be_revoked_once(give_feedback, make_agent, revoke):
    given = give_feedback(agent_uuid=make_agent()["agent_uuid"])
    assert revoke(given, json={}).status_code == 200
    assert outcome(revoke(given)) == (409, "ALREADY_REVOKED")


def test_nobody_revokes_the_feedback_of_another(give_feedback, key_for, listed, make_agent, revoke):
    agent = make_agent()
    given = give_feedback(agent_uuid=agent["agent_uuid"])
    assert outcome(revoke(given, key_for(agent["owner_address"]))) == (403, "NOT_FEEDBACK_CLIENT")
    assert listed(agent) == [given]


def test_revocation_of_unknown_feedback_is_not_found(app, revoke):
    assert outcome(revoke({"feedback_id": FAR_UUID})) == (404, "FEEDBACK_NOT_FOUND")
