"""Load rows through COPY, a few at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import IO, cast

from kamiyo_api.db.transaction import Transaction

ROWS_PER_READ = 200


class CopySource:
    """A file from which COPY reads rows, with at most ROWS_PER_READ of them in memory.

    If the iterator of the rows raises, the file ends and `failure` is that exception: the driver
    would turn it into an error of the database.
    """

    def __init__(self, rows: Iterable[bytes]) -> None:
        self.failure: BaseException | None = None
        chunks = self._chunks(iter(rows))
        next(chunks)
        # Ctrl-C mostly arrives while the driver waits, and is raised in the first Python code that
        # runs after that; here that is inside the generator's try.
        self.read = chunks.send

    def _chunks(self, rows: Iterator[bytes]) -> Generator[bytes, int, None]:
        try:
            yield b""
            while chunk := b"".join(islice(rows, ROWS_PER_READ)):
                yield chunk
        except GeneratorExit:
            # The driver reads no more: its connection is lost.
            return
        except BaseException as failure:
            self.failure = failure
        yield b""


def copy_rows(tx: Transaction, query: str, rows: Iterable[bytes]) -> int:
    """Load rows in COPY's text format through a named query, and return their number.

    Raises what the iterator of the rows raises; the transaction must then be rolled back.
    """
    source = CopySource(rows)
    # The driver only ever reads.
    loaded = tx.copy(query, cast(IO[bytes], source))
    if source.failure is not None:
        raise source.failure
    return loaded


def escaped(text: bytes) -> bytes:
    """Return a text escaped for COPY's text format."""
    if b"\\" in text:
        text = text.replace(b"\\", b"\\\\")
    return text.replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
