"""Chains as the world names them: in queries and bodies, and in every answer."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.clients import outcome
from tests.support.endpoints import FAR_UUID

CHAINS = "/api/v1/chains"
BASE = {"chain": "base", "chain_id": 8453, "caip2": "eip155:8453"}
BSC = {"chain": "bsc", "chain_id": 56, "caip2": "eip155:56"}
IDENTITY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
REPUTATION = "0x8004BAa17C55a88189AE136b182e5fdA19dE9b63"
VALIDATION = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"
NAMES = {
    "base": (
        *("base", "Base", "BASE", " base ", "8453", "eip155:8453", "EIP155:8453"),
        *("0x2105", "base-mainnet", "Base Mainnet", "base_mainnet"),
    ),
    "bsc": ("bsc", "bnb", "BNB Chain", "bnb-smart-chain", "BNB_Smart_Chain", "BnbChain", "56"),
    "arbitrum": ("arbitrum", "Arbitrum One", "arbitrumOne", "arb1", "eip155:42161", "0xa4b1"),
    "ethereum": ("ethereum", "Ethereum Mainnet", "eth", "1", "0x1", "eip155:1"),
    "polygon": ("matic", "polygon-pos", "137"),
    "base-sepolia": ("base-sepolia", "baseSepolia", "Base Sepolia", "84532", "eip155:84532"),
    "xlayer": ("X Layer", "x-layer", "xlayer"),
    "0g": ("0G", "0g mainnet", "16661", "0x4115"),
    "injective": ("INJ", "1776", "eip155:1776"),
    "robinhood": ("Robinhood Chain", "4663"),
    "arc-testnet": ("Arc Testnet", "5042002"),
    "0g-galileo": ("0G Galileo", "0g-testnet", "16602"),
    "skale-base": ("skale-base", "SkaleBase", "1187947933"),
}
EACH = [(name, chain) for chain, names in NAMES.items() for name in names]
NO_AGENT = {"agent_uuid": FAR_UUID}
NO_CHAIN = (
    "atlantis",
    "0",
    "84531",
    "eip155:",
    "eip155:08453",
    "solana:8453",
    "0x",
    "-1",
    " ",
    "84 53",
)


def chain_of(answer):
    return {name: answer[name] for name in ("chain", "chain_id", "caip2")}


@pytest.mark.parametrize(("name", "chain"), EACH)
def test_search_takes_a_chain_by_any_of_its_names(search, make_agent, name, chain):
    agent = make_agent(chain=chain)
    make_agent(chain="celo")
    found = search(chain=name).json["agents"]
    assert [each["agent_uuid"] for each in found] == [agent["agent_uuid"]]
    assert found[0]["chain"] == chain


@pytest.mark.parametrize("name", ["base", "Base", 8453, "8453", "eip155:8453", "0x2105"])
def test_every_body_takes_a_chain_by_any_of_its_names(
    make_agent, give_feedback, link_payment, request_validation, name
):
    agent = make_agent(chain=name)
    assert chain_of(agent) == BASE
    uuid = agent["agent_uuid"]
    assert chain_of(give_feedback(agent_uuid=uuid, chain=name)) == BASE
    assert chain_of(link_payment(agent_uuid=uuid, chain=name)) == BASE
    assert chain_of(request_validation(agent_uuid=uuid, chain=name)) == BASE


def test_every_answer_with_a_chain_names_it_in_three_ways(
    make_agent, give_feedback, link_payment, request_validation, get, refresh, client, admin
):
    agent = make_agent(chain="bsc")["agent_uuid"]
    given = give_feedback(agent_uuid=agent)
    paid = link_payment(agent_uuid=agent, chain="bnb", status="pending")
    asked = request_validation(agent_uuid=agent)
    refresh()
    of_agent = f"/agents/{agent}"
    answers = [
        get(of_agent),
        get(f"{of_agent}/stats"),
        get("/agents/?claimed=any")["agents"][0],
        get(f"{of_agent}/feedback")["feedback"][0],
        get(f"{of_agent}/feedback?include_revoked=true")["feedback"][0],
        get(f"{of_agent}/payments")["payments"][0],
        get(f"{of_agent}/validations")["validations"][0],
        get(f"/agents/feedback/{given['feedback_id']}"),
        get(f"/agents/payments/{paid['payment_id']}"),
        get(f"/agents/validations/{asked['validation_id']}"),
        get("/stats")["agents"][0],
    ]
    names = ("agent_uuid", "chain", "tx_hash", "amount_usdc")
    settled = {name: paid[name] for name in names} | {"status": "verified"}
    for _ in range(2):
        answers.append(client.post("/api/v1/agents/link-payment", json=settled, headers=admin).json)
    answers.append(
        client.post(
            f"/api/v1/agents/validations/{asked['request_hash']}/response",
            json={"response": 90, "chain": "BNB Chain"},
            headers=admin,
        ).json
    )
    assert [chain_of(answer) for answer in answers] == [BSC] * 14


def test_one_transaction_on_one_chain_is_one_payment_by_whatever_name(
    client, admin, make_agent, link_payment
):
    paid = link_payment(agent_uuid=make_agent()["agent_uuid"], chain="base")
    names = ("agent_uuid", "tx_hash", "amount_usdc", "status")
    again = {name: paid[name] for name in names} | {"chain": 8453}
    answer = client.post("/api/v1/agents/link-payment", json=again, headers=admin)
    assert (answer.status_code, answer.json["payment_id"]) == (200, paid["payment_id"])


@pytest.mark.parametrize("name", NO_CHAIN)
def test_name_of_no_chain_is_refused_everywhere(client, admin, search, make_agent, register, name):
    refused = (400, "CHAIN_NOT_SUPPORTED")
    assert outcome(search(chain=name)) == refused
    assert outcome(register(chain=name)) == refused
    of_agent = {"agent_uuid": make_agent()["agent_uuid"], "chain": name}
    bodies = {
        "feedback": factories.feedback(**of_agent),
        "link-payment": factories.payment(**of_agent),
        "validations": factories.validation(**of_agent),
        f"validations/{factories.hash32()}/response": {"response": 1, "chain": name},
    }
    for path, body in bodies.items():
        answer = client.post(f"/api/v1/agents/{path}", json=body, headers=admin)
        assert outcome(answer) == refused, path
        assert "is not a chain of this service" in answer.json["detail"], path


@pytest.mark.parametrize("name", NO_CHAIN)
def test_other_errors_of_a_request_come_before_that_of_its_chain(
    client, admin, key_for, make_agent, search, name
):
    own = {"agent_uuid": make_agent()["agent_uuid"], "chain": name}
    foreign = key_for(factories.address())
    large = {"name": "x" * 70_000}
    cases = [
        ("register", factories.agent(chain=name), foreign, (403, "NOT_AGENT_OWNER")),
        (
            "register",
            factories.agent(chain=name, registration_file=large),
            admin,
            (422, "VALIDATION_ERROR"),
        ),
        ("feedback", factories.feedback(**own), foreign, (403, "NOT_FEEDBACK_CLIENT")),
        ("feedback", factories.feedback(**own | NO_AGENT), admin, (404, "AGENT_NOT_FOUND")),
        ("link-payment", factories.payment(**own | NO_AGENT), admin, (404, "AGENT_NOT_FOUND")),
        ("validations", factories.validation(**own | NO_AGENT), admin, (404, "AGENT_NOT_FOUND")),
        ("validations", factories.validation(**own), foreign, (403, "NOT_AGENT_OWNER")),
        (
            "validations/0x12/response",
            {"response": 1, "chain": name},
            admin,
            (404, "VALIDATION_NOT_FOUND"),
        ),
    ]
    for path, body, headers, expected in cases:
        answer = client.post(f"/api/v1/agents/{path}", json=body, headers=headers)
        assert outcome(answer) == expected, path
    assert outcome(search(chain=name, cursor="x")) == (400, "INVALID_CURSOR")


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("bsae", "base"),
        ("Etherium", "ethereum"),
        ("optimisim", "optimism"),
        ("arbitrum nova", "arbitrum"),
        ("basesepolai", "base-sepolia"),
        ("eip155:8454", "base"),
        ("bnbb", "bsc"),
    ],
)
def test_refusal_names_what_is_near_and_where_all_are_listed(search, name, near):
    detail = search(chain=name).json["detail"]
    suggested = detail.partition("did you mean ")[2].partition("?")[0].split(" or ")
    assert near in suggested
    assert len(suggested) <= 3
    assert name in detail
    assert "GET /api/v1/chains" in detail


def test_refusal_of_what_is_like_nothing_suggests_nothing(search):
    detail = search(chain="zzzzzzzz").json["detail"]
    assert "did you mean" not in detail
    assert "GET /api/v1/chains" in detail


@pytest.mark.parametrize(
    ("chain", "status"),
    [("", 422), ("x" * 65, 422), (True, 422), (8453.0, 422), (["base"], 422), ("\0base", 422)],
)
def test_what_is_no_name_at_all_is_invalid(register, chain, status):
    answer = register(chain=chain)
    assert answer.status_code == status
    assert list(answer.json["errors"]) == ["chain"]


def test_chains_are_listed_with_their_names_and_registries(get):
    chains = {chain["name"]: chain for chain in get("/chains")["chains"]}
    assert len(chains) == 52
    assert chains["base"] == {
        "name": "base",
        "chain_id": 8453,
        "caip2": "eip155:8453",
        "is_testnet": False,
        "identity_registry": IDENTITY,
        "reputation_registry": REPUTATION.lower(),
        "validation_registry": VALIDATION,
        "aliases": ["base-mainnet"],
        "is_followed": False,
        "following": None,
    }
    assert {"bnb", "bnb-chain", "binance-smart-chain"} <= set(chains["bsc"]["aliases"])
    assert chains["base-sepolia"]["is_testnet"]
    assert list(chains) == sorted(chains, key=lambda name: (chains[name]["is_testnet"], name))


def test_every_listed_name_is_taken(get, search):
    for chain in get("/chains")["chains"]:
        for name in (chain["name"], chain["chain_id"], chain["caip2"], *chain["aliases"]):
            assert search(chain=name).status_code == 200, name


def test_list_of_chains_takes_no_parameters(client, admin):
    answer = client.get(f"{CHAINS}?chain=base", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
