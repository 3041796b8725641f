"""Find the end of a chunked body (RFC 9112, section 7.1), and limit its size."""

from __future__ import annotations

import re

MAX_LINE_BYTES = 8190
MAX_HEAD_BYTES = 32 * 1024
MAX_CHUNKS = 16_384
MAX_FRAMING_BYTES = 256 * 1024
END_OF_HEAD = b"\r\n\r\n"
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,16}")


class ChunkedBody:
    """The parts of a chunked body that have arrived; each byte is scanned once."""

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._length = self._count = self._at = 0
        self.is_whole = self.is_broken = False

    @property
    def is_too_large(self) -> bool:
        """Return whether the body, its number of chunks or its framing exceeds a limit."""
        is_long = self._length > self._max_body
        return is_long or self._count > MAX_CHUNKS or self._at - self._length > MAX_FRAMING_BYTES

    def is_complete(self, received: bytearray) -> bool:
        """Return whether the body is whole, too large or broken, so that waiting is useless."""
        while not (self.is_whole or self.is_broken or self.is_too_large):
            end = received.find(b"\r\n", self._at, self._at + MAX_LINE_BYTES)
            if end < 0:
                self.is_broken = len(received) - self._at > MAX_LINE_BYTES
                break
            if not self._skip_chunk(received, end):
                break
        return self.is_whole or self.is_broken or self.is_too_large

    def _skip_chunk(self, received: bytearray, end: int) -> bool:
        """Skip one chunk, or find the end of the trailers; return False if more has to arrive."""
        digits = bytes(received[self._at : end]).split(b";")[0]
        size = int(digits, 16) if CHUNK_SIZE.fullmatch(digits) else -1
        if size < 0:
            self.is_broken = True
        elif size == 0:
            self.is_whole = received.find(END_OF_HEAD, end) >= 0
            self.is_broken = not self.is_whole and len(received) - end > MAX_HEAD_BYTES
            return False
        else:
            self._length += size
            self._count += 1
            self._at = end + 2 + size + 2
        return self._at < len(received)
