"""Rows of the chain, of imports and of clients together: who wins, and what each answer says."""

from __future__ import annotations

import base64
import json
from itertools import pairwise

import pytest

from kamiyo_api.indexer import projector
from tests.support import chain_logs as logs
from tests.support import factories, journal
from tests.support.chain_logs import Chain, transaction_hash

OWNER, BUYER, CLIENT, OTHER = ("0x" + digit * 40 for digit in "abcd")
DIGEST = bytes(range(32))


@pytest.fixture
def chain():
    return Chain()


@pytest.fixture
def followed(chain, project, sql):
    """An agent that was read from a chain; its row."""
    chain.block(logs.registration(7, OWNER, b"ipfs://a"), [logs.metadata_set(7, b"k", b"v")])
    project(chain)
    return sql("select * from erc8004_agents")[0]


@pytest.fixture
def send(client, admin):
    """Send a request as an admin; its answer."""

    def run(method, path, body=None):
        return client.open(f"/api/v1{path}", method=method, json=body, headers=admin)

    return run


def refused(answer, code):
    """Check that an answer is a conflict of this code; its detail."""
    assert (answer.status_code, answer.json["code"]) == (409, code), answer.json
    return answer.json["detail"]


def test_an_agent_of_a_chain_says_so(chain, followed, get):
    found = get(f"/agents/{followed['id']}")
    assert (found["source"], found["claimed"]) == ("chain", False)
    assert (found["agent_wallet"], found["as_of_block"]) == (OWNER, chain.number - 1)
    assert found["owner_since"] == found["registered_at"]


def test_an_agent_of_a_client_says_so(make_agent, get):
    found = get(f"/agents/{make_agent()['agent_uuid']}")
    assert (found["source"], found["as_of_block"], found["agent_wallet"]) == ("api", None, None)


def test_what_the_chain_decides_is_refused_with_the_transaction_that_changes_it(followed, send):
    path = f"/agents/{followed['id']}"
    detail = refused(send("PATCH", path, {"token_uri": "ipfs://b"}), "DECIDED_ON_CHAIN")
    assert f"setAgentURI(7, newURI) to the registry {logs.IDENTITY} on base" in detail
    value = {"value": "AA=="}
    detail = refused(send("PUT", f"{path}/metadata/k", value), "DECIDED_ON_CHAIN")
    assert "setMetadata(7," in detail
    assert "setMetadata(7," in refused(send("DELETE", f"{path}/metadata/k"), "DECIDED_ON_CHAIN")
    assert send("PATCH", path, {"status": "suspended"}).status_code == 200


def test_feedback_and_validations_of_the_chain_stay_as_they_are(
    chain, followed, project, sql, send
):
    chain.block([logs.feedback(7, CLIENT, 1), logs.validation_request(7, OTHER, DIGEST)])
    project(chain)
    (given,) = sql("select id from erc8004_reputation")
    detail = refused(send("POST", f"/agents/feedback/{given['id']}/revoke"), "DECIDED_ON_CHAIN")
    assert f"revokeFeedback(7, 1) to the registry {logs.REPUTATION} on base" in detail
    path = f"/agents/validations/0x{DIGEST.hex()}/response"
    assert logs.VALIDATION in refused(send("POST", path, {"response": 5}), "DECIDED_ON_CHAIN")


def test_a_token_of_a_followed_chain_is_not_registered_here(followed, send):
    body = factories.agent(agent_id=8)
    assert "register()" in refused(send("POST", "/agents/register", body), "CHAIN_IS_FOLLOWED")
    for allowed in (
        factories.agent(),
        factories.agent(agent_id=8, chain="polygon"),
        factories.agent(agent_id=8, registry_address="0x" + "7" * 40),
    ):
        assert send("POST", "/agents/register", allowed).status_code == 201
    unknown = factories.agent(agent_id=8, chain="nowhere")
    assert send("POST", "/agents/register", unknown).json["code"] == "CHAIN_NOT_SUPPORTED"


def test_the_chain_takes_over_a_claimed_agent(chain, make_agent, project, sql, get):
    claimed = make_agent(
        agent_id=7, owner_address=OTHER, metadata=[{"key": "mine", "value": "AA=="}]
    )
    uuid = claimed["agent_uuid"]
    assert get(f"/agents/{uuid}")["claimed"]
    chain.block(logs.registration(7, OWNER, b"ipfs://a"))
    project(chain)
    found = get(f"/agents/{uuid}")
    assert (found["owner_address"], found["claimed"], found["source"]) == (OWNER, False, "chain")
    assert (found["token_uri"], found["registration_file"]) == ("ipfs://a", None)
    assert sql("select key from erc8004_agent_metadata") == []


def line(**overrides):
    """A line of an import about the agent."""
    agent = {"chain": "base", "agent_id": 7, "owner_address": OTHER, "block_number": 99_000_000}
    return json.dumps(agent | overrides)


def test_an_import_changes_nothing_of_an_agent_of_the_chain_but_its_file(
    followed, run_import, run_import_of, sql
):
    metadata = {"k": "0x00", "other": "0x01"}
    run_import([line(token_uri="ipfs://b", metadata=metadata, registration_file={"name": "Evil"})])
    assert sql("select * from erc8004_agents") == [followed]
    uri, file = "ipfs://a", {"name": "Real"}
    older = line(token_uri=uri, registration_file=file, block_number=1)
    assert "1 updated" in run_import([older]).stdout
    assert "1 unchanged" in run_import([older]).stdout
    (found,) = sql("select * from erc8004_agents")
    assert found["registration_file"] == file
    own = ("owner_address", "token_uri", "agent_wallet", "block_number", "source")
    assert [found[name] for name in own] == [followed[name] for name in own]
    entry = {"chain": "base", "agent_id": 7, "key": "k", "value": "0x00"}
    run_import_of("metadata", [entry])
    (stored,) = sql("select key, value from erc8004_agent_metadata")
    assert (stored["key"], bytes(stored["value"])) == ("k", b"v")


def test_the_chain_replaces_what_was_imported(chain, run_import, run_import_of, project, sql):
    run_import([line(token_uri="ipfs://b", metadata={"k": "0x00"})])
    (imported,) = sql("select id, source from erc8004_agents")
    assert imported["source"] == "import"
    chain.block(logs.registration(7, OWNER, b"ipfs://a"))
    block = chain.block([logs.feedback(7, CLIENT, 1, 20), logs.feedback(7, CLIENT, 2, 30)])
    tx_hash = f"0x{transaction_hash(block).hex()}"
    about = {"chain": "base", "agent_id": 7, "client_address": CLIENT, "score": 99}
    run_import_of("feedback", [about | {"tx_hash": tx_hash, "log_index": 1}])
    project(chain)
    (found,) = sql("select * from erc8004_agents")
    assert (found["id"], found["owner_address"]) == (imported["id"], OWNER)
    assert (found["token_uri"], found["source"]) == ("ipfs://a", "chain")
    given = sql("select value, score, source from erc8004_reputation order by feedback_index")
    assert [(row["value"], row["score"], row["source"]) for row in given] == [
        (20, 20, "chain"),
        (30, 30, "chain"),
    ]
    run_import_of("feedback", [about | {"tx_hash": tx_hash, "log_index": 1, "score": 1}])
    again = sql("select value, score, source from erc8004_reputation order by feedback_index")
    assert again == given


def test_feedback_of_a_client_that_names_the_transaction_becomes_that_of_the_chain(
    chain, followed, project, give_feedback, get
):
    block = chain.block([logs.feedback(7, CLIENT, 1, 20), logs.feedback(7, CLIENT, 2, 30)])
    tx_hash = f"0x{transaction_hash(block).hex()}"
    uuid = str(followed["id"])
    about = {"agent_uuid": uuid, "client_address": CLIENT}
    mine = [give_feedback(**about, tx_hash=tx_hash)["feedback_id"] for _ in range(2)]
    own = give_feedback(**about)["feedback_id"]
    assert get(f"/agents/{uuid}/stats")["average_score"] == 90
    project(chain)
    listed = get(f"/agents/{uuid}/feedback?sort=score")["feedback"]
    assert [(row["feedback_id"], row["source"], row["feedback_index"]) for row in listed] == [
        (mine[0], "chain", 1),
        (mine[1], "chain", 2),
        (own, "api", None),
    ]
    assert get(f"/agents/{uuid}/stats")["average_score"] == pytest.approx((20 + 30 + 90) / 3, 0.01)


def test_feedback_that_names_a_transaction_of_the_chain_is_that_of_the_chain(
    chain, followed, project, give_feedback, sql
):
    block = chain.block([logs.feedback(7, CLIENT, 1, 20)])
    project(chain)
    about = {"agent_uuid": str(followed["id"]), "client_address": CLIENT}
    given = give_feedback(**about, tx_hash=f"0x{transaction_hash(block).hex()}")
    assert (given["source"], given["score"], given["feedback_index"]) == ("chain", 20, 1)
    assert len(sql("select id from erc8004_reputation")) == 1
    other = give_feedback(**about, tx_hash=f"0x{transaction_hash(block, 9).hex()}")
    assert (other["source"], other["score"]) == ("api", 90)
    assert len(sql("select id from erc8004_reputation")) == 2


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "score", "-score"])
def test_feedback_of_each_source_can_be_told_apart(
    chain, followed, project, give_feedback, get, sort
):
    uuid = str(followed["id"])
    chain.block([logs.feedback(7, CLIENT, 1, 20)])
    project(chain)
    give_feedback(agent_uuid=uuid)
    for source, score in (("chain", 20), ("api", 90)):
        (row,) = get(f"/agents/{uuid}/feedback?source={source}&sort={sort}")["feedback"]
        assert (row["source"], row["score"]) == (source, score)
        assert get(f"/agents/{uuid}/feedback?source={source}&min_score=95")["feedback"] == []
        assert get(f"/agents/{uuid}/reputation?source={source}")["average_score"] == score
    assert get(f"/agents/{uuid}/reputation?source=import")["total_feedback"] == 0


def test_a_rebuild_keeps_what_clients_added(chain, followed, project, give_feedback, send, sql):
    chain.block([logs.feedback(7, CLIENT, 1, 20)])
    project(chain)
    give_feedback(agent_uuid=str(followed["id"]))
    given = sql("select id from erc8004_reputation where source = 'chain'")[0]["id"]
    response = {"responder_address": OWNER, "response_uri": "ipfs://r"}
    path = f"/agents/feedback/{given}/responses"
    assert send("POST", path, response).status_code == 201
    whole = journal.tables(sql)
    projector.rebuild("base")
    assert journal.tables(sql) == whole


def test_the_owners_of_an_agent_are_listed_page_by_page(chain, followed, project, get):
    owners = [OWNER]
    for number in range(5):
        owners.append(f"0x{number + 1:040x}")
        chain.block([logs.transfer(7, owners[-2], owners[-1])])
    project(chain)
    path = f"/agents/{followed['id']}/ownership"
    page, listed = get(f"{path}?limit=2"), []
    while page["next_cursor"]:
        listed += page["epochs"]
        assert page["as_of_block"] == chain.number - 1
        page = get(f"{path}?limit=2&cursor={page['next_cursor']}")
    listed += page["epochs"]
    assert [epoch["owner_address"] for epoch in listed] == owners[::-1]
    assert listed[0]["to_time"] is None
    for newer, older in pairwise(listed):
        assert older["to_time"] == newer["from_time"]


def test_the_summary_on_chain_is_that_of_the_contract(chain, followed, project, get):
    chain.block(
        [logs.feedback(7, CLIENT, 1, 876, 1, b"a"), logs.feedback(7, CLIENT, 2, 99, 0, b"b")]
    )
    project(chain)
    path = f"/agents/{followed['id']}/reputation/on-chain?client_address={CLIENT}"
    found = get(path)
    assert (found["count"], found["value"], found["value_decimals"]) == (2, "93", 0)
    assert found["as_of_block"] == chain.number - 1
    assert get(f"{path}&tag1=a")["value"] == "876"
    assert get(f"{path}&client_address={CLIENT}&tag1=a")["count"] == 2
    assert get(f"{path}&tag1=a&tag2=x")["count"] == 0


def test_the_summary_refuses_what_the_contract_refuses(followed, send):
    path = f"/agents/{followed['id']}/reputation/on-chain"
    for query in ("", "?client_address=", "?client_address=0x1"):
        assert send("GET", path + query).status_code == 422


@pytest.mark.parametrize("path", ["ownership", f"reputation/on-chain?client_address={CLIENT}"])
def test_an_agent_that_was_not_read_from_a_chain_has_neither(make_agent, send, path):
    uuid = make_agent()["agent_uuid"]
    assert send("GET", f"/agents/{uuid}/{path}").json["code"] == "NOT_READ_FROM_CHAIN"
    unknown = "019fffff-ffff-7fff-bfff-ffffffffffff"
    assert send("GET", f"/agents/{unknown}/{path}").json["code"] == "AGENT_NOT_FOUND"


def test_all_metadata_of_the_chain_is_listed_page_by_page(chain, followed, project, get):
    keys = {"k", "agentWallet", ""} | {f"n{number}" for number in range(60)}
    chain.block([logs.metadata_set(7, key.encode(), b"v") for key in keys - {"k", "agentWallet"}])
    chain.block([logs.metadata_set(7, b"big", b"x" * 70_000)])
    project(chain)
    path = f"/agents/{followed['id']}/metadata"
    page, listed = get(path), []
    while page["next_cursor"]:
        listed += page["metadata"]
        page = get(f"{path}?cursor={page['next_cursor']}")
    listed += page["metadata"]
    assert {entry["key"] for entry in listed} == keys | {"big"}
    assert len(listed) == len(keys) + 1
    values = {entry["key"]: base64.b64decode(entry["value"]) for entry in listed}
    assert values["agentWallet"] == bytes.fromhex(OWNER[2:])
    assert (len(values["big"]), values[""]) == (64 * 1024, b"v")
    assert [entry["key"] for entry in listed if entry["truncated"]] == ["big"]
    whole = get(f"{path}/big")
    assert (len(base64.b64decode(whole["value"])), whole["truncated"]) == (70_000, [])
    assert get(f"{path}/agentWallet")["value"] == base64.b64encode(values["agentWallet"]).decode()
