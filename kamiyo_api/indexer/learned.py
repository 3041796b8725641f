"""Learn from the answers of a provider how much it takes at once, and how often."""

from __future__ import annotations

import time

GROWTH = 1.25
# After so many successes, a size that was refused is tried again.
SUCCESSES_UNTIL_RETRIED = 200
FIRST_INTERVAL_SECONDS = 0.05
# How quickly a rate that was lowered creeps up again.
INTERVAL_DECAY = 0.95
NO_INTERVAL_SECONDS = 0.01


class Size:
    """A size that grows on success, and stays below what was refused for a long time."""

    def __init__(self, first: int, largest: int) -> None:
        self.value = min(first, largest)
        self._largest = largest
        self._refused = largest + 1
        self._successes = 0

    def begin(self, size: int) -> None:
        """Begin with a size that was learned before."""
        self.value = max(min(size, self._largest), 1)

    def succeed(self, size: int) -> None:
        """Grow, if the size that succeeded was the whole one."""
        self._successes += 1
        if self._successes >= SUCCESSES_UNTIL_RETRIED:
            self._successes, self._refused = 0, self._largest + 1
        if size >= self.value:
            grown = max(int(self.value * GROWTH), self.value + 1)
            self.value = max(min(grown, self._largest, self._refused - 1), 1)

    def refuse(self, size: int, instead: int | None = None) -> None:
        """Shrink after a size was refused: to what is suggested, else to half of it."""
        self._refused, self._successes = size, 0
        self.value = max(min(size // 2 if instead is None else instead, size - 1), 1)


class Pace:
    """The time between two requests: longer after a rate limit, then shorter again."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._interval = 0.0
        self._next = 0.0

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        time.sleep(max(self._next - time.monotonic(), 0.0))
        self._next = time.monotonic() + self._interval

    def succeed(self) -> None:
        """Shorten the interval a little."""
        self._interval *= INTERVAL_DECAY
        if self._interval < NO_INTERVAL_SECONDS:
            self._interval = 0.0

    def limit(self, retry_after: float | None) -> None:
        """Lengthen the interval, and wait as long as the provider asks for."""
        self._interval = min(max(self._interval * 2, FIRST_INTERVAL_SECONDS), self._longest)
        wait = self._interval if retry_after is None else max(retry_after, self._interval)
        self._next = time.monotonic() + wait
