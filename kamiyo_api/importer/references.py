"""The names that lines have for their agents, and the agents that they name."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from kamiyo_api import db
from kamiyo_api.chains import KnownChains
from kamiyo_api.importer.lines import agent_id_of, chain_of, registry_of
from kamiyo_api.importer.values import NULL, LineRejected, shown

CAIP_10 = re.compile(r"(eip155:[0-9]{1,20}):(0x[0-9a-fA-F]{40}):([0-9]{1,78})")
NOT_NAMED = "names no agent: give agent, agent_uuid, or chain and agent_id"
NOT_KNOWN = "its agent is not known here; import agents first"
OWN = "client_address is the owner of the agent"
MOST_KNOWN = 50_000

# The uuid of an agent, or its chain, registry and id.
Name = tuple[str] | tuple[str, str, str]


class Agent(NamedTuple):
    """An agent, as the columns of its lines need it."""

    agent_uuid: bytes
    chain: bytes
    owner_address: bytes


class AgentLine(NamedTuple):
    """A line about an agent: its columns without agent_uuid and chain."""

    number: int
    name: Name
    chain: bytes
    """The chain of the fact, null if it is that of the agent."""
    client: bytes | None
    """An address that must not be the owner's."""
    columns: list[bytes]


class KnownAgents:
    """The agents that the lines of one import name, each batch of them looked up at once."""

    def __init__(self) -> None:
        self._known: dict[Name, Agent] = {}

    def complete(self, lines: list[AgentLine | LineRejected]) -> Iterable[Any]:
        """Return the columns of lines, or why a line is rejected."""
        named = {line.name for line in lines if isinstance(line, AgentLine)}
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        missing = named - self._known.keys()
        if missing:
            self._known.update(find_agents(missing))
        return [self._completed(line) if isinstance(line, AgentLine) else line for line in lines]

    def _completed(self, line: AgentLine) -> list[bytes] | LineRejected:
        agent = self._known.get(line.name)
        if agent is None:
            return LineRejected(NOT_KNOWN)
        if line.client == agent.owner_address:
            return LineRejected(OWN)
        chain = agent.chain if line.chain == NULL else line.chain
        return [b"%d" % line.number, agent.agent_uuid, chain, *line.columns]


def completer() -> Any:
    """Return a function that completes the lines of one import."""
    return KnownAgents().complete


def find_agents(names: Iterable[Name]) -> dict[Name, Agent]:
    """Return the agents that exist, by their names."""
    uuids = [name[0] for name in names if len(name) == 1]
    tokens = [name for name in names if len(name) == 3]
    chains, registries, agent_ids = map(list, zip(*tokens, strict=True)) if tokens else ([], [], [])
    rows = db.rows(
        "imports.list_agents",
        uuids=uuids,
        chains=chains,
        registries=registries,
        agent_ids=agent_ids,
    )
    return {name_of(row): agent_of(row) for row in rows}


def name_of(row: db.Row) -> Name:
    """Return the name by which an agent was found."""
    if row["is_by_uuid"]:
        return (row["agent_uuid"],)
    return row["chain"], row["registry_address"], row["agent_id"]


def agent_of(row: db.Row) -> Agent:
    """Return the agent of a row."""
    return Agent(row["agent_uuid"].encode(), row["chain"].encode(), row["owner_address"].encode())


def name_in(fields: dict[str, Any], line: bytes, chains: KnownChains) -> Name:
    """Return how a line names its agent: by uuid, by CAIP-10, or by chain, registry and id.

    Raises LineRejected.
    """
    if fields.get("agent_uuid") is not None:
        return (uuid_of(fields["agent_uuid"]),)
    if fields.get("agent") is not None:
        return caip_10_of(fields["agent"], chains)
    if fields.get("agent_id") is None:
        raise LineRejected(NOT_NAMED)
    chain = chain_of(fields, chains)
    return chain.name, registry_of(fields, chain).decode(), str(agent_id_of(fields, line))


def uuid_of(value: Any) -> str:
    """Return a UUID in its usual form, whatever its notation. Raises LineRejected."""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise LineRejected(f"agent_uuid must be a UUID, not {shown(value)}") from None


def caip_10_of(value: Any, chains: KnownChains) -> Name:
    """Return the name of an agent such as eip155:8453:0x8004…:77. Raises LineRejected."""
    found = CAIP_10.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise LineRejected(
            f"agent must be eip155:<chain id>:<registry address>:<agent id>, not {shown(value)}"
        )
    fields = {"chain": found[1], "registry_address": found[2], "agent_id": found[3]}
    return name_in(fields, b"", chains)
