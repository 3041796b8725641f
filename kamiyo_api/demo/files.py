"""Registration files as owners write them: in many forms, some of them invalid."""

from __future__ import annotations

from random import Random
from typing import Any

from kamiyo_api.demo.population import CHAIN_IDS, REGISTRY, Agent

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
TRUST = (
    ("reputation",),
    ("reputation", "crypto-economic"),
    ("reputation", "tee-attestation"),
    (),
)
ADJECTIVES = ("Amber", "Bright", "Calm", "Cobalt", "Distant", "Early", "Honest", "Lunar", "Swift")
ROLES = ("Analyst", "Broker", "Courier", "Curator", "Guide", "Oracle", "Pilot", "Scout", "Tutor")
FIELDS = (
    "weather forecasts",
    "DeFi yields",
    "smart contract audits",
    "NFT prices",
    "legal documents",
    "medical literature",
    "travel bookings",
    "code review",
    "music discovery",
    "supply chains",
    "language translation",
    "on-chain governance",
)
DEEDS = ("Answers questions about", "Watches and reports on", "Trades on", "Summarizes news of")
SERVICES = {
    "web": "https://{host}/",
    "MCP": "https://{host}/mcp",
    "A2A": "https://{host}/.well-known/agent-card.json",
    "OASF": "https://{host}/oasf",
    "ENS": "{host}.eth",
    "email": "agent@{host}",
    "twitter": "https://x.example/{host}",
    "agentWallet": "eip155:8453:{owner}",
}
VERSIONS = {"MCP": "2025-06-18", "A2A": "0.3.0", "OASF": "0.8"}
ODD_NAMES: tuple[Any, ...] = (None, 8004, {"en": "Agent", "de": "Agentin"}, ["Agent"], True)


def host_of(agent: Agent) -> str:
    """Return the domain of an agent's services."""
    return f"agent-{agent.number}.example"


def registration_file(random: Random, agent: Agent) -> dict[str, Any]:
    """Return a registration file, complete or incomplete by the standard."""
    adjective, role = random.choice(ADJECTIVES), random.choice(ROLES)
    field, deed = random.choice(FIELDS), random.choice(DEEDS)
    file: dict[str, Any] = {
        "type": TYPE if random.random() < 0.95 else "agent",
        "name": f"{adjective} {role} {agent.number}",
        "description": f"{deed} {field}.",
        "image": f"https://{host_of(agent)}/image.png",
        **services(random, agent),
        random.choice(("x402Support", "x402Support", "x402support")): random.random() < 0.5,
        "active": random.random() < 0.96,
        "registrations": [registration(agent)],
        "supportedTrust": random.choice(TRUST),
    }
    return with_defects(random, file)


def complete_file(agent: Agent) -> dict[str, Any]:
    """Return the registration file of an agent of the cast."""
    listed = [{"name": name, "endpoint": address} for name, address in listed_services(agent)]
    return {
        "type": TYPE,
        "name": agent.member.name if agent.member else None,
        "description": agent.member.description if agent.member else None,
        "image": f"https://{host_of(agent)}/image.png",
        "services": listed,
        "x402Support": True,
        "active": True,
        "registrations": [registration(agent)],
        "supportedTrust": TRUST[0],
    }


def listed_services(agent: Agent) -> list[tuple[str, str]]:
    """Return the names and addresses of the services of an agent of the cast."""
    return [service(name, agent) for name in ("MCP", "A2A", "agentWallet")]


def registration(agent: Agent) -> dict[str, str]:
    """Return the registration entry of an agent for its file."""
    registry = f"eip155:{CHAIN_IDS[agent.chain]}:{REGISTRY}"
    return {"agentId": str(agent.agent_id), "agentRegistry": registry}


def services(random: Random, agent: Agent) -> dict[str, Any]:
    """Return the services, under either name, in each of the forms that are in use."""
    addresses = dict(service(name, agent) for name in random.sample(tuple(SERVICES), k=2))
    listed = [{"name": name, "endpoint": address} for name, address in addresses.items()]
    for entry in listed:
        if entry["name"] in VERSIONS:
            entry["version"] = VERSIONS[entry["name"]]
    form = random.random()
    if form < 0.70:
        return {"services": listed}
    if form < 0.80:
        return {"services": []}
    if form < 0.90:
        return {"endpoints": listed}
    if form < 0.94:
        return {"endpoints": {name.lower(): address for name, address in addresses.items()}}
    return {"services": list(addresses)} if form < 0.96 else {}


def service(name: str, agent: Agent) -> tuple[str, str]:
    """Return the name and the address of a service."""
    return name, SERVICES[name].format(host=host_of(agent), owner=agent.owner)


def with_defects(random: Random, file: dict[str, Any]) -> dict[str, Any]:
    """Return a file; in a few, a field is missing or has the wrong type."""
    chance = random.random()
    if chance < 0.03:
        del file["description"]
    elif chance < 0.05:
        del file["name"]
    elif chance < 0.06:
        file["name"] = random.choice(ODD_NAMES)
    return file
