"""Rows of agents and of their metadata."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import orjson

from kamiyo_api.db.copying import escaped
from kamiyo_api.demo import population
from kamiyo_api.demo.files import complete_file, host_of, registration_file
from kamiyo_api.demo.population import DAY, REGISTRY, Agent, Size, timestamp

METADATA_EVERY = 20
CATEGORIES = (b"research", b"trading", b"infrastructure", b"entertainment")


def agent_rows(size: Size) -> Iterator[bytes]:
    """Yield rows of erc8004_agents: six of ten without a file, nearly all active."""
    random = Random(f"{size.seed} agent rows")
    for agent in population.agents(size):
        at = timestamp(agent.created_at)
        columns = (
            agent.uuid,
            str(agent.agent_id),
            agent.chain,
            REGISTRY,
            agent.owner,
            *(uri_and_file(random, agent) if agent.member is None else cast_file(agent)),
            "active" if agent.member else status(random.random()),
            f"0x{random.getrandbits(256):064x}",
            at,
            at,
            at,
            *claim_and_owner(agent, size),
        )
        yield ("\t".join(columns) + "\n").encode()


def uri_and_file(random: Random, agent: Agent) -> tuple[str, str]:
    """Return the URI of the registration file, and the file."""
    if random.random() < 0.6:
        return ("\\N" if random.random() < 0.8 else f"https://{host_of(agent)}/gone.json"), "\\N"
    file = escaped(orjson.dumps(registration_file(random, agent))).decode()
    if random.random() < 0.5:
        return f"ipfs://bafy{random.getrandbits(240):060x}", file
    return f"https://{host_of(agent)}/agent.json", file


def cast_file(agent: Agent) -> tuple[str, str]:
    """Return the URI and the registration file of an agent of the cast, without defects."""
    file = escaped(orjson.dumps(complete_file(agent))).decode()
    return f"https://{host_of(agent)}/agent.json", file


def claim_and_owner(agent: Agent, size: Size) -> tuple[str, str]:
    """Return whether an agent is claimed, and the time of its last transfer, if known."""
    if agent.member is None or agent.member.owned_days is None:
        return ("t" if agent.member and agent.member.is_claimed else "f"), "\\N"
    return "f", timestamp(size.now - int(agent.member.owned_days * DAY))


def status(chance: float) -> str:
    """Return a status; nearly all agents are active."""
    if chance < 0.95:
        return "active"
    return "suspended" if chance < 0.98 else "revoked"


def metadata_rows(size: Size) -> Iterator[bytes]:
    """Yield rows of erc8004_agent_metadata: a wallet and a category for one agent of twenty."""
    for agent in population.agents(size):
        if agent.number % METADATA_EVERY:
            continue
        category = CATEGORIES[agent.number // METADATA_EVERY % len(CATEGORIES)]
        at = timestamp(agent.created_at)
        for key, value in (("agentWallet", agent.owner[2:]), ("category", category.hex())):
            yield f"{agent.uuid}\t{key}\t\\\\x{value}\t{at}\n".encode()
