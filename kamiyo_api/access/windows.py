"""The rate-limit windows that the requests of a key count in, and their states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kamiyo_api.config import Tier
from kamiyo_api.redis.scripts import load

# Not under the cache's prefix, so that clearing the cache resets no rate limit.
PREFIX = "kamiyo:limit:"
MINUTE, HOUR = 60, 3600
UNITS = {MINUTE: "minute", HOUR: "hour"}

COUNT = load("find", "window", "count")


class Window(NamedTuple):
    """A limit of `amount` requests of a kind in so many seconds, counted per key."""

    kind: str
    amount: int
    seconds: int
    key: str

    @property
    def field(self) -> str:
        """Return the field of its count in the Redis hash of its key."""
        return f"{self.kind}:{UNITS[self.seconds]}"

    def __str__(self) -> str:
        return f"{self.amount} {self.kind} per {UNITS[self.seconds]}"


class Budget(NamedTuple):
    """The windows that a kind of request counts in, their name in Redis, and the arguments of
    COUNT after the cost."""

    windows: tuple[Window, ...]
    name: str
    arguments: tuple[str | int, ...]


def budget(*windows: Window, is_lasting: bool = False) -> Budget:
    """Return the budget of these windows of one key.

    A budget that is not lasting expires with its windows, and a full Redis may evict it. The counts
    of an API key never expire, so that a full Redis that evicts expiring keys (volatile-*) evicts
    cached answers only.
    """
    arguments: list[str | int] = [int(is_lasting), len(windows)]
    for each in windows:
        arguments += (each.field, each.amount, each.seconds * 1000)
    return Budget(windows, PREFIX + windows[0].key, tuple(arguments))


class WindowState(NamedTuple):
    """The state of a window after a request was counted in it; reset_at in epoch seconds."""

    window: Window
    remaining: int
    reset_at: float


class Consumption(NamedTuple):
    """The result of counting a request: what the script returned, and when (epoch seconds)."""

    windows: tuple[Window, ...]
    answer: Sequence[int]
    now: float

    @property
    def is_refused(self) -> bool:
        """Return whether a window was used up."""
        return self.answer[0] > 0

    @property
    def states(self) -> list[WindowState]:
        """Return the state of each window."""
        return [self._state(position) for position in range(len(self.windows))]

    @property
    def tightest(self) -> WindowState:
        """Return the state of the window that refused the request, else of the one with the fewest
        requests left; the headers show it."""
        if self.is_refused:
            return self._state(self.answer[0] - 1)
        return self._state(min(range(len(self.windows)), key=self._remaining))

    def _remaining(self, position: int) -> int:
        return max(0, self.windows[position].amount - self.answer[2 * position + 1])

    def _state(self, position: int) -> WindowState:
        reset_at = self.now + self.answer[2 * position + 2] / 1000
        return WindowState(self.windows[position], self._remaining(position), reset_at)


@lru_cache(maxsize=10_000)
def budgets_of(key_id: str, tier: Tier) -> Mapping[str, Budget]:
    """Return the budgets of a key, by the kind of request."""

    def window(kind: str, amount: int, seconds: int) -> Window:
        return Window(kind, amount, seconds, key_id)

    requests = (
        window("requests", tier.per_minute, MINUTE),
        window("requests", tier.per_hour, HOUR),
    )
    registrations = window("registrations", tier.registrations, HOUR)
    writes = window("writes", tier.writes, HOUR)
    return {
        "read": budget(*requests, is_lasting=True),
        "register": budget(*requests, registrations, is_lasting=True),
        "write": budget(*requests, writes, is_lasting=True),
        "not read": budget(registrations, writes, is_lasting=True),
    }
