"""Logs as the registries of ERC-8004 emit them, built from their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kamiyo_api.indexer.events import TOPICS
from kamiyo_api.indexer.keccak import keccak256

IDENTITY = "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432"
REPUTATION = "0x8004baa17c55a88189ae136b182e5fda19de9b63"
VALIDATION = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"
NOBODY = "0x" + "0" * 40


def word(value: int | str | bytes) -> bytes:
    """Return one word: a number, an address or 32 bytes."""
    if isinstance(value, int):
        return value.to_bytes(32, signed=value < 0)
    raw = bytes.fromhex(value[2:]) if isinstance(value, str) else value
    return raw.rjust(32, b"\0")


def tail(text: bytes) -> bytes:
    """Return the bytes of a string, with its length before them and padded to whole words."""
    return word(len(text)) + text + b"\0" * (-len(text) % 32)


def encoded(*values: Any) -> bytes:
    """Return the data of a log: a `bytearray` is a string, everything else one word."""
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
    """One log as in the journal, without its position."""

    address: str
    topics: bytes
    data: bytes = b""


def log(address: str, event: str, *indexed: Any, data: bytes = b"") -> Log:
    """Return a log of a known event."""
    return Log(address, bytes.fromhex(TOPICS[event]) + b"".join(map(word, indexed)), data)


def transfer(agent_id: int, sender: str, receiver: str, address: str = IDENTITY) -> Log:
    """Transfer an agent to another owner."""
    return log(address, "Transfer", sender, receiver, agent_id)


def uri_written(agent_id: int) -> Log:
    """Write the URI of an agent."""
    return log(IDENTITY, "MetadataUpdate", data=word(agent_id))


def registered(agent_id: int, owner: str, uri: bytes) -> Log:
    """Finish a registration."""
    return log(IDENTITY, "Registered", agent_id, owner, data=encoded(bytearray(uri)))


def uri_updated(agent_id: int, uri: bytes, by: str = NOBODY) -> list[Log]:
    """Change the URI of an agent."""
    changed = log(IDENTITY, "URIUpdated", agent_id, by, data=encoded(bytearray(uri)))
    return [uri_written(agent_id), changed]


def metadata_set(agent_id: int, key: bytes, value: bytes) -> Log:
    """Set a metadata value of an agent."""
    data = encoded(bytearray(key), bytearray(value))
    return log(IDENTITY, "MetadataSet", agent_id, keccak256(key), data=data)


def registration(agent_id: int, owner: str, uri: bytes = b"", *inside: Log) -> list[Log]:
    """Register an agent as the contract does; `inside` is what the receiver does in the mint."""
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
    """Give feedback as a client."""
    texts = [bytearray(each) for each in (tag1, tag1, tag2, endpoint, uri)]
    data = encoded(index, value, decimals, *texts[1:], file_hash)
    return log(address, "NewFeedback", agent_id, client, keccak256(tag1), data=data)


def revoked(agent_id: int, client: str, index: int) -> Log:
    """Revoke feedback as its client."""
    return log(REPUTATION, "FeedbackRevoked", agent_id, client, index)


def response(
    agent_id: int, client: str, index: int, responder: str, uri: bytes, digest: bytes = bytes(32)
) -> Log:
    """Respond to feedback."""
    data = encoded(index, bytearray(uri), digest)
    return log(REPUTATION, "ResponseAppended", agent_id, client, responder, data=data)


def validation_request(
    agent_id: int, validator: str, digest: bytes, uri: bytes = b"", address: str = VALIDATION
) -> Log:
    """Request a validation of an agent."""
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
    """Respond to a request as its validator."""
    data = encoded(answer, bytearray(uri), bytes(32), bytearray(tag))
    return log(address, "ValidationResponse", validator, agent_id, digest, data=data)
