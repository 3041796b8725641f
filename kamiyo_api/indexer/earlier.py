"""Look up tokens and feedback as they were before a block: from the tables as far as they are
projected, from the journal after that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from kamiyo_api import db
from kamiyo_api.indexer.events import TOPICS

TRANSFER = bytes.fromhex(TOPICS["Transfer"])
FEEDBACK = bytes.fromhex(TOPICS["NewFeedback"])


class Token(NamedTuple):
    """A token of an identity registry."""

    address: bytes
    word: bytes


class Pair(NamedTuple):
    """An agent and a client, as two words, in a registry of feedback."""

    address: bytes
    words: bytes


class Earlier:
    """The facts about one chain in the database."""

    def __init__(self, chain: str, identities: Mapping[bytes, str]) -> None:
        """`identities` are the identity registries of the contracts."""
        self._chain = chain
        self._identities = identities
        self._contracts = {name: raw(name) for name in identities.values()}

    def token_of(self, pair: Pair) -> Token:
        """Return the token of the agent that feedback is given to."""
        return Token(self._contracts[self._identities[pair.address]], pair.words[:32])

    def next_token(self, address: bytes, from_block: int, to_block: int) -> int | None:
        """Return the token that is minted next, or None if none was minted."""
        row = db.row(
            "sequences.get_projected_mint",
            chain=self._chain,
            registry=self._identities[address],
            projected=from_block - 1,
        )
        known = [] if row is None or row["agent_id"] is None else [int(row["agent_id"])]
        if from_block <= to_block:
            mint = db.row(
                "sequences.get_last_mint",
                chain=self._chain,
                from_block=from_block,
                to_block=to_block,
                address=address,
                mint=TRANSFER + bytes(32),
            )
            if mint is not None and mint["token"] is not None:
                known.append(int.from_bytes(mint["token"]))
        return max(known) + 1 if known else None

    def owners(
        self, tokens: Collection[Token], from_block: int, to_block: int
    ) -> dict[Token, bytes]:
        """Return the owners of tokens, as far as they are known."""
        if not tokens:
            return {}
        rows = db.rows(
            "sequences.list_projected_owners",
            chain=self._chain,
            projected=from_block - 1,
            registries=[self._identities[each.address] for each in tokens],
            agent_ids=[int.from_bytes(each.word) for each in tokens],
        )
        owners = {
            (row["registry_address"], int(row["agent_id"])): raw(row["owner_address"])
            for row in rows
        }
        found = {each: owners.get(self._named(each)) for each in tokens}
        if from_block <= to_block:
            for row in db.rows(
                "sequences.list_last_transfers",
                chain=self._chain,
                from_block=from_block,
                to_block=to_block,
                topic=TRANSFER,
                tokens=[each.word for each in tokens],
            ):
                found[Token(bytes(row["address"]), bytes(row["token"]))] = bytes(row["receiver"])
        return {token: owner for token, owner in found.items() if owner is not None}

    def last_feedback(
        self, pairs: Collection[Pair], from_block: int, to_block: int
    ) -> dict[Pair, int]:
        """Return the numbers of the last feedback of clients, as far as there is any."""
        if not pairs:
            return {}
        wanted = {self._named_pair(pair): pair for pair in pairs}
        rows = db.rows(
            "sequences.list_projected_feedback",
            chain=self._chain,
            projected=from_block - 1,
            registries=[registry for registry, _, _ in wanted],
            agent_ids=[agent_id for _, agent_id, _ in wanted],
            clients=[client for _, _, client in wanted],
        )
        found = {
            wanted[row["registry_address"], int(row["agent_id"]), row["client"]]: row["last_index"]
            for row in rows
        }
        if from_block <= to_block:
            for row in db.rows(
                "sequences.list_last_feedback",
                chain=self._chain,
                from_block=from_block,
                to_block=to_block,
                topic=FEEDBACK,
                pairs=[each.words for each in pairs],
            ):
                pair = Pair(bytes(row["address"]), bytes(row["pair"]))
                found[pair] = int.from_bytes(row["last_index"])
        return found

    def _named(self, token: Token) -> tuple[str, int]:
        return self._identities[token.address], int.from_bytes(token.word)

    def _named_pair(self, pair: Pair) -> tuple[str, int, str]:
        agent_id = int.from_bytes(pair.words[:32])
        return self._identities[pair.address], agent_id, f"0x{pair.words[44:].hex()}"


def raw(address: str) -> bytes:
    """Return the bytes of an address."""
    return bytes.fromhex(address[2:])
