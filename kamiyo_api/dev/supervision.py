"""Supervision: restart servers that end, and report it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from kamiyo_api.dev.processes import NotStarted

Process = subprocess.Popen[bytes]
# A killed PostgreSQL cannot start again until its last session has ended.
ATTEMPTS = 10
SECONDS_BETWEEN = 0.5
MOST_ENDS = 5
WITHIN_SECONDS = 60


class Supervised:
    """A process that a supervisor can start again; it runs until the block ends."""

    def __init__(
        self,
        name: str,
        start: Callable[[], AbstractContextManager[Process]],
        supervisor: Supervisor | None,
    ) -> None:
        self.name = name
        self.ends: deque[float] = deque(maxlen=MOST_ENDS)
        self._start = start
        self._supervisor = supervisor
        self._running = ExitStack()

    def __enter__(self) -> Supervised:
        """Start the process. Raises NotStarted and OSError."""
        self.process = self._running.enter_context(self._start())
        if self._supervisor:
            self._supervisor.processes.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the process."""
        if self._supervisor:
            self._supervisor.processes.remove(self)
        self._running.close()

    def restart(self) -> None:
        """Start the process again after it ended. Raises NotStarted and OSError."""
        self._running.close()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self.process = self._running.enter_context(self._start())
                return
            except NotStarted as error:
                if attempt == ATTEMPTS:
                    raise NotStarted(f"{self.name} does not start again: {error}") from error
                time.sleep(SECONDS_BETWEEN)

    def ends_too_often(self) -> bool:
        """Record an exit; return whether there were too many within a short time."""
        now = time.monotonic()
        self.ends.append(now)
        return len(self.ends) == MOST_ENDS and now - self.ends[0] < WITHIN_SECONDS


class Supervisor:
    """The supervised processes."""

    def __init__(self) -> None:
        self.processes: list[Supervised] = []

    def restore(self) -> None:
        """Restart every process that ended. Raises NotStarted if that fails."""
        for each in self.processes:
            code = each.process.poll()
            if code is not None:
                self._restore(each, code)

    def _restore(self, each: Supervised, code: int) -> None:
        if each.ends_too_often():
            raise NotStarted(f"{each.name} ended {MOST_ENDS} times within a minute; see its log")
        print(f"make run: {each.name} ended ({reason(code)}); starting it again", flush=True)
        each.restart()
        print(f"make run: {each.name} is back", flush=True)


def reason(code: int) -> str:
    """Return the meaning of an exit code."""
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
