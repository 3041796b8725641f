"""Waits for PostgreSQL that end although it does not answer: each has a deadline, and all of them
end soon after the server falls silent, so that threads are left for what needs no database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from kamiyo_api.db.reach import Reach

TICK_SECONDS = 0.05
# While nothing waits, the thread goes on for so long before it sleeps until it is woken.
LINGER_TICKS = 20
# From when on a server is asked aside, and is taken for silent unless that is answered.
STALLED_SECONDS = 0.2
SILENT_SECONDS = 0.5
# How much longer it takes to open a connection than to answer over one.
OPENING_SECONDS = 0.3


class NoAnswer(Exception):
    """The server does not answer; `is_sent` where it may still do what it was asked for."""

    def __init__(self, reason: str, *, is_sent: bool) -> None:
        super().__init__(reason)
        self.is_sent = is_sent


class Wait:
    """One wait for the server, as a context: it is ended at its deadline, or once the server is
    silent. Raises NoAnswer where that happened, and at once where it is silent already."""

    def __init__(
        self,
        watch: Watch,
        end: Callable[[], None],
        seconds: float,
        *,
        grace: float = 0.0,
        is_commit: bool = False,
    ) -> None:
        """`end` makes the waiting call return; it is called by another thread. The grace goes by
        before the server counts as asked."""
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
        # What the server says has a code; what the driver says of a lost connection has none.
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
    """The waits of one process for the server, and whether that is silent: asked aside, it does
    not answer, and no wait of this process was answered for half a second."""

    def __init__(self, reach: Reach, threads: int) -> None:
        """`threads` is how many requests there may be at once."""
        self._reach, self._threads = reach, threads
        self._lock = threading.Lock()
        self._changed = threading.Condition(self._lock)
        self._waits: set[Wait] = set()
        self._answered = 0.0
        self._silent_since: float | None = None
        self._sleeps = True
        self._thread: threading.Thread | None = None

    def begin(self, wait: Wait) -> None:
        """Note a wait. Raises NoAnswer where the server is silent."""
        with self._lock:
            if self._silent_since is not None:
                raise NoAnswer(self._silence(), is_sent=False)
            self._waits.add(wait)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="db-watch", daemon=True)
                self._thread.start()
            if self._sleeps:
                self._sleeps = False
                self._changed.notify()

    def finish(self, wait: Wait, *, is_answer: bool) -> None:
        """Forget a wait, which was answered or not."""
        with self._lock:
            self._waits.discard(wait)
            if is_answer:
                self._answered = time.monotonic()

    def refuse_silent(self) -> None:
        """Raise NoAnswer where the server is silent."""
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
                    # A process that did not run itself cannot tell who answered.
                    self._answered = now
                falls_silent = self._look(now)
            # Logs, which may take its time.
            if falls_silent:
                self._reach.note_away(self._silence())
            with self._lock:
                idle = 0 if self._waits or self._silent_since else idle + 1
                while idle > LINGER_TICKS and not self._waits:
                    self._sleeps = True
                    self._changed.wait()
                    now = time.monotonic()
            last = now

    def _look(self, now: float) -> bool:
        """End what is overdue; whether the server is found to be silent from now on."""
        for wait in self._waits:
            if now >= wait.until:
                wait.end(f"no answer within {wait.until - wait.began:.0f} s")
        if self._silent_since is not None:
            self._listen()
            return False
        stalled = self._stalled_seconds(now)
        if stalled >= STALLED_SECONDS:
            self._reach.doubt()
        if stalled < SILENT_SECONDS or not self._reach.is_unanswered(now):
            return False
        self._silent_since = now
        self._free_threads()
        return True

    def _stalled_seconds(self, now: float) -> float:
        """For how long waits have gone on while none was answered."""
        oldest = min((wait.began for wait in self._waits), default=now)
        return now - max(oldest, self._answered, self._reach.answered)

    def _listen(self) -> None:
        answered = max(self._answered, self._reach.answered)
        if answered > (self._silent_since or 0.0):
            self._silent_since = None

    def _free_threads(self) -> None:
        """End every wait but those for a commit, whose outcome would be unknown; of these one,
        where they hold all threads."""
        commits = [wait for wait in self._waits if wait.is_commit]
        for wait in self._waits:
            if not wait.is_commit:
                wait.end(self._silence())
        if len(commits) >= self._threads:
            min(commits, key=lambda wait: wait.began).end(self._silence())


def waiting(connection: Any, *, is_commit: bool = False) -> AbstractContextManager[None]:
    """What bounds a statement over a connection, where that is bounded."""
    if getattr(connection, "patience", None) is None:
        return nullcontext()
    return Wait(connection.watch, connection.hang_up, connection.patience, is_commit=is_commit)
