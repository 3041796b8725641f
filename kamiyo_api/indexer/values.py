"""The values of JSON-RPC: quantities, headers of blocks and logs. What cannot be read is a fault of
the provider; what is not final enough to have a hash is a block that it does not know yet."""

from __future__ import annotations

from binascii import unhexlify
from typing import Any, NamedTuple

from kamiyo_api.indexer.failures import Behind, Contradiction, Fault

WORD = 32
HASH_LENGTH = 2 + 2 * WORD
ADDRESS_LENGTH = 2 + 40
BLOOM_LENGTH = 2 + 512
MAX_TOPICS = 4
# Of both hashes and the address.
HEAD_BYTES = 84
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


def log_of(value: Any) -> Log:
    """Return a log in an answer. Raises Behind if it is of a block that is not sealed, Fault."""
    try:
        block_hash, transaction, data = value["blockHash"], value["transactionHash"], value["data"]
        address, topics = value["address"], value["topics"]
        if block_hash is None or value["logIndex"] is None:
            raise Behind("it answers logs of a block that is not sealed")
        words = len(topics)
        joined = "".join(topics)
        # Decoded at once, which is faster.
        head = f"{block_hash}{transaction}{address}{joined}".replace("0x", "")
        end = HEAD_BYTES + WORD * words
        if (
            len(block_hash) != HASH_LENGTH
            or len(transaction) != HASH_LENGTH
            or len(address) != ADDRESS_LENGTH
            or len(joined) != HASH_LENGTH * words
            or words > MAX_TOPICS
            or len(head) != 2 * end
            or data[:2] != "0x"
        ):
            raise Fault("a log that is none")
        raw = unhexlify(head)
        return Log(
            int(value["blockNumber"], 16),
            int(value["logIndex"], 16),
            raw[:32],
            raw[32:64],
            raw[64:84],
            raw[84:],
            unhexlify(data[2:]),
        )
    except (TypeError, ValueError, KeyError):
        raise Fault("a log that is none") from None
