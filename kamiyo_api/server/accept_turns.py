"""Balance the connections between the workers: the worker with the fewest accepts the next one.

The workers of a gunicorn share a listening socket, and the first that wakes up accepts. In a burst
of connections that could be the same worker every time, so that clients that keep their connections
open had one worker of two. Therefore, each worker records its number of connections in shared
memory, and a worker that has more than another leaves the next connection to that one for a moment.
No connection is lost when a worker ends, because connections wait at the shared socket.
"""

from __future__ import annotations

import mmap
import time

MAX_WORKERS = 64
TURN_SECONDS = 0.01
# How often to check meanwhile whether another worker still has fewer connections.
LOOK_SECONDS = 0.001
# A worker yields only to one that has fewer connections by more than this number plus this fraction
# (1/4) of its own.
MIN_DIFFERENCE, RELATIVE_DIFFERENCE = 2, 4
# A worker that misses its turn this often is assumed to hang, and is ignored for some seconds.
MAX_MISSED_TURNS = 10
IGNORED_SECONDS = 5.0
NEVER = (-1, 0.0)


class ConnectionCounts:
    """The number of open and of accepted connections of each worker, in memory that is shared by
    all processes that are forked after it was created."""

    def __init__(self) -> None:
        memory = memoryview(mmap.mmap(-1, 2 * MAX_WORKERS * 4)).cast("I")
        # The number of connections plus 1; 0 if there is no such worker.
        self._present = memory[:MAX_WORKERS]
        self._accepted = memory[MAX_WORKERS:]

    def record(self, number: int, connections: int, accepted: int) -> None:
        """Record how many connections a worker has open, and has accepted."""
        if number < MAX_WORKERS:
            self._present[number] = connections + 1
            self._accepted[number] = accepted % 2**32

    def leave(self, number: int) -> None:
        """Record that a worker accepts no more connections."""
        if number < MAX_WORKERS:
            self._present[number] = 0

    def workers_with_fewer(self, connections: int) -> dict[int, int]:
        """Return the workers with clearly fewer connections, and how many each has accepted."""
        present = self._present.tolist()
        if not is_clearly_less(min(filter(None, present), default=1) - 1, connections):
            return {}
        return {
            at: self._accepted[at]
            for at, each in enumerate(present)
            if each and is_clearly_less(each - 1, connections)
        }

    def accepted(self, number: int) -> int:
        """Return how many connections a worker has accepted."""
        return self._accepted[number]


def is_clearly_less(connections: int, others: int) -> bool:
    """Return whether a number of connections is so much smaller that the next should go there."""
    return connections + MIN_DIFFERENCE + connections // RELATIVE_DIFFERENCE < others


connection_counts = ConnectionCounts()


class AcceptTurn:
    """The decision of one worker to accept a connection now or to leave it to another."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._accepted = 0
        self._yields_until = 0.0
        self._may_take_one = False
        self._yielded_to: dict[int, int] = {}
        self._missed: dict[int, tuple[int, int]] = {}
        self._ignored: dict[int, tuple[int, float]] = {}

    def record(self, connections: int, *, accepted: bool = False) -> None:
        """Record how many connections this worker has open, and whether it accepted one."""
        self._accepted += accepted
        connection_counts.record(self._number, connections, self._accepted)

    def leave(self) -> None:
        """Record that this worker accepts no more connections."""
        connection_counts.leave(self._number)

    @property
    def is_yielding(self) -> bool:
        """Return whether this worker yields a connection to another."""
        return self._yields_until > 0

    def may_accept(self, connections: int) -> bool:
        """Return whether to accept the waiting connection; if not, yield it for TURN_SECONDS."""
        may_take_one, self._may_take_one = self._may_take_one, False
        self._yielded_to = {} if may_take_one else self._workers_with_fewer(connections)
        if self._yielded_to:
            self._yields_until = time.monotonic() + TURN_SECONDS
        return not self._yielded_to

    def _workers_with_fewer(self, connections: int) -> dict[int, int]:
        """Return the workers with fewer connections, except for those that are ignored."""
        now, fewer = time.monotonic(), connection_counts.workers_with_fewer(connections)
        return {at: had for at, had in fewer.items() if (had, now) > self._ignored.get(at, NEVER)}

    def has_yielded(self, connections: int) -> bool:
        """Return whether yielding is over. If no other worker accepted, this one may accept
        next."""
        now = time.monotonic()
        if now < self._yields_until and self._workers_with_fewer(connections):
            return False
        if now >= self._yields_until:
            yielded_to = self._yielded_to.items()
            self._may_take_one = all(
                connection_counts.accepted(at) == had for at, had in yielded_to
            )
        if self._may_take_one:
            self._count_missed(now)
        self._yields_until = 0.0
        return True

    def _count_missed(self, now: float) -> None:
        """Count a missed turn for the workers that did not accept, and ignore those with too
        many."""
        for at, had in self._yielded_to.items():
            missed_before, had_before = self._missed.get(at, (0, had))
            missed = missed_before + 1 if had == had_before else 1
            self._missed[at] = (missed, had)
            if missed > MAX_MISSED_TURNS:
                del self._missed[at]
                self._ignored[at] = (had, now + IGNORED_SECONDS)
