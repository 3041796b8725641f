"""End waits for PostgreSQL if it does not answer. Each wait has a deadline, and all waits end soon
after the server becomes silent, so that threads are free for requests that need no database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from kamiyo_api.db.reach import Reachability

TICK_SECONDS = 0.05
# For how many ticks without any wait the thread continues before it sleeps until it is notified.
LINGER_TICKS = 20
# After how long without an answer the server is checked, and considered silent if the check fails.
STALLED_SECONDS = 0.2
SILENT_SECONDS = 0.5
# How much longer it takes to open a connection than to answer a query.
CONNECT_GRACE_SECONDS = 0.3


class NoAnswer(Exception):
    """The server does not answer; `is_sent` if it may still execute the statement."""

    def __init__(self, reason: str, *, is_sent: bool) -> None:
        super().__init__(reason)
        self.is_sent = is_sent


class BoundedWait:
    """A context manager for one wait for the server, which ends at its deadline, or when the server
    becomes silent. Raises NoAnswer in both cases, and at once if the server is silent already."""

    def __init__(
        self,
        watch: Watch,
        end: Callable[[], None],
        seconds: float,
        *,
        grace: float = 0.0,
        is_commit: bool = False,
    ) -> None:
        """`end` makes the waiting call return; another thread calls it. The wait counts from after
        the grace period, in seconds."""
        self._watch, self._end = watch, end
        self._seconds, self._grace = seconds, grace
        self.is_commit = is_commit
        self.began = self.until = 0.0
        self.reason: str | None = None

    def __enter__(self) -> None:
        self.began = time.monotonic() + self._grace
        self.until = self.began + self._seconds
        self._watch.begin(self)

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        # Errors of the server have a code; the driver's errors about a lost connection have none.
        is_answer = error is None or getattr(error, "pgcode", None) is not None
        self._watch.finish(self, is_answer=is_answer)
        if self.reason is not None and not is_answer:
            raise NoAnswer(self.reason, is_sent=True) from None

    def end(self, reason: str) -> None:
        """End the wait."""
        if self.reason is None:
            self.reason = reason
            self._end()


class Watch:
    """The waits of one process for the server. The server is silent if it answers neither a
    check in the background nor any wait of this process for SILENT_SECONDS."""

    def __init__(self, reach: Reachability, threads: int) -> None:
        """`threads` is the maximum number of concurrent requests."""
        self._reach, self._threads = reach, threads
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waits: set[BoundedWait] = set()
        self._answered = 0.0
        self._silent_since: float | None = None
        self._is_sleeping = True
        self._thread: threading.Thread | None = None

    def begin(self, wait: BoundedWait) -> None:
        """Add a wait. Raises NoAnswer if the server is silent."""
        with self._lock:
            if self._silent_since is not None:
                raise NoAnswer(self._silence(), is_sent=False)
            self._waits.add(wait)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="db-watch", daemon=True)
                self._thread.start()
            if self._is_sleeping:
                self._is_sleeping = False
                self._changed.notify()

    def finish(self, wait: BoundedWait, *, is_answer: bool) -> None:
        """Remove a wait that was answered or has ended."""
        with self._lock:
            self._waits.discard(wait)
            if is_answer:
                self._answered = time.monotonic()

    def raise_if_silent(self) -> None:
        """Raise NoAnswer if the server is silent."""
        if self._silent_since is not None:
            raise NoAnswer(self._silence(), is_sent=False)

    @staticmethod
    def _silence() -> str:
        return f"no answer for {SILENT_SECONDS} s"

    def _run(self) -> None:
        last = time.monotonic()
        idle = 0
        while True:
            time.sleep(TICK_SECONDS)
            now = time.monotonic()
            with self._lock:
                if now - last > 4 * TICK_SECONDS:
                    # This process did not run, so it cannot know whether the server answered.
                    self._answered = now
                falls_silent = self._check_waits(now)
            # Outside of the lock, because logging may be slow.
            if falls_silent:
                self._reach.mark_unavailable(self._silence())
            with self._lock:
                idle = 0 if self._waits or self._silent_since else idle + 1
                while idle > LINGER_TICKS and not self._waits:
                    self._is_sleeping = True
                    self._changed.wait()
                    now = time.monotonic()
            last = now

    def _check_waits(self, now: float) -> bool:
        """End the waits that are overdue, and return whether the server has become silent."""
        for wait in self._waits:
            if now >= wait.until:
                wait.end(f"no answer within {wait.until - wait.began:.0f} s")
        if self._silent_since is not None:
            self._end_silence()
            return False
        stalled = self._stalled_seconds(now)
        if stalled >= STALLED_SECONDS:
            self._reach.check()
        if stalled < SILENT_SECONDS or not self._reach.is_overdue(now):
            return False
        self._silent_since = now
        self._free_threads()
        return True

    def _stalled_seconds(self, now: float) -> float:
        """Return for how many seconds no wait in progress was answered."""
        oldest = min((wait.began for wait in self._waits), default=now)
        return now - max(oldest, self._answered, self._reach.answered_at)

    def _end_silence(self) -> None:
        answered = max(self._answered, self._reach.answered_at)
        if answered > (self._silent_since or 0.0):
            self._silent_since = None

    def _free_threads(self) -> None:
        """End every wait except for those for a commit, whose outcome would be unknown. If these
        occupy all threads, end the oldest of them."""
        commits = [wait for wait in self._waits if wait.is_commit]
        for wait in self._waits:
            if not wait.is_commit:
                wait.end(self._silence())
        if len(commits) >= self._threads:
            min(commits, key=lambda wait: wait.began).end(self._silence())


def bounded_wait(connection: Any, *, is_commit: bool = False) -> AbstractContextManager[None]:
    """Return a context manager that limits a statement, if its connection has a maximum wait."""
    if getattr(connection, "max_wait", None) is None:
        return nullcontext()
    return BoundedWait(
        connection.watch, connection.shut_down, connection.max_wait, is_commit=is_commit
    )
