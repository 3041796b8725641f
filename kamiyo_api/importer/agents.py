"""Bulk load of agents: JSON Lines into a staging table by COPY, then one upsert."""

from __future__ import annotations

import gzip
import io
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import orjson

from kamiyo_api import db
from kamiyo_api.cache.invalidation import invalidate_all
from kamiyo_api.db.copying import copy_rows
from kamiyo_api.importer.lines import LONGEST_LINE, LineRefused, NotJson, Staged, staged

BUFFER = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
NOT_JSON_LINES = "is neither JSON Lines nor gzip of it; nothing was loaded"
LINES_TO_JUDGE_BY = 100
REGISTRIES_AT_MOST = 10_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Imported:
    """What became of the lines of a file.

    A line that is older than another of its agent, or than what is stored, counts as older; one
    that a later line of the same place tells again as unchanged.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    older: int
    rejected: int
    seconds: float


@dataclass(frozen=True)
class Refused:
    """A line that is not loaded, and why; a line that is far too long is cut."""

    number: int
    reason: str
    line: bytes

    def as_json(self) -> bytes:
        """The refusal as one line of JSON; bytes that are no UTF-8 are shown as \\x…."""
        text = self.line.decode("utf-8", "backslashreplace")
        kept = {"line_number": self.number, "reason": self.reason, "line": text}
        return orjson.dumps(kept, option=orjson.OPT_APPEND_NEWLINE)


class ImportFailed(Exception):
    """The file as a whole cannot be imported; nothing of it was loaded."""


class Line(NamedTuple):
    number: int
    text: bytes
    ended: bool


class Meter(io.RawIOBase):
    """A file that tells how many bytes were read from it."""

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
    """Whether agents ascend within each registry, as registries number them: then none of them
    is told twice. Of a file with too many registries to remember, it is not known."""

    def __init__(self) -> None:
        self.is_ascending = True
        self._last: dict[tuple[bytes, bytes], int] = {}

    def note(self, line: Staged) -> None:
        """Take the next line into account."""
        if not self.is_ascending:
            return
        registry, agent_id = (line.chain, line.registry_address), int(line.agent_id)
        is_next = agent_id > self._last.get(registry, -1)
        self.is_ascending = is_next and len(self._last) < REGISTRIES_AT_MOST
        self._last[registry] = agent_id


class Intake:
    """Reads a file once, from lines to staging rows, and counts."""

    def __init__(
        self,
        source: BinaryIO,
        registries: Mapping[str, str],
        on_refused: Callable[[Refused], object],
    ) -> None:
        self._source = source
        self._registries = registries
        self._on_refused = on_refused
        self.read = 0
        self.rejected = 0
        self.older = 0
        self.order = Order()
        self._not_json = 0

    def rows(self) -> Iterator[bytes]:
        """The staging rows of all good lines.

        Raises ImportFailed where the file breaks off or is no JSON Lines at all.
        """
        for line in lines(self._source):
            self.read += 1
            try:
                columns = staged(line.number, line.text, self._registries)
            except LineRefused as refusal:
                self._refuse_or_fail(line, refusal)
            else:
                self.order.note(columns)
                yield b"\t".join(columns) + b"\n"
        if self.read and self._not_json == self.read:
            raise ImportFailed(NOT_JSON_LINES)

    def refuse(self, refused: Refused) -> None:
        """Count a line out and report it."""
        self.rejected += 1
        self._on_refused(refused)

    def _refuse_or_fail(self, line: Line, refusal: LineRefused) -> None:
        if isinstance(refusal, NotJson):
            self._not_json += 1
            if self._not_json == self.read == LINES_TO_JUDGE_BY:
                raise ImportFailed(NOT_JSON_LINES)
            if not line.ended and self._not_json < self.read:
                raise ImportFailed(
                    f"breaks off in the middle of line {line.number}; nothing was loaded"
                )
        self.refuse(Refused(line.number, str(refusal), line.text))


def import_agents(
    file: BinaryIO,
    on_refused: Callable[[Refused], object],
    advance: Callable[[int], object] = lambda count: None,
) -> Imported:
    """Import the agents of a file of JSON Lines, plain or gzip, in one transaction.

    Each refused line is handed to on_refused, the bytes read from the file to advance.
    Raises ImportFailed where nothing was loaded, and the errors of db.transaction().
    """
    began = time.monotonic()
    chains = db.rows("imports.list_registries")
    registries = {chain["name"]: chain["identity_registry"] for chain in chains}
    intake = Intake(unpacked(file, advance), registries, on_refused)
    with db.transaction(limited=False) as tx:
        invalidate_all(tx)
        tx.execute("imports.create_staging")
        copy_rows(tx, "imports.copy_staging", intake.rows())
        refuse_too_large(tx, intake)
        if not intake.order.is_ascending:
            intake.older += number_of_older(tx, "imports.delete_told_again")
        inserted, updated = upsert(tx, intake)
    unchanged = intake.read - intake.rejected - intake.older - inserted - updated
    seconds = time.monotonic() - began
    return Imported(
        intake.read, inserted, updated, unchanged, intake.older, intake.rejected, seconds
    )


def unpacked(file: BinaryIO, advance: Callable[[int], object]) -> BinaryIO:
    """The plain bytes of a file, unpacked if it begins as gzip does, whatever its name."""
    source = io.BufferedReader(Meter(file, advance), BUFFER)
    if source.peek(2).startswith(GZIP_MAGIC):
        return io.BufferedReader(gzip.GzipFile(fileobj=source), BUFFER)
    return source


def lines(source: BinaryIO) -> Iterator[Line]:
    """The lines that are not blank, numbered from 1; a far too long one is cut.

    Raises ImportFailed where the file cannot be read or unpacked to its end.
    """
    number = 0
    try:
        while text := source.readline(LONGEST_LINE + 1):
            number += 1
            ended = text.endswith(b"\n") or skip_to_next(source, text)
            text = text.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n")
            if text:
                yield Line(number, text, ended)
    except EOFError:
        raise ImportFailed(f"breaks off after line {number}; nothing was loaded") from None
    except (OSError, zlib.error) as error:
        raise ImportFailed(
            f"cannot be read after line {number} ({error}); nothing was loaded"
        ) from None


def skip_to_next(source: BinaryIO, text: bytes) -> bool:
    """Skip what a too long line leaves; whether the line had an end."""
    if len(text) <= LONGEST_LINE:
        return False
    while rest := source.readline(LONGEST_LINE):
        if rest.endswith(b"\n"):
            return True
    return False


def refuse_too_large(tx: db.Transaction, intake: Intake) -> None:
    """Refuse the staged lines whose registration file is larger than the table takes."""
    while large := tx.rows("imports.delete_too_large"):
        for row in large:
            reason = f"registration_file is {row['bytes']} bytes; at most 65536 are taken"
            intake.refuse(Refused(row["line_number"], reason, row["source"].encode()))


def number_of_older(tx: db.Transaction, query: str) -> int:
    """Take lines out by a named query; how many of them were older than what stays."""
    deleted = tx.row(query) or {}
    return int(deleted["older"])


def upsert(tx: db.Transaction, intake: Intake) -> tuple[int, int]:
    """Carry over the staged agents that are not older than what is stored; how many were
    inserted and updated."""
    tx.row("imports.get_refresh_lock")
    tx.row("imports.get_memory")
    tx.execute("imports.analyze_staging")
    intake.older += number_of_older(tx, "imports.delete_older")
    changed = tx.row("imports.upsert_agents") or {}
    tx.execute("imports.analyze_agents")
    return changed["inserted"], changed["updated"]
