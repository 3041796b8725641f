"""Rows in COPY's binary format, which PostgreSQL neither unescapes nor parses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from io import BytesIO
from struct import Struct

from kamiyo_api.indexer.values import Header, Log

SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
# PostgreSQL counts microseconds from the year 2000.
EPOCH_2000 = 946_684_800
LENGTH = Struct("!i").pack
COUNT = Struct("!h").pack
# From the block number to the length of the topics: every field but the variable ones has a fixed
# length.
FIXED = Struct("!iqiii32si32si20si").pack
BLOCK = Struct("!iqi32si32siq").pack
# From the number of columns of a row of projection.copy_logs to the length of its topics.
PROJECTED = Struct("!6xq4xi4x32s4x20si")

ProjectedLog = tuple[int, int, bytes, bytes, bytes, bytes]


def file_of(rows: Iterable[bytes]) -> BytesIO:
    """Return a file of rows; they are no more than one answer of a provider."""
    return BytesIO(b"".join(rows))


def log_rows(chain: str, logs: Iterable[Log]) -> Iterator[bytes]:
    """Yield the file of the rows of logs."""
    name = chain.encode()
    start = COUNT(8) + LENGTH(len(name)) + name
    yield SIGNATURE
    for number, index, block, transaction, address, topics, data in logs:
        fixed = FIXED(8, number, 4, index, 32, block, 32, transaction, 20, address, len(topics))
        yield b"".join((start, fixed, topics, LENGTH(len(data)), data))
    yield TRAILER


def block_rows(chain: str, headers: Iterable[Header]) -> Iterator[bytes]:
    """Yield the file of the rows of blocks."""
    name = chain.encode()
    start = COUNT(5) + LENGTH(len(name)) + name
    yield SIGNATURE
    for number, block, parent, time, _ in headers:
        micros = (time - EPOCH_2000) * 1_000_000
        yield start + BLOCK(8, number, 32, block, 32, parent, 8, micros)
    yield TRAILER


class BoundedFile(list[bytes]):
    """What COPY writes, row by row, until it is more than so many bytes; `is_cut` says that rows
    were left out."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._left = most_bytes
        self.is_cut = False

    def write(self, row: bytes) -> None:
        """Keep a row while there is room."""
        if self._left < 0:
            self.is_cut |= row != TRAILER
            return
        self._left -= len(row)
        self.append(row)


def projected_logs(copied: Iterable[bytes]) -> list[ProjectedLog]:
    """Return the block, index, transaction, contract, topics and data of the logs that
    projection.copy_logs wrote."""
    packed = b"".join(copied)
    fixed, size = PROJECTED.unpack_from, PROJECTED.size
    at, end = len(SIGNATURE), len(packed) - size
    logs = []
    while at <= end:
        number, index, transaction, address, length = fixed(packed, at)
        start = at + size
        topics = packed[start : start + length]
        start += length + 4
        at = start + int.from_bytes(packed[start - 4 : start])
        logs.append((number, index, transaction, address, topics, packed[start:at]))
    return logs
