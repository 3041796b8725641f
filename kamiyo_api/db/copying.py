"""Rows on their way into COPY, a handful at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import IO, cast

from kamiyo_api.db.transaction import Transaction

ROWS_A_READ = 200


class Feed:
    """A file for COPY to read rows from, never holding more than a few of them.

    An exception while the rows are made ends the file early and is kept: the driver
    would turn it into an error of the database.
    """

    def __init__(self, rows: Iterable[bytes]) -> None:
        self.failure: BaseException | None = None
        chunks = self._chunks(iter(rows))
        next(chunks)
        # Ctrl-C mostly arrives while the driver waits, and is raised by the first line of
        # Python that runs then; here that is inside the generator's try.
        self.read = chunks.send

    def _chunks(self, rows: Iterator[bytes]) -> Generator[bytes, int, None]:
        try:
            yield b""
            while chunk := b"".join(islice(rows, ROWS_A_READ)):
                yield chunk
        except BaseException as failure:
            self.failure = failure
        yield b""


def copy_rows(tx: Transaction, query: str, rows: Iterable[bytes]) -> int:
    """Load rows in COPY's text format through a named query; their number.

    Raises what making the rows raises; the transaction is then to be abandoned.
    """
    feed = Feed(rows)
    # The driver only ever reads.
    loaded = tx.copy(query, cast(IO[bytes], feed))
    if feed.failure is not None:
        raise feed.failure
    return loaded


def escaped(text: bytes) -> bytes:
    """A text as COPY's text format wants it."""
    if b"\\" in text:
        text = text.replace(b"\\", b"\\\\")
    return text.replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
