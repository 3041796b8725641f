"""The sample of an audit: random agents of a chain, their stored data, and the calls to the
contracts that must return the same."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kamiyo_api import db
from kamiyo_api.indexer.contract_calls import REVERTS, Question
from kamiyo_api.indexer.facts import NOBODY
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.folding import Registry
from kamiyo_api.indexer.projector import registries_of

# Of each agent. getSummary costs gas per client, which providers limit.
KEYS, INDEXES, SUMMARY_CLIENTS = 4, 3, 50
HIGHEST_SAMPLED_ID = 2**62


class NothingProjected(Stop):
    """Read the chain first: flask index-chain NAME."""

    code = "NOTHING_PROJECTED"


class Sample(NamedTuple):
    """The questions of an audit, about the state at one block. The first counts the agents."""

    block: int
    block_hash: bytes | None
    agents: int
    questions: list[Question]


def take_sample(chain: str, agents: int) -> Sample:
    """Return a sample of so many agents of each identity registry of a chain. Raises Stop."""
    with db.transaction(limited=False) as tx:
        tx.row("audit.get_lock", chain=chain)
        found = tx.row("audit.get_projected", chain=chain)
        if found is None or found["projected_block"] < found["from_block"]:
            raise NothingProjected(f"nothing of {chain} is projected")
        registries = registries_of(tx, chain)
        questions: list[Question] = []
        sampled = 0
        for identity in (each for each in registries if each.kind == "identity"):
            sampling = Sampling(tx, chain, identity.address, reputation_of(registries, identity))
            questions += sampling.count()
            questions += sampling.questions(agents)
            sampled += sampling.sampled
    block_hash = found["block_hash"]
    known = None if block_hash is None else bytes(block_hash)
    return Sample(found["projected_block"], known, sampled, questions)


def reputation_of(registries: Sequence[Registry], identity: Registry) -> str | None:
    """Return the address of the registry of feedback for the agents of an identity registry."""
    for each in registries:
        if each.kind == "reputation" and each.identity_registry == identity.address:
            return each.address
    return None


class Sampling:
    """The questions about the agents of one identity registry."""

    def __init__(
        self, tx: db.Transaction, chain: str, identity: str, reputation: str | None
    ) -> None:
        self._tx, self._place = tx, {"chain": chain, "registry": identity}
        self._identity, self._reputation = identity, reputation
        self._next_id = 0
        self.sampled = 0

    def count(self) -> Iterator[Question]:
        """Yield the questions of how many agents there are."""
        row = self._tx.row("audit.count_agents", **self._place) or {}
        self._next_id = int(row["next_id"])
        yield Question("nextId", self._identity, self._next_id, (), row["agents"])
        # An id that was never given has no owner, whatever the layout of the storage.
        yield self._of_identity("ownerOf", self._next_id, held=REVERTS)

    def questions(self, agents: int) -> Iterator[Question]:
        """Yield the questions about random agents."""
        ids = range(min(self._next_id, HIGHEST_SAMPLED_ID))
        chosen = random.sample(ids, min(agents, len(ids)))
        self.sampled = len(chosen)
        rows = self._tx.rows("audit.list_agents", agent_ids=chosen, **self._place)
        tokens = {}
        for row in rows:
            agent_id = int(row["agent_id"])
            if row["agent_uuid"] is not None:
                tokens[row["agent_uuid"]] = agent_id
            yield from self._of_agent(agent_id, row)
        yield from self._of_metadata(tokens)
        if self._reputation is not None:
            yield from self._of_feedback(tokens)

    def _of_identity(self, function: str, agent_id: int, *arguments: bytes, held: Any) -> Question:
        return Question(function, self._identity, agent_id, (agent_id, *arguments), held)

    def _of_agent(self, agent_id: int, row: db.Row) -> Iterator[Question]:
        owner = row["owner_address"]
        if owner is None or owner == NOBODY:
            yield self._of_identity("ownerOf", agent_id, held=REVERTS)
            return
        yield self._of_identity("ownerOf", agent_id, held=owner)
        yield self._of_identity("tokenURI", agent_id, held=bytes(row["token_uri"]))
        wallet = row["agent_wallet"] or NOBODY
        yield self._of_identity("getAgentWallet", agent_id, held=wallet)

    def _of_metadata(self, tokens: dict[str, int]) -> Iterator[Question]:
        rows = self._tx.rows("audit.list_metadata", agent_uuids=list(tokens), keys=KEYS)
        for row in rows:
            agent_id, value = tokens[row["agent_uuid"]], bytes(row["value"])
            yield self._of_identity("getMetadata", agent_id, bytes(row["key"]), held=value)

    def _of_feedback(self, tokens: dict[str, int]) -> Iterator[Question]:
        clients: defaultdict[str, list[db.Row]] = defaultdict(list)
        for row in self._tx.rows("audit.list_clients", agent_uuids=list(tokens)):
            clients[row["agent_uuid"]].append(row)
        for agent_uuid, agent_id in tokens.items():
            rows = clients[agent_uuid]
            held = tuple(row["client_address"] for row in rows)
            yield self._of_reputation("getClients", agent_id, held=held)
            for row in random.sample(rows, min(INDEXES, len(rows))):
                client, index = row["client_address"], row["last_index"]
                yield self._of_reputation("getLastIndex", agent_id, client, held=index)
            if rows:
                yield from self._of_summaries(agent_uuid, agent_id, rows)

    def _of_summaries(
        self, agent_uuid: str, agent_id: int, rows: list[db.Row]
    ) -> Iterator[Question]:
        """Yield a summary of any tags, and one of the tags of a feedback."""
        chosen = random.sample(rows, min(SUMMARY_CLIENTS, len(rows)))
        listed = [row["client_address"] for row in chosen]
        one = random.choice(chosen)
        tag2 = random.choice((b"", bytes(one["tag2"])))
        for tags in ((b"", b""), (bytes(one["tag1"]), tag2)):
            held = self._tx.row(
                "reputation_on_chain.get_summary",
                agent_uuid=agent_uuid,
                clients=listed,
                tag1=tags[0],
                tag2=tags[1],
            )
            assert held is not None
            summary = held["count"], int(held["value"]), held["value_decimals"]
            yield self._of_reputation("getSummary", agent_id, listed, *tags, held=summary)

    def _of_reputation(self, function: str, agent_id: int, *arguments: Any, held: Any) -> Question:
        assert self._reputation is not None
        return Question(function, self._reputation, agent_id, (agent_id, *arguments), held)
