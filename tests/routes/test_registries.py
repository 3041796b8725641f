"""The registries of chains: which of them agents are in."""

from __future__ import annotations

import pytest

from tests.support.clients import outcome
from tests.support.endpoints import AGENTS

IDENTITY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
REPUTATION = "0x8004BAa17C55a88189AE136b182e5fdA19dE9b63"
VALIDATION = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"


@pytest.mark.parametrize("registry", [REPUTATION, REPUTATION.lower(), VALIDATION])
@pytest.mark.parametrize("chain", ["base", 8453, "ethereum"])
def test_other_registry_of_the_chain_is_no_identity_registry(register, sql, registry, chain):
    answer = register(chain=chain, agent_id=7, registry_address=registry)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    (message,) = answer.json["errors"]["registry_address"]
    kind = "validation" if registry == VALIDATION else "reputation"
    assert f"the {kind} registry of {'base' if chain == 8453 else chain}" in message
    assert IDENTITY in message
    assert sql("select 1 from erc8004_agents") == []


@pytest.mark.parametrize(
    "registry", [None, IDENTITY, IDENTITY.upper().replace("X", "x"), "0x" + "7" * 40]
)
def test_any_other_registry_is_taken(register, registry):
    answer = register(agent_id=7, registry_address=registry)
    assert answer.status_code == 201
    assert answer.json["registry_address"] == (registry or IDENTITY).lower()


def test_reputation_registry_of_testnets_is_refused_on_testnets_only(register):
    testnets = "0x8004b663056a597dffe9eccc1965a193b7388713"
    fields = {"agent_id": 7, "registry_address": testnets}
    assert register(chain="base-sepolia", **fields).status_code == 422
    assert register(chain="base", **fields).status_code == 201


@pytest.mark.parametrize(
    "parameters",
    [
        {"registry_address": REPUTATION},
        {"registry_address": VALIDATION, "chain": "8453"},
        {"agent": f"eip155:8453:{REPUTATION}:77"},
    ],
)
def test_search_in_another_registry_says_where_agents_are(search, parameters):
    answer = search(**parameters)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    (message,) = answer.json["errors"]["registry_address"]
    assert IDENTITY in message


@pytest.mark.parametrize("registry", [IDENTITY, "0x" + "7" * 40])
def test_search_in_a_registry_without_agents_finds_none(search, registry):
    assert search(registry_address=registry).json["agents"] == []


def test_token_of_another_registry_says_where_agents_are(client, admin):
    body = {"agents": [{"agent": f"base:{REPUTATION}:77"}]}
    (item,) = client.post(f"{AGENTS}lookup", json=body, headers=admin).json["agents"]
    assert (item["status"], item["code"]) == (422, "VALIDATION_ERROR")
    assert IDENTITY in item["detail"]
    answer = client.get(f"{AGENTS}base/77?registry_address={REPUTATION}", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert IDENTITY in answer.json["errors"]["registry_address"][0]
