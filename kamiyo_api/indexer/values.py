"""The values of JSON-RPC: quantities, headers of blocks and logs. A value that cannot be read is a
fault of the provider. A block without a hash is one that the provider does not know yet."""

from __future__ import annotations

from binascii import unhexlify
from collections.abc import Sequence
from typing import Any, NamedTuple

from kamiyo_api.indexer.failures import Behind, Contradiction, Fault

WORD = 32
HASH_LENGTH = 2 + 2 * WORD
ADDRESS_LENGTH = 2 + 40
BLOOM_LENGTH = 2 + 512
MAX_TOPICS = 4
NO_HASH = bytes(WORD)
# The latest time that PostgreSQL's timestamps surely hold.
MAX_TIME = 1 << 38


class Header(NamedTuple):
    """The header of a block."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    bloom: int = 0
    """The bits of its logs; 0 if the chain has no blooms."""


class Log(NamedTuple):
    """A log, in the order of the chain by its first two fields. Topics are concatenated."""

    block_number: int
    log_index: int
    block_hash: bytes
    transaction_hash: bytes
    address: bytes
    topics: bytes
    data: bytes


def quantity(value: Any) -> int:
    """Return a number that is written in hex. Raises Fault."""
    try:
        if value[:2] == "0x" and len(value) <= 66:
            return int(value[2:], 16)
    except (TypeError, ValueError):
        pass
    raise Fault("a number that is none")


def word(value: Any) -> bytes:
    """Return 32 bytes that are written in hex. Raises Fault."""
    try:
        if len(value) == HASH_LENGTH and value[:2] == "0x":
            return unhexlify(value[2:])
    except (TypeError, ValueError):
        pass
    raise Fault("a hash that is none")


def header_of(result: Any, number: int | None = None) -> Header:
    """Return the header in an answer; of the block with a number, if one is given.

    Raises Behind if there is none yet, Contradiction if it is another one, Fault.
    """
    if result is None:
        raise Behind(f"it does not know block {'' if number is None else number}".rstrip())
    if not isinstance(result, dict):
        raise Fault("a block that is none")
    if result.get("hash") is None or result.get("number") is None:
        raise Behind("it answers a block that is not sealed")
    header = Header(
        quantity(result["number"]),
        word(result["hash"]),
        word(result.get("parentHash")),
        quantity(result.get("timestamp")),
        bloom_of(result.get("logsBloom")),
    )
    if header.hash == NO_HASH:
        raise Behind("it answers a block that is not sealed")
    if (number is not None and header.number != number) or header.time > MAX_TIME:
        raise Contradiction(f"it answers block {header.number}, asked for {number}")
    return header


def bloom_of(value: Any) -> int:
    """Return a bloom; 0 for what is none."""
    try:
        return int(value, 16) if len(value) == BLOOM_LENGTH else 0
    except (TypeError, ValueError):
        return 0


class Known(dict[str, bytes]):
    """The bytes of values of one length that are written in hex, each decoded once: most of those
    in an answer are repeated."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length

    def __missing__(self, text: str) -> bytes:
        if len(text) != self._length or text[:2] != "0x":
            raise Fault("a log that is none")
        raw = self[text] = unhexlify(text[2:])
        return raw


def logs_in(values: Sequence[Any]) -> list[Log]:
    """Return the logs in an answer, column by column, which is faster. Raises Behind if one is of a
    block that is not sealed, Fault."""
    words, addresses = Known(HASH_LENGTH).__getitem__, Known(ADDRESS_LENGTH).__getitem__
    try:
        hashes = [value["blockHash"] for value in values]
        indexes = [value["logIndex"] for value in values]
        if None in hashes or None in indexes:
            raise Behind("it answers logs of a block that is not sealed")
        topics = [value["topics"] for value in values]
        data = [value["data"] for value in values]
        if max(map(len, topics), default=0) > MAX_TOPICS or {each[:2] for each in data} - {"0x"}:
            raise Fault("a log that is none")
        return list(
            map(
                Log,
                [int(value["blockNumber"], 16) for value in values],
                [int(each, 16) for each in indexes],
                map(words, hashes),
                [words(value["transactionHash"]) for value in values],
                [addresses(value["address"]) for value in values],
                [b"".join(map(words, each)) for each in topics],
                [unhexlify(each[2:]) for each in data],
            )
        )
    except (TypeError, ValueError, KeyError):
        raise Fault("a log that is none") from None


def log_of(value: Any) -> Log:
    """Return one log. Raises as logs_in() does."""
    return logs_in([value])[0]
