"""Bulk import of any kind of lines: JSON Lines into a staging table by COPY, then a few statements
that write them.

An import locks out other imports and refreshes while it writes, so that no two of them wait for
each other's rows. Requests are not locked out: unique indexes and row locks resolve conflicts
between an import and a request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from kamiyo_api import db, errors
from kamiyo_api.cache.invalidation import invalidate_all
from kamiyo_api.chains import KnownChains, read_chains
from kamiyo_api.db.copying import copy_rows
from kamiyo_api.importer.files import ImportFailed, Line, RejectedLine, read_lines, unpack
from kamiyo_api.importer.halves import Row, SecondHalf
from kamiyo_api.importer.values import LineRejected, NotJson

NOT_JSON_LINES = "is neither JSON Lines nor gzip of it; nothing was loaded"
LINES_TO_JUDGE_BY = 100
MAX_SERIES = 10_000
LINES_PER_BATCH = 500
BYTES_PER_BATCH = 256 * 1024


class Written(NamedTuple):
    """The numbers of inserted and updated rows, and of lines that are older than the stored."""

    inserted: int
    updated: int
    older: int = 0

    def plus(self, other: Written | None) -> Written:
        """Return the sums of two halves."""
        return self if other is None else Written(*map(sum, zip(self, other, strict=True)))


class Kind(NamedTuple):
    """A kind of import: how a line becomes a staging row, and the named queries for the rows."""

    parse: Callable[[int, bytes, KnownChains], Any]
    """Return what a line says. Raises LineRejected."""
    completer: Callable[[], Callable[[list[Any]], Iterable[Row | LineRejected]]]
    """Return a function for one import that turns a batch of what lines say into their columns in
    the text format of COPY, and leaves each LineRejected as it is."""
    create: str
    copy: str
    analyze_staged: str
    repeated: tuple[str, ...]
    """Queries that delete the staged lines that another one of the file replaces, and count those
    that are older."""
    write: Callable[[db.Transaction], Written]
    analyze: tuple[str, ...]
    """Queries that update the planner's statistics, which run at once."""
    prepare: str | None = None
    """The query that changes the staged lines before others look at them."""
    older: str | None = None
    """The query that deletes the staged lines that are older than what is stored, and counts
    them."""
    left: str | None = None
    """The query that deletes a few of the lines that could not be written, and returns their
    line_number, reason and source."""
    place_of: Callable[[Row], tuple[Hashable, int]] | None = None
    """Return a series and a number; if the numbers of each series ascend, no line is repeated."""
    joined: tuple[str, ...] = ()
    """Queries that run beside those if two halves were loaded."""
    is_second: Callable[[Row], bool] | None = None
    """Return whether a line is in the second half of a large file. Lines about the same thing are
    in the same half; two halves update no row of a table both."""


@dataclass(frozen=True)
class Imported:
    """The result of an import: the number of lines by what happened to them.

    A line that is older than another one about the same thing, or than what is stored, counts as
    older. A line that is repeated by a later line of the same position counts as unchanged.
    """

    read: int
    inserted: int
    updated: int
    unchanged: int
    older: int
    rejected: int
    seconds: float


class Order:
    """The order of the lines of a file.

    If they ascend within each series, as registries number their agents, none is repeated. A file
    with too many series to remember counts as not ascending.
    """

    def __init__(self, kind: Kind) -> None:
        self._place_of = kind.place_of
        self.is_ascending = kind.place_of is not None
        self._last: dict[Hashable, int] = {}

    def add(self, row: Row) -> None:
        """Add the next line."""
        if not self.is_ascending or self._place_of is None:
            return
        series, number = self._place_of(row)
        is_next = number > self._last.get(series, -1)
        self.is_ascending = is_next and len(self._last) < MAX_SERIES
        self._last[series] = number


class StagingReader:
    """A reader that turns the lines of a file into staging rows once, and counts them."""

    def __init__(
        self,
        kind: Kind,
        source: BinaryIO,
        chains: KnownChains,
        on_rejected: Callable[[RejectedLine], object],
    ) -> None:
        self._parse = kind.parse
        self._complete = kind.completer()
        self._source = source
        self._chains = chains
        self._on_rejected = on_rejected
        self.read = 0
        self.rejected = 0
        self.order = Order(kind)
        self._not_json = 0

    def rows(self) -> Iterator[Row]:
        """Yield the staging rows of all valid lines.

        Raises ImportFailed if the file is truncated or not JSON Lines at all.
        """
        for lines in batches(read_lines(self._source)):
            parsed = [self._parsed(line) for line in lines]
            for line, columns in zip(lines, self._complete(parsed), strict=True):
                self.read += 1
                if isinstance(columns, LineRejected):
                    self._reject_or_fail(line, columns)
                else:
                    self.order.add(columns)
                    yield columns
        if self.read and self._not_json == self.read:
            raise ImportFailed(NOT_JSON_LINES)

    def reject(self, line: RejectedLine) -> None:
        """Count a line as rejected and report it."""
        self.rejected += 1
        self._on_rejected(line)

    def _parsed(self, line: Line) -> Any:
        try:
            return self._parse(line.number, line.text, self._chains)
        except LineRejected as reason:
            return reason

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


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Yield a few lines at a time, fewer if they are long."""
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.text)
        if len(batch) == LINES_PER_BATCH or size >= BYTES_PER_BATCH:
            yield batch
            batch, size = [], 0
    yield batch


def import_lines(
    kind: Kind,
    file: BinaryIO,
    on_rejected: Callable[[RejectedLine], object],
    advance: Callable[[int], object] = lambda count: None,
) -> Imported:
    """Import the lines of a file of JSON Lines, plain or gzip, in one transaction.

    Calls on_rejected with each rejected line, and advance with the number of bytes read from the
    file. Raises ImportFailed if nothing was imported, and the errors of db.transaction().
    """
    began = time.monotonic()
    reader = StagingReader(kind, unpack(file, advance), read_chains(db), on_rejected)
    written = load(kind, reader)
    unchanged = reader.read - reader.rejected - sum(written)
    return Imported(
        reader.read,
        written.inserted,
        written.updated,
        unchanged,
        written.older,
        reader.rejected,
        time.monotonic() - began,
    )


def load(kind: Kind, reader: StagingReader) -> Written:
    """Load the lines of a file, those of a large file in two halves at once."""

    def write_half(tx: db.Transaction) -> Written:
        return write(tx, kind, reader.order)

    half = SecondHalf((kind.create, kind.copy), kind.is_second, write_half)
    with db.transaction(limited=False) as tx, half:
        invalidate_all(tx)
        tx.execute(kind.create)
        copy_rows(tx, kind.copy, half.first(reader.rows()))
        tx.row("imports.get_refresh_lock")
        half.begin_writing(tx)
        written = write_half(tx).plus(half.written())
        if kind.left is not None:
            reject_staged(tx, kind.left, reader)
        half.commit()
    tidy_up((*kind.analyze, *kind.joined) if half.is_used else kind.analyze)
    return written


def tidy_up(queries: Sequence[str]) -> None:
    """Run what follows the commit, such as updating the planner's statistics, each query over a
    connection of its own. Nothing depends on it, so that it may fail."""

    def run(query: str) -> None:
        with suppress(errors.ApiError, db.ConnectionLost), db.transaction(limited=False) as tx:
            tx.execute(query)

    with ThreadPoolExecutor(len(queries)) as threads:
        for query in queries:
            threads.submit(copy_context().run, run, query)


def write(tx: db.Transaction, kind: Kind, order: Order) -> Written:
    """Write the staged lines that are neither rejected nor older than others or what is stored."""
    older = 0
    tx.row("imports.get_memory")
    if kind.prepare is not None:
        tx.execute(kind.prepare)
    if not order.is_ascending:
        older += sum(delete_staged(tx, query) for query in kind.repeated)
    tx.execute(kind.analyze_staged)
    if kind.older is not None:
        older += delete_staged(tx, kind.older)
    return kind.write(tx).plus(Written(0, 0, older))


def reject_staged(tx: db.Transaction, query: str, reader: StagingReader) -> None:
    """Reject the staged lines that a named query deletes, in the order of the file."""
    while rejected := tx.rows(query):
        for row in sorted(rejected, key=lambda row: int(row["line_number"])):
            reader.reject(RejectedLine(row["line_number"], row["reason"], row["source"].encode()))


def delete_staged(tx: db.Transaction, query: str) -> int:
    """Delete staged lines by a named query; return how many were older than what remains."""
    deleted = tx.row(query) or {}
    return int(deleted["older"])
