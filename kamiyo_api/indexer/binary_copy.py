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


class BoundedRows(list[bytes]):
    """The rows that COPY writes, as the driver hands them over, until they are more than so many
    bytes; `is_cut` says that some were left out."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__()
        self._left = most_bytes
        self.is_cut = False

    def write(self, row: bytes) -> None:
        """Keep a row while there is room."""
        row = row if self else row.removeprefix(SIGNATURE)
        if row == TRAILER:
            return
        if self._left < 0:
            self.is_cut = True
            return
        self._left -= len(row)
        self.append(row)


def block_of(row: bytes) -> int:
    """Return the block of a log that projection.copy_logs wrote."""
    return int.from_bytes(row[6:14])


def projected_logs(rows: Iterable[bytes]) -> Iterator[ProjectedLog]:
    """Yield the block, index, transaction, contract, topics and data of logs that
    projection.copy_logs wrote."""
    fixed, size = PROJECTED.unpack_from, PROJECTED.size
    for row in rows:
        number, index, transaction, address, length = fixed(row)
        end = size + length
        yield number, index, transaction, address, row[size:end], row[end + 4 :]
