"""Which worker takes the next connection: the one that has the fewest.

The workers of a gunicorn listen at one socket, and whoever wakes first accepts. At a burst of
connections that was sometimes the same worker each time, and clients that keep their connections
had one worker of two. So each worker notes how many it has in memory that all of them share, and
one that has more than another leaves a connection to that one for a moment. Nothing is lost when
a worker ends: connections wait at the shared socket.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable

WORKERS_AT_MOST = 256
PATIENCE_SECONDS = 0.01
IMPATIENT_SECONDS = 0.5


class Board:
    """How many connections each worker has, in memory that processes share which are forked
    from the one that made it. A place holds one more than that, and 0 where nobody works."""

    def __init__(self) -> None:
        self._places = memoryview(mmap.mmap(-1, WORKERS_AT_MOST * 4)).cast("I")

    def note(self, number: int, connections: int) -> None:
        """Say how many connections a worker has."""
        if number < WORKERS_AT_MOST:
            self._places[number] = connections + 1

    def leave(self, number: int) -> None:
        """Say that a worker takes no more connections."""
        if number < WORKERS_AT_MOST:
            self._places[number] = 0

    def others(self, number: int) -> list[int]:
        """How many connections each other worker has, by its number; -1 for none."""
        places = self._places.tolist()
        if number < WORKERS_AT_MOST:
            places[number] = 0
        return [each - 1 for each in places]


board = Board()


class Turn:
    """Whether a worker may accept a connection now."""

    def __init__(self, number: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._number = number
        self._clock = clock
        self._seen: list[int] = []
        self._waits_until = self._impatient_until = 0.0

    def note(self, connections: int) -> None:
        """Say how many connections this worker has."""
        board.note(self._number, connections)

    def leave(self) -> None:
        """Take no more connections."""
        board.leave(self._number)

    @property
    def is_waiting(self) -> bool:
        """Whether a connection is being left to another worker."""
        return self._waits_until > 0

    def is_mine(self, connections: int) -> bool:
        """Whether to accept the connection that waits; else another worker gets a moment to."""
        others = board.others(self._number)
        fewer = any(0 <= each < connections for each in others)
        if not fewer or self._clock() < self._impatient_until:
            return True
        self._seen, self._waits_until = others, self._clock() + PATIENCE_SECONDS
        return False

    def has_waited(self) -> bool:
        """Whether the moment is over. If nobody used it, this worker is not so patient for a
        while: the others may hang."""
        if self._clock() < self._waits_until:
            return False
        self._waits_until = 0.0
        if board.others(self._number) == self._seen:
            self._impatient_until = self._clock() + IMPATIENT_SECONDS
        return True
