"""What each answer says of where it comes from, and of what is not stored as the chain holds it."""

from __future__ import annotations

import pytest

from tests.support import chain_logs as logs
from tests.support.chain_logs import Chain

OWNER, CLIENT, OTHER = ("0x" + digit * 40 for digit in "abc")
ODD = b"a\0b\xff"
LONG = b"\0" + b"x" * 2_000
DIGESTS = [bytes([number]) * 32 for number in range(1, 3)]


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def agent(chain, project, get):
    """An agent of a chain with feedback, a response, metadata and a validation, all of them odd."""
    chain.block(logs.registration(7, OWNER, b"ipfs://a"), [logs.metadata_set(7, ODD, b"v")])
    chain.block([logs.feedback(7, CLIENT, 1, tag1=ODD, endpoint=LONG, uri=b"ipfs://f")])
    chain.block([logs.response(7, CLIENT, 1, OTHER, ODD)])
    chain.block([logs.validation_request(7, OTHER, DIGESTS[0], ODD)])
    project(chain)
    (found,) = get("/agents/?chain=base")["agents"]
    return found["agent_uuid"]


def test_search_lookup_and_statistics_say_up_to_which_block(chain, agent, get, client, admin):
    asked = {"agents": [{"agent_uuid": agent}], "include": ["stats"]}
    (item,) = client.post("/api/v1/agents/lookup", json=asked, headers=admin).json["agents"]
    answers = [
        item["agent"],
        item["stats"],
        *get("/agents/")["agents"],
        *(get(f"/agents/{agent}{path}") for path in ("", "/stats", "/reputation")),
        get(f"/agents/{agent}/reputation?source=chain"),
    ]
    assert [answer["as_of_block"] for answer in answers] == [chain.number - 1] * 7
    assert {answer.get("source", "chain") for answer in answers} == {"chain"}


def test_lists_say_up_to_which_block_they_go(chain, agent, get, give_feedback):
    given = give_feedback(agent_uuid=agent, client_address=CLIENT)
    assert (given["source"], given["as_of_block"]) == ("api", None)
    blocks = {each["source"]: each["as_of_block"] for each in feedback_of(get, agent)}
    assert blocks == {"chain": chain.number - 1, "api": None}
    (validation,) = get(f"/agents/{agent}/validations")["validations"]
    assert (validation["source"], validation["as_of_block"]) == ("chain", chain.number - 1)


@pytest.mark.parametrize("narrowed", ["", "&sort=score", "&min_score=0", "&include_revoked=true"])
def test_feedback_is_listed_by_its_source(agent, get, give_feedback, narrowed):
    given = give_feedback(agent_uuid=agent, client_address=CLIENT)["feedback_id"]
    listed = {
        source: {
            each["feedback_id"] for each in feedback_of(get, agent, f"source={source}{narrowed}")
        }
        for source in ("api", "import", "chain")
    }
    assert (listed["api"], listed["import"]) == ({given}, set())
    assert given not in listed["chain"]


@pytest.mark.parametrize("narrowed", ["", "&status=pending", "&status=pending&status=expired"])
def test_validations_are_listed_by_their_source(agent, get, sql, narrowed):
    sql(
        "insert into erc8004_validations (agent_uuid, chain, registry_address, request_hash,"
        " validator_address) values (%s, 'base', %s, %s, %s)",
        agent,
        logs.VALIDATION,
        "0x" + DIGESTS[1].hex(),
        OTHER,
    )
    for source, count in (("api", 1), ("import", 0), ("chain", 1)):
        found = get(f"/agents/{agent}/validations?source={source}{narrowed}")["validations"]
        assert [each["source"] for each in found] == [source] * count
    assert len(get(f"/agents/{agent}/validations")["validations"]) == 2


@pytest.mark.parametrize("narrowed", ["", "&status=verified", "&status=verified&status=pending"])
def test_payments_are_listed_by_their_source(agent, get, link_payment, sql, narrowed):
    imported, posted = (link_payment(agent_uuid=agent)["payment_id"] for _ in range(2))
    sql("update erc8004_agent_payments set source = 'import' where id = %s", imported)
    for source, payment_id in (("import", imported), ("api", posted)):
        found = get(f"/agents/{agent}/payments?source={source}{narrowed}")["payments"]
        assert [(each["payment_id"], each["source"]) for each in found] == [(payment_id, source)]
    assert len(get(f"/agents/{agent}/payments?limit=9{narrowed}")["payments"]) == 2


@pytest.mark.parametrize("path", ["feedback", "validations", "reputation", "payments"])
def test_other_sources_are_refused(agent, client, admin, path):
    answer = client.get(f"/api/v1/agents/{agent}/{path}?source=me", headers=admin)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["source"])


def test_no_chain_is_the_source_of_a_payment(agent, client, admin):
    answer = client.get(f"/api/v1/agents/{agent}/payments?source=chain", headers=admin)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["source"])


def test_answers_mark_what_is_not_stored_as_the_chain_holds_it(agent, get):
    (listed,) = feedback_of(get, agent)
    whole = get(f"/agents/feedback/{listed['feedback_id']}")
    assert whole["unstorable"]["tag1"]["hex"] == ODD.hex()
    assert whole["unstorable"]["endpoint"]["hex"] == LONG.hex()
    assert listed["unstorable"]["tag1"] == whole["unstorable"]["tag1"]
    (response,) = whole["responses"]
    path = f"/agents/feedback/{listed['feedback_id']}/responses"
    of_response = [response, *get(path)["responses"], get(f"{path}/{response['response_id']}")]
    validation = get(f"/agents/{agent}/validations")["validations"][0]
    odd = {
        "response_uri": of_response,
        "request_uri": [validation, get(f"/agents/validations/{validation['validation_id']}")],
    }
    for name, answers in odd.items():
        assert [each["unstorable"][name]["hex"] for each in answers] == [ODD.hex()] * len(answers)
    (key,) = [each for each in get(f"/agents/{agent}/metadata")["metadata"] if each["unstorable"]]
    assert key["unstorable"]["key"]["hex"] == ODD.hex()


def test_lists_leave_long_originals_out(agent, get):
    (listed,) = feedback_of(get, agent)
    mark = listed["unstorable"]["endpoint"]
    assert (mark["bytes"], mark["reasons"]) == (len(LONG), ["nul"])
    assert "hex" not in mark


def test_what_is_stored_as_it_is_has_no_mark(make_agent, get, give_feedback, link_payment):
    agent = make_agent()["agent_uuid"]
    given = give_feedback(agent_uuid=agent)
    assert given["unstorable"] is feedback_of(get, agent)[0]["unstorable"] is None
    link_payment(agent_uuid=agent)
    assert get(f"/agents/{agent}/payments")["payments"][0]["unstorable"] is None


def feedback_of(get, agent, query=""):
    return get(f"/agents/{agent}/feedback?{query}")["feedback"]
