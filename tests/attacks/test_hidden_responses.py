"""Responses by anybody hide none of the agent's owner, and cost no reader anything."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api.db.queries import QUERIES
from tests.support import factories
from tests.support.clients import outcome

FEEDBACK = "/api/v1/agents/feedback"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"


@pytest.fixture
def agent(make_agent):
    return make_agent()


@pytest.fixture
def feedback(agent, give_feedback):
    return give_feedback(agent_uuid=agent["agent_uuid"])


@pytest.fixture
def respond(client, feedback, key_for):
    """Respond to the feedback, as a wallet."""

    def post(wallet, uri):
        path = f"{FEEDBACK}/{feedback['feedback_id']}/responses"
        body = {"responder_address": wallet, "response_uri": uri}
        answer = client.post(path, json=body, headers=key_for(wallet))
        assert answer.status_code == 201, answer.json
        return answer.json

    return post


@pytest.fixture
def shown(agent, feedback, get):
    """The URIs of the responses that the list and the feedback itself show; both agree."""

    def read():
        (listed,) = get(f"/agents/{agent['agent_uuid']}/feedback")["feedback"]
        (with_revoked,) = get(f"/agents/{agent['agent_uuid']}/feedback?include_revoked=1")[
            "feedback"
        ]
        alone = get(f"/agents/feedback/{feedback['feedback_id']}")
        assert listed == with_revoked == alone
        return [each["response_uri"] for each in alone["responses"]]

    return read


def uris(name, numbers):
    return [f"ipfs://{name}/{number}" for number in numbers]


def test_owner_is_shown_first_before_any_number_of_strangers(agent, respond, shown):
    for uri in uris("owner", range(2)):
        respond(agent["owner_address"], uri)
    for uri in uris("stranger", range(12)):
        respond(factories.address(), uri)
    assert shown() == uris("owner", (1, 0)) + uris("stranger", range(11, 3, -1))


def test_ten_newest_of_an_owner_who_responds_often_are_shown(agent, respond, shown):
    respond(factories.address(), "ipfs://stranger")
    for uri in uris("owner", range(12)):
        respond(agent["owner_address"], uri)
    assert shown() == uris("owner", range(11, 1, -1))


def test_response_says_whether_the_present_owner_gave_it(agent, feedback, get, respond, sql):
    by_owner = respond(agent["owner_address"], "ipfs://owner")
    by_stranger = respond(factories.address(), "ipfs://stranger")
    assert (by_owner["by_owner"], by_stranger["by_owner"]) == (True, False)
    path = f"/agents/feedback/{feedback['feedback_id']}/responses"
    assert get(path)["responses"] == [by_stranger, by_owner]
    sql("update erc8004_agents set owner_address = %s", by_stranger["responder_address"])
    assert [each["by_owner"] for each in get(path)["responses"]] == [True, False]


def test_all_responses_are_listed_page_by_page(agent, feedback, get, respond):
    given = [respond(factories.address(), f"ipfs://{number}") for number in range(13)]
    path, found, cursor = f"/agents/feedback/{feedback['feedback_id']}/responses", [], ""
    while cursor is not None:
        page = get(f"{path}?limit=5{cursor and '&cursor='}{cursor}")
        assert page["limit"] == 5
        found += page["responses"]
        cursor = page["next_cursor"]
    assert found == given[::-1]
    for each in given:
        assert get(f"{path}/{each['response_id']}") == each


def test_what_is_not_there_is_not_found(client, admin, feedback, get, respond):
    response = respond(factories.address(), "ipfs://x")["response_id"]
    for path, code in (
        (FAR_UUID, "FEEDBACK_NOT_FOUND"),
        (f"{FAR_UUID}/responses", "FEEDBACK_NOT_FOUND"),
        (f"{FAR_UUID}/responses/{response}", "RESPONSE_NOT_FOUND"),
        (f"{feedback['feedback_id']}/responses/{FAR_UUID}", "RESPONSE_NOT_FOUND"),
    ):
        answer = client.get(f"{FEEDBACK}/{path}", headers=admin)
        assert outcome(answer) == (404, code)


def test_feedback_without_responses_has_an_empty_list(feedback, get):
    page = get(f"/agents/feedback/{feedback['feedback_id']}/responses")
    assert page == {"responses": [], "limit": 50, "next_cursor": None}


@pytest.mark.parametrize("flooder", ["stranger", "owner"])
def test_no_number_of_responses_costs_a_reader_of_the_feedback(
    agent, feedback, servers, sql, flooder
):
    """However many the owner or a stranger gave, and the other a few before them."""
    owner = agent["owner_address"]
    many, few = (owner, factories.address())[:: 1 if flooder == "owner" else -1]
    for responder, count in ((few, 3), (many, 5000)):
        sql(
            """
            insert into erc8004_feedback_responses (feedback_id, responder_address, response_uri)
            select %s, %s, 'ipfs://x' from generate_series(1, %s)
            """,
            *(feedback["feedback_id"], responder, count),
        )
    sql("analyze erc8004_feedback_responses")
    asked = {"agent_uuid": agent["agent_uuid"], "limit": 51, "longest": 300}
    nothing = ("client_address", "tag1", "tag2", "source", "after_id", "after_time")
    with psycopg2.connect(servers.database_url) as reader, reader.cursor() as cursor:
        cursor.execute(
            f"explain (analyze, format json) {QUERIES['feedback.list_by_agent']}",
            asked | dict.fromkeys(nothing),
        )
        assert 10 <= rows_read(cursor.fetchone()[0][0]["Plan"]) <= 25
    reader.close()


def rows_read(node):
    """How many responses a plan read, those that it passed over too."""
    read = 0
    if node.get("Relation Name") == "erc8004_feedback_responses":
        passed = node.get("Rows Removed by Filter", 0)
        read = (node["Actual Rows"] + passed) * node["Actual Loops"]
    return read + sum(rows_read(each) for each in node.get("Plans", ()))
