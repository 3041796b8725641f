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

WORKERS_AT_MOST = 64
PATIENCE_SECONDS = 0.01
# After so many connections that nobody else took, the others hang: wait for none for a while.
UNANSWERED_AT_MOST = 50
ALONE_SECONDS = 5.0


class Board:
    """How many connections each worker has and has had, in memory that processes share which
    are forked from the one that made it."""

    def __init__(self) -> None:
        self._places = memoryview(mmap.mmap(-1, 2 * WORKERS_AT_MOST * 4)).cast("I")

    def note(self, number: int, connections: int, accepted: int) -> None:
        """Say how many connections a worker has and has had."""
        if number < WORKERS_AT_MOST:
            self._places[2 * number] = connections + 1  # 0 where nobody works
            self._places[2 * number + 1] = accepted % 2**32

    def leave(self, number: int) -> None:
        """Say that a worker takes no more connections."""
        if number < WORKERS_AT_MOST:
            self._places[2 * number] = 0

    def fewest(self, number: int) -> int | None:
        """The connections of the other worker that has the fewest; None where none works."""
        present = self._places[::2].tolist()
        others = [each - 1 for at, each in enumerate(present) if each and at != number]
        return min(others, default=None)

    def accepted(self, number: int) -> list[int]:
        """How many connections each other worker has had."""
        accepted = self._places[1::2].tolist()
        return [each for at, each in enumerate(accepted) if at != number]


board = Board()


class Turn:
    """Whether a worker may accept a connection now."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._accepted = self._unanswered = 0
        self._seen: list[int] = []
        self._may_take_one = False
        self._waits_until = self._alone_until = 0.0

    def note(self, connections: int, *, accepted: bool = False) -> None:
        """Say how many connections this worker has, and whether it accepted one."""
        self._accepted += accepted
        board.note(self._number, connections, self._accepted)

    def leave(self) -> None:
        """Take no more connections."""
        board.leave(self._number)

    @property
    def is_waiting(self) -> bool:
        """Whether a connection is being left to another worker."""
        return self._waits_until > 0

    def is_mine(self, connections: int) -> bool:
        """Whether to accept the connection that waits; else another worker gets a moment to."""
        fewest = board.fewest(self._number)
        may_take_one, self._may_take_one = self._may_take_one, False
        now = time.monotonic()
        if fewest is None or connections <= fewest or may_take_one or now < self._alone_until:
            return True
        self._seen, self._waits_until = board.accepted(self._number), now + PATIENCE_SECONDS
        return False

    def has_waited(self) -> bool:
        """Whether the moment is over. If nobody used it, this worker takes one connection."""
        if time.monotonic() < self._waits_until:
            return False
        self._waits_until = 0.0
        self._may_take_one = board.accepted(self._number) == self._seen
        self._unanswered = self._unanswered + 1 if self._may_take_one else 0
        if self._unanswered > UNANSWERED_AT_MOST:
            self._unanswered, self._alone_until = 0, time.monotonic() + ALONE_SECONDS
        return True
