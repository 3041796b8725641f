"""Logs as the contracts emit them, built from their values, for the journal of a chain."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kamiyo_api.indexer.events import TOPICS

IDENTITY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
REPUTATION = "0x8004baa17c55a88189ae136b182e5fda19de9b63"
VALIDATION = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"
NOBODY = "0x" + "0" * 40
FIRST_BLOCK = 41663783
FIRST_TIME = 1_700_000_000


def word(value: int | str | bytes) -> bytes:
    """One word: a number, an address or 32 bytes."""
    if isinstance(value, int):
        return value.to_bytes(32, signed=value < 0)
    raw = bytes.fromhex(value[2:]) if isinstance(value, str) else value
    return raw.rjust(32, b"\0")


def tail(text: bytes) -> bytes:
    """The bytes of a string, with its length before them and padded to whole words."""
    return word(len(text)) + text + b"\0" * (-len(text) % 32)


def encoded(*values: Any) -> bytes:
    """The data of a log: a `bytearray` is a string, everything else one word."""
    heads, tails = [], b""
    for value in values:
        if isinstance(value, bytearray):
            heads.append(word(32 * len(values) + len(tails)))
            tails += tail(bytes(value))
        else:
            heads.append(word(value))
    return b"".join(heads) + tails


@dataclass(frozen=True)
class Log:
    """One log: what the journal holds, without its place."""

    address: str
    topics: bytes
    data: bytes = b""


def log(address: str, event: str, *indexed: Any, data: bytes = b"") -> Log:
    """A log of a known event."""
    return Log(address, bytes.fromhex(TOPICS[event]) + b"".join(map(word, indexed)), data)


def hashed(text: bytes) -> bytes:
    """A hash in the place of an indexed string; nobody compares it."""
    return hashlib.sha256(text).digest()


def transfer(agent_id: int, sender: str, receiver: str, address: str = IDENTITY) -> Log:
    """An agent goes to another owner."""
    return log(address, "Transfer", sender, receiver, agent_id)


def uri_written(agent_id: int) -> Log:
    """The URI of an agent is written."""
    return log(IDENTITY, "MetadataUpdate", data=word(agent_id))


def registered(agent_id: int, owner: str, uri: bytes) -> Log:
    """The end of a registration."""
    return log(IDENTITY, "Registered", agent_id, owner, data=encoded(bytearray(uri)))


def uri_updated(agent_id: int, uri: bytes, by: str = NOBODY) -> list[Log]:
    """An agent has another URI."""
    changed = log(IDENTITY, "URIUpdated", agent_id, by, data=encoded(bytearray(uri)))
    return [uri_written(agent_id), changed]


def metadata_set(agent_id: int, key: bytes, value: bytes) -> Log:
    """An agent has another value under a key."""
    data = encoded(bytearray(key), bytearray(value))
    return log(IDENTITY, "MetadataSet", agent_id, hashed(key), data=data)


def registration(agent_id: int, owner: str, uri: bytes = b"", *inside: Log) -> list[Log]:
    """A registration as the contract emits it; `inside` is what the receiver does in the mint."""
    wallet = bytes.fromhex(owner[2:])
    return [
        transfer(agent_id, NOBODY, owner),
        *inside,
        *([uri_written(agent_id)] if uri else []),
        registered(agent_id, owner, uri),
        metadata_set(agent_id, b"agentWallet", wallet),
    ]


def feedback(
    agent_id: int,
    client: str,
    index: int,
    value: int = 90,
    decimals: int = 0,
    tag1: bytes = b"",
    tag2: bytes = b"",
    endpoint: bytes = b"",
    uri: bytes = b"",
    file_hash: bytes = bytes(32),
    address: str = REPUTATION,
) -> Log:
    """A client gives feedback."""
    texts = [bytearray(each) for each in (tag1, tag1, tag2, endpoint, uri)]
    data = encoded(index, value, decimals, *texts[1:], file_hash)
    return log(address, "NewFeedback", agent_id, client, hashed(tag1), data=data)


def revoked(agent_id: int, client: str, index: int) -> Log:
    """A client revokes feedback."""
    return log(REPUTATION, "FeedbackRevoked", agent_id, client, index)


def response(
    agent_id: int, client: str, index: int, responder: str, uri: bytes, digest: bytes = bytes(32)
) -> Log:
    """Somebody responds to feedback."""
    data = encoded(index, bytearray(uri), digest)
    return log(REPUTATION, "ResponseAppended", agent_id, client, responder, data=data)


def validation_request(
    agent_id: int, validator: str, digest: bytes, uri: bytes = b"", address: str = VALIDATION
) -> Log:
    """An agent requests a validation."""
    data = encoded(bytearray(uri))
    return log(address, "ValidationRequest", validator, agent_id, digest, data=data)


def validation_response(
    agent_id: int,
    validator: str,
    digest: bytes,
    answer: int,
    tag: bytes = b"",
    uri: bytes = b"",
    address: str = VALIDATION,
) -> Log:
    """A validator responds."""
    data = encoded(answer, bytearray(uri), bytes(32), bytearray(tag))
    return log(address, "ValidationResponse", validator, agent_id, digest, data=data)


@dataclass
class Chain:
    """A chain whose blocks are built from logs, as rows of the journal."""

    name: str = "base"
    number: int = FIRST_BLOCK
    logs: list[tuple[Any, ...]] = field(default_factory=list)
    blocks: list[tuple[Any, ...]] = field(default_factory=list)

    def block(self, *transactions: list[Log]) -> int:
        """Add a block with the logs of its transactions; its number."""
        number, self.number = self.number, self.number + 1
        block_hash = hashed(b"%d" % number)
        self.blocks.append(
            (self.name, number, block_hash, hashed(b"%d" % (number - 1)), FIRST_TIME + number)
        )
        self.logs += self._rows(number, block_hash, transactions)
        return number

    def _rows(
        self, number: int, block_hash: bytes, transactions: tuple[list[Log], ...]
    ) -> Iterator[tuple[Any, ...]]:
        indexes = itertools.count()
        for place, logs in enumerate(transactions):
            transaction = transaction_hash(number, place)
            for each in logs:
                address = bytes.fromhex(each.address[2:])
                place_of_log = (self.name, number, next(indexes), block_hash, transaction)
                yield (*place_of_log, address, each.topics, each.data)


def transaction_hash(block: int, place: int = 0) -> bytes:
    """The hash of the nth transaction of a block."""
    return hashed(b"%d/%d" % (block, place))
