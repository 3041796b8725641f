"""The file of an import, read line by line, plain or unpacked; and the lines that are rejected."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

import orjson

from kamiyo_api.importer.lines import MAX_LINE_BYTES

BUFFER = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
