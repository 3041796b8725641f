"""Bulk import of agents: JSON Lines into a staging table by COPY, then one upsert."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import orjson

from kamiyo_api import db
from kamiyo_api.cache.invalidation import invalidate_all
from kamiyo_api.chains import KnownChains, read_chains
from kamiyo_api.db.copying import copy_rows
from kamiyo_api.importer.lines import MAX_LINE_BYTES, LineRejected, NotJson, StagingRow, parse_line

BUFFER = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
NOT_JSON_LINES = "is neither JSON Lines nor gzip of it; nothing was loaded"
LINES_TO_JUDGE_BY = 100
MAX_REGISTRIES = 10_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Imported:
    """The result of an import: the number of lines by what happened to them.

    A line that is older than another one of its agent, or than the stored agent, counts as older.
    A line that is repeated by a later line of the same position on the chain counts as unchanged.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    older: int
    rejected: int
    seconds: float


@dataclass(frozen=True)
class RejectedLine:
    """A line that is not imported, and why; one that is far too long is cut."""

    number: int
    reason: str
    line: bytes

    def as_json(self) -> bytes:
        """Return the rejected line as one line of JSON; bytes that are not UTF-8 become \\x…."""
        text = self.line.decode("utf-8", "backslashreplace")
        document = {"line_number": self.number, "reason": self.reason, "line": text}
        return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)


class ImportFailed(Exception):
    """The file as a whole cannot be imported; nothing of it was imported."""


class Line(NamedTuple):
    """A line of the file; `ended` says whether a line break follows it."""

    number: int
    text: bytes
    ended: bool


class MeteredFile(io.RawIOBase):
    """A file that reports how many bytes were read from it."""

    def __init__(self, file: BinaryIO, advance: Callable[[int], object]) -> None:
        self._file = file
        self._advance = advance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self._advance(len(data))
        return len(data)


class Order:
    """The order of the agents of a file.

    If they ascend within each registry, as registries number them, no agent is repeated. A file
    with too many registries to remember counts as not ascending.
    """

    def __init__(self) -> None:
        self.is_ascending = True
        self._last: dict[tuple[bytes, bytes], int] = {}

    def add(self, line: StagingRow) -> None:
        """Add the next line."""
        if not self.is_ascending:
            return
        registry, agent_id = (line.chain, line.registry_address), int(line.agent_id)
        is_next = agent_id > self._last.get(registry, -1)
        self.is_ascending = is_next and len(self._last) < MAX_REGISTRIES
        self._last[registry] = agent_id


class StagingReader:
    """A reader that turns the lines of a file into staging rows once, and counts them."""

    def __init__(
        self,
        source: BinaryIO,
        chains: KnownChains,
        on_rejected: Callable[[RejectedLine], object],
    ) -> None:
        self._source = source
        self._chains = chains
        self._on_rejected = on_rejected
        self.read = 0
        self.rejected = 0
        self.older = 0
        self.order = Order()
        self._not_json = 0

    def rows(self) -> Iterator[bytes]:
        """Yield the staging rows of all valid lines.

        Raises ImportFailed if the file is truncated or not JSON Lines at all.
        """
        for line in read_lines(self._source):
            self.read += 1
            try:
                columns = parse_line(line.number, line.text, self._chains)
            except LineRejected as reason:
                self._reject_or_fail(line, reason)
            else:
                self.order.add(columns)
                yield b"\t".join(columns) + b"\n"
        if self.read and self._not_json == self.read:
            raise ImportFailed(NOT_JSON_LINES)

    def reject(self, line: RejectedLine) -> None:
        """Count a line as rejected and report it."""
        self.rejected += 1
        self._on_rejected(line)

    def _reject_or_fail(self, line: Line, reason: LineRejected) -> None:
        if isinstance(reason, NotJson):
            self._not_json += 1
            if self._not_json == self.read == LINES_TO_JUDGE_BY:
                raise ImportFailed(NOT_JSON_LINES)
            if not line.ended and self._not_json < self.read:
                raise ImportFailed(
                    f"breaks off in the middle of line {line.number}; nothing was loaded"
                )
        self.reject(RejectedLine(line.number, str(reason), line.text))


def import_file(
    file: BinaryIO,
    on_rejected: Callable[[RejectedLine], object],
    advance: Callable[[int], object] = lambda count: None,
) -> Imported:
    """Import the agents of a file of JSON Lines, plain or gzip, in one transaction.

    Calls on_rejected with each rejected line, and advance with the number of bytes read from the
    file. Raises ImportFailed if nothing was imported, and the errors of db.transaction().
    """
    began = time.monotonic()
    reader = StagingReader(unpack(file, advance), read_chains(db), on_rejected)
    with db.transaction(limited=False) as tx:
        invalidate_all(tx)
        tx.execute("imports.create_staging")
        copy_rows(tx, "imports.copy_staging", reader.rows())
        tx.execute("imports.update_too_large")
        if not reader.order.is_ascending:
            reader.older += delete_lines(tx, "imports.delete_duplicates")
        inserted, updated = upsert(tx, reader)
    unchanged = reader.read - reader.rejected - reader.older - inserted - updated
    seconds = time.monotonic() - began
    return Imported(
        reader.read, inserted, updated, unchanged, reader.older, reader.rejected, seconds
    )


def unpack(file: BinaryIO, advance: Callable[[int], object]) -> BinaryIO:
    """Return a file, unpacked if it begins as gzip does, whatever its name."""
    source = io.BufferedReader(MeteredFile(file, advance), BUFFER)
    if source.peek(2).startswith(GZIP_MAGIC):
        return io.BufferedReader(gzip.GzipFile(fileobj=source), BUFFER)
    return source


def read_lines(source: BinaryIO) -> Iterator[Line]:
    """Yield the lines that are not blank, numbered from 1; one that is far too long is cut.

    Raises ImportFailed if the file cannot be read or unpacked to its end.
    """
    number = 0
    try:
        while text := source.readline(MAX_LINE_BYTES + 1):
            number += 1
            ended = text.endswith(b"\n") or skip_rest(source, text)
            text = text.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n")
            if text:
                yield Line(number, text, ended)
    except EOFError:
        raise ImportFailed(f"breaks off after line {number}; nothing was loaded") from None
    except (OSError, zlib.error) as error:
        raise ImportFailed(
            f"cannot be read after line {number} ({error}); nothing was loaded"
        ) from None


def skip_rest(source: BinaryIO, text: bytes) -> bool:
    """Skip the rest of a line that is too long; return whether a line break ended it."""
    if len(text) <= MAX_LINE_BYTES:
        return False
    while rest := source.readline(MAX_LINE_BYTES):
        if rest.endswith(b"\n"):
            return True
    return False


def delete_lines(tx: db.Transaction, query: str) -> int:
    """Delete staged lines by a named query; return how many were older than what remains."""
    deleted = tx.row(query) or {}
    return int(deleted["older"])


def upsert(tx: db.Transaction, reader: StagingReader) -> tuple[int, int]:
    """Upsert the staged agents that are not older than the stored ones; return how many were
    inserted and updated."""
    tx.row("imports.get_refresh_lock")
    tx.row("imports.get_memory")
    tx.execute("imports.analyze_staging")
    reader.older += delete_lines(tx, "imports.delete_older")
    changed = tx.row("imports.upsert_agents") or {}
    tx.execute("imports.analyze_agents")
    return changed["inserted"], changed["updated"]
