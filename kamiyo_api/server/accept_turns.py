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
# How often to look, meanwhile, whether it is still another's turn.
LOOK_SECONDS = 0.001
# So many more than another has are no reason to wait, and a part of what it has.
EVEN_BY, EVEN_PART = 2, 4
# A worker that so often takes none that is left to it hangs: wait for it no more for a while.
MISSED_AT_MOST = 10
IGNORED_SECONDS = 5.0
NEVER = (-1, 0.0)


class Board:
    """How many connections each worker has and has had, in memory that processes share which
    are forked from the one that made it."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, 2 * WORKERS_AT_MOST * 4)).cast("I")
        # One more than there are; 0 where nobody works.
        self._present = memory[:WORKERS_AT_MOST]
        self._accepted = memory[WORKERS_AT_MOST:]

    def note(self, number: int, connections: int, accepted: int) -> None:
        """Say how many connections a worker has and has had."""
        if number < WORKERS_AT_MOST:
            self._present[number] = connections + 1
            self._accepted[number] = accepted % 2**32

    def leave(self, number: int) -> None:
        """Say that a worker takes no more connections."""
        if number < WORKERS_AT_MOST:
            self._present[number] = 0

    def fewer(self, connections: int) -> dict[int, int]:
        """The workers that have clearly fewer connections: how many each has had."""
        present = self._present.tolist()
        if not is_clearly_less(min(filter(None, present), default=1) - 1, connections):
            return {}
        return {
            at: self._accepted[at]
            for at, each in enumerate(present)
            if each and is_clearly_less(each - 1, connections)
        }

    def accepted(self, number: int) -> int:
        """How many connections a worker has had."""
        return self._accepted[number]


def is_clearly_less(connections: int, others: int) -> bool:
    """Whether a number of connections is so much smaller that it should become even."""
    return connections + EVEN_BY + connections // EVEN_PART < others


board = Board()


class Turn:
    """Whether a worker may accept a connection now."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._accepted = 0
        self._waits_until = 0.0
        self._may_take_one = False
        self._left_to: dict[int, int] = {}
        self._missed: dict[int, tuple[int, int]] = {}
        self._ignored: dict[int, tuple[int, float]] = {}

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
        may_take_one, self._may_take_one = self._may_take_one, False
        self._left_to = {} if may_take_one else self._poorer(connections)
        if self._left_to:
            self._waits_until = time.monotonic() + PATIENCE_SECONDS
        return not self._left_to

    def _poorer(self, connections: int) -> dict[int, int]:
        """The workers with fewer connections, but for those that take none left to them."""
        now, fewer = time.monotonic(), board.fewer(connections)
        return {at: had for at, had in fewer.items() if (had, now) > self._ignored.get(at, NEVER)}

    def has_waited(self, connections: int) -> bool:
        """Whether the moment is over. If nobody used it, this worker takes one connection."""
        now = time.monotonic()
        if now < self._waits_until and self._poorer(connections):
            return False
        if now >= self._waits_until:
            left_to = self._left_to.items()
            self._may_take_one = all(board.accepted(at) == had for at, had in left_to)
        if self._may_take_one:
            self._note_missed(now)
        self._waits_until = 0.0
        return True

    def _note_missed(self, now: float) -> None:
        """Count for those that a connection was left to that they did not take it."""
        for at, had in self._left_to.items():
            missed_before, had_before = self._missed.get(at, (0, had))
            missed = missed_before + 1 if had == had_before else 1
            self._missed[at] = (missed, had)
            if missed > MISSED_AT_MOST:
                del self._missed[at]
                self._ignored[at] = (had, now + IGNORED_SECONDS)
