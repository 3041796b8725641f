"""The journal of a chain, built from the logs that the contracts emit."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from kamiyo_api.demo.logs import (
    IDENTITY,
    NOBODY,
    REPUTATION,
    VALIDATION,
    Log,
    encoded,
    feedback,
    log,
    metadata_set,
    registered,
    registration,
    response,
    revoked,
    tail,
    transfer,
    uri_updated,
    uri_written,
    validation_request,
    validation_response,
    word,
)

__all__ = [
    "FIRST_BLOCK",
    "FIRST_TIME",
    "IDENTITY",
    "NOBODY",
    "REPUTATION",
    "VALIDATION",
    "Chain",
    "Log",
    "encoded",
    "feedback",
    "hashed",
    "log",
    "metadata_set",
    "registered",
    "registration",
    "response",
    "revoked",
    "tail",
    "transaction_hash",
    "transfer",
    "uri_updated",
    "uri_written",
    "validation_request",
    "validation_response",
    "word",
]

FIRST_BLOCK = 41663783
FIRST_TIME = 1_700_000_000


def hashed(text: bytes) -> bytes:
    """A hash in the place of that of a block; nobody compares it."""
    return hashlib.sha256(text).digest()


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
