"""The events on the chain of the demo, block by block, always the same."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import NamedTuple

import orjson

from kamiyo_api.demo import logs
from kamiyo_api.demo.files import ADJECTIVES, DEEDS, FIELDS, ROLES, TRUST, TYPE
from kamiyo_api.demo.logs import IDENTITY, Log
from kamiyo_api.demo.population import address, digest

SEED = 8004
CHAIN, CHAIN_ID = "demo", 31337
BLOCKS = 600
FIRST_AGENTS = 4
CLIENTS, VALIDATORS = 12, 3
TAGS = (b"", b"", b"quality", b"accuracy", b"starred")
# One in so many agents has a file that names another agent and proves nothing.
UNVERIFIED_EVERY = 8

Transaction = list[Log]


class Block(NamedTuple):
    """The transactions of a block, and a description of them."""

    transactions: list[Transaction]
    deeds: str


Given = tuple[int, str, int]


@dataclass
class State:
    """The state of the chain so far."""

    random: Random
    owners: list[str] = field(default_factory=list)
    latest: Counter[tuple[int, str]] = field(default_factory=Counter)
    given: list[Given] = field(default_factory=list)
    requested: list[tuple[int, str, bytes]] = field(default_factory=list)

    def agent(self) -> int:
        """Return a random agent, the first ones more often."""
        return int(len(self.owners) * self.random.random() ** 2)

    def wallet(self, kind: str, many: int) -> str:
        """Return the address of one of so many clients, owners or validators."""
        return address(SEED, f"chain {kind}", self.random.randrange(many))


def blocks() -> Iterator[Block]:
    """Yield the blocks of the demo."""
    return islice(_endless(State(Random(f"{SEED} chain"))), BLOCKS)


def _endless(state: State) -> Iterator[Block]:
    number = 0
    while True:
        number += 1
        deeds: list[tuple[str, Transaction]] = []
        chances = (
            (registration, 1.0 if number <= FIRST_AGENTS else 0.25),
            (feedback, 1.0),
            (feedback, 0.7),
            (feedback, 0.4),
            (response, 0.25),
            (revocation, 0.08),
            (new_file, 0.08),
            (transfer, 0.06),
            (validation, 0.12),
            (validated, 0.12),
        )
        for deed, chance in chances:
            if state.random.random() < chance:
                done = deed(state)
                deeds += [(deed.__name__.replace("_", " "), done)] if done else []
        yield Block([done for _, done in deeds], in_words(name for name, _ in deeds))


def in_words(names: Iterator[str]) -> str:
    """Return the description of a block, such as "registration, feedback x 3"."""
    counted = Counter(names)
    return ", ".join(name if count == 1 else f"{name} x {count}" for name, count in counted.items())


def registration(state: State) -> Transaction:
    agent_id, owner = len(state.owners), state.wallet("owner", 60)
    state.owners.append(owner)
    known = [] if state.random.random() < 0.7 else [category(state, agent_id)]
    return [*logs.registration(agent_id, owner, file_uri(state.random, agent_id)), *known]


def category(state: State, agent_id: int) -> Log:
    return logs.metadata_set(agent_id, b"category", state.random.choice(FIELDS).encode())


def feedback(state: State) -> Transaction:
    agent_id, client = state.agent(), state.wallet("client", CLIENTS)
    if client == state.owners[agent_id]:
        return []
    state.latest[agent_id, client] += 1
    index = state.latest[agent_id, client]
    state.given.append((agent_id, client, index))
    # Agents differ in quality, and each use differs slightly.
    value = min(100, round(state.random.gauss(60 + agent_id * 7 % 40, 8)))
    return [logs.feedback(agent_id, client, index, value, tag1=state.random.choice(TAGS))]


def response(state: State) -> Transaction:
    agent_id, client, index = state.random.choice(state.given)
    return [logs.response(agent_id, client, index, state.owners[agent_id], b"data:,Thanks")]


def revocation(state: State) -> Transaction:
    """Revoke one of the feedback records, which cannot be revoked twice."""
    place = state.random.randrange(len(state.given))
    return [logs.revoked(*state.given.pop(place))] if len(state.given) > 1 else []


def new_file(state: State) -> Transaction:
    agent_id = state.agent()
    return logs.uri_updated(agent_id, file_uri(state.random, agent_id), state.owners[agent_id])


def transfer(state: State) -> Transaction:
    agent_id, receiver = state.agent(), state.wallet("owner", 60)
    sender, state.owners[agent_id] = state.owners[agent_id], receiver
    return [logs.transfer(agent_id, sender, receiver)]


def validation(state: State) -> Transaction:
    request = bytes.fromhex(digest(SEED, "chain request", state.random.getrandbits(64), 32))
    agent_id, validator = state.agent(), state.wallet("validator", VALIDATORS)
    state.requested.append((agent_id, validator, request))
    return [logs.validation_request(agent_id, validator, request, b"data:,work")]


def validated(state: State) -> Transaction:
    """Respond to the oldest request, if there is one."""
    if not state.requested:
        return []
    answer = state.random.randrange(50, 101)
    return [logs.validation_response(*state.requested.pop(0), answer, b"audit")]


def file_uri(random: Random, agent_id: int) -> bytes:
    """Return a data: URI with the registration file of an agent."""
    file = orjson.dumps(registration_file(random, agent_id))
    return b"data:application/json;base64," + base64.b64encode(file)


def registration_file(random: Random, agent_id: int) -> dict[str, object]:
    """Return a registration file that names this agent or, for a few, another one."""
    name = f"{random.choice(ADJECTIVES)} {random.choice(ROLES)}"
    unverified = agent_id % UNVERIFIED_EVERY == UNVERIFIED_EVERY - 1
    registry = f"eip155:{CHAIN_ID}:{IDENTITY}"
    return {
        "type": TYPE,
        "name": f"{name} {agent_id}",
        "description": f"{random.choice(DEEDS)} {random.choice(FIELDS)}.",
        "services": [{"name": "ENS", "endpoint": f"agent-{agent_id}.eth"}],
        "x402Support": random.random() < 0.5,
        "active": True,
        "registrations": [{"agentId": agent_id + unverified, "agentRegistry": registry}],
        "supportedTrust": random.choice(TRUST),
    }
