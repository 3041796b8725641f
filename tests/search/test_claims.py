"""Finding agents by what they have: wallets, hosts, URLs and ENS names."""

from __future__ import annotations

import pytest

from tests.support import factories

OWNER = "0x" + "a1" * 20
WALLET = "0x" + "b2" * 20
SERVICES = [
    {"name": "MCP", "endpoint": "https://api.tides.example/mcp"},
    {"name": "ENS", "endpoint": "tides.eth"},
    {"name": "agentWallet", "endpoint": f"eip155:8453:{WALLET}"},
]


@pytest.fixture
def agent(make_agent):
    """An agent that claims some of everything, beside one that claims nothing."""
    claiming = make_agent(
        owner_address=OWNER, registration_file={"name": "Tides", "services": SERVICES}
    )
    make_agent(registration_file={"name": "Other", "services": []})
    return claiming["agent_uuid"]


@pytest.fixture
def matched(client, admin):
    """The claims by which each agent matched, by its uuid."""

    def read(**query):
        answer = client.get("/api/v1/agents/", query_string=query, headers=admin)
        assert answer.status_code == 200, answer.json
        return {each["agent_uuid"]: each.get("matched") for each in answer.json["agents"]}

    return read


@pytest.mark.parametrize(
    ("endpoint", "service"),
    [
        ("https://api.tides.example/mcp", "MCP"),
        ("https://API.tides.example/mcp/", "MCP"),
        ("http://api.tides.example/mcp", "MCP"),
        ("api.tides.example/mcp", "MCP"),
        ("api.tides.example", "MCP"),
        ("API.TIDES.EXAMPLE", "MCP"),
        ("https://api.tides.example", "MCP"),
        ("https://api.tides.example:443/", "MCP"),
        ("tides.eth", "ENS"),
    ],
)
def test_endpoint_is_found_and_says_by_which_service(agent, matched, endpoint, service):
    assert matched(endpoint=endpoint) == {agent: [f"registration_file.{service}"]}


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.tides.example/mc",
        "https://api.tides.example/MCP",
        "tides.example",
        "example",
        "api.tides.exampl",
        "evil-api.tides.example",
        "no place",
        "https://",
    ],
)
def test_other_endpoints_find_nothing(agent, matched, endpoint):
    assert matched(endpoint=endpoint) == {}


@pytest.mark.parametrize(
    "services",
    [
        {"endpoints": [{"name": "x", "url": "https://h.example/a?b=1"}]},
        {"services": {"x": "https://h.example/a?b=1"}},
        {"services": [{"name": "x", "endpoint": "mailto:me@h.example"}]},
        {"services": [None, 3, "web", {"name": "x", "endpoint": "h.example"}]},
    ],
)
def test_places_are_read_however_their_owner_wrote_them(make_agent, matched, services):
    agent = make_agent(registration_file={"name": "Tides", **services})["agent_uuid"]
    assert matched(endpoint="h.example") == {agent: ["registration_file.x"]}


def test_wallet_is_that_of_the_owner_of_the_agent_or_of_its_file(agent, matched, sql):
    assert matched(wallet=OWNER) == {agent: ["owner_address"]}
    assert matched(wallet=f"0x{WALLET[2:].upper()}") == {agent: ["registration_file.agentWallet"]}
    sql(
        "insert into erc8004_agent_metadata (agent_uuid, key, value) values (%s, %s, %s)",
        *(agent, "agentWallet", bytes.fromhex(OWNER[2:])),
    )
    assert matched(wallet=OWNER, limit=1) == {agent: ["owner_address", "agent_wallet"]}
    assert matched(wallet=factories.address()) == {}


def test_wallet_that_stands_in_the_file_is_found(make_agent, matched):
    file = {"name": "Payee", "payTo": WALLET}
    agent = make_agent(registration_file=file)["agent_uuid"]
    assert matched(wallet=WALLET) == {agent: ["registration_file.payTo"]}


@pytest.mark.parametrize(
    "q",
    [
        OWNER,
        OWNER.upper().replace("X", "x"),
        WALLET,
        f"eip155:8453:{WALLET}",
        "api.tides.example",
        "tides.example",
        "https://api.tides.example/mcp",
        "https://api.tides.example/",
        "tides.eth",
        "Tides.eth",
    ],
)
def test_q_finds_what_it_names(agent, matched, q):
    assert matched(q=q) == {agent: None}


def test_places_follow_a_change_of_the_file(client, admin, agent, matched):
    path = f"/api/v1/agents/{agent}"
    client.patch(path, json={"registration_file": {"name": "Tides"}}, headers=admin)
    assert matched(endpoint="tides.eth") == matched(wallet=WALLET) == {}


def test_agent_wallet_in_q_is_found(agent, matched, sql):
    wallet = factories.address()
    sql(
        "insert into erc8004_agent_metadata (agent_uuid, key, value) values (%s, %s, %s)",
        *(agent, "agentWallet", bytes.fromhex(wallet[2:])),
    )
    assert matched(q=wallet) == {agent: None}
