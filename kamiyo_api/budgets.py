"""The windows that a key's requests count in, and how full they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kamiyo_api.config import Tier

# Apart from the cache's prefix, so that clearing the cache by hand gives no budget back.
PREFIX = "kamiyo:limit:"
MINUTE, HOUR = 60, 3600
UNITS = {MINUTE: "minute", HOUR: "hour"}


class Window(NamedTuple):
    """How many requests of a kind are allowed in how many seconds, counted under a key."""

    kind: str
    amount: int
    seconds: int
    key: str

    def __str__(self) -> str:
        return f"{self.amount} {self.kind} per {UNITS[self.seconds]}"


class Budget(NamedTuple):
    """The windows that a kind of request counts in, and what the script is told of them."""

    windows: tuple[Window, ...]
    keys: list[str]
    amounts_and_seconds: list[int]


def budget(*windows: Window) -> Budget:
    """The budget that these windows make."""
    keys = [PREFIX + window.key for window in windows]
    return Budget(windows, keys, [n for window in windows for n in (window.amount, window.seconds)])


class Counted(NamedTuple):
    """A window after the present request was counted in it; reset_at in epoch seconds."""

    window: Window
    remaining: int
    reset_at: float


class Taken(NamedTuple):
    """What became of a request, as the script answers it, and when."""

    windows: tuple[Window, ...]
    answer: Sequence[int]
    now: float

    @property
    def is_refused(self) -> bool:
        """Whether a window was used up."""
        return self.answer[0] > 0

    @property
    def counted(self) -> list[Counted]:
        """The state of each window."""
        return [self._counted(position) for position in range(len(self.windows))]

    @property
    def tightest(self) -> Counted:
        """What the headers show: the window that refused, else the one with the least left."""
        if self.is_refused:
            return self._counted(self.answer[0] - 1)
        return self._counted(min(range(len(self.windows)), key=self._remaining))

    def _remaining(self, position: int) -> int:
        return max(0, self.windows[position].amount - self.answer[2 * position + 1])

    def _counted(self, position: int) -> Counted:
        reset_at = self.now + self.answer[2 * position + 2] / 1000
        return Counted(self.windows[position], self._remaining(position), reset_at)


@lru_cache(maxsize=10_000)
def budgets_of(key_id: str, tier: Tier) -> Mapping[str, Budget]:
    """The budgets of a key, by the kind of request."""

    def window(kind: str, amount: int, seconds: int) -> Window:
        return Window(kind, amount, seconds, f"{key_id}:{kind}:{UNITS[seconds]}")

    requests = (
        window("requests", tier.per_minute, MINUTE),
        window("requests", tier.per_hour, HOUR),
    )
    registrations = window("registrations", tier.registrations, HOUR)
    writes = window("writes", tier.writes, HOUR)
    return {
        "read": budget(*requests),
        "register": budget(*requests, registrations),
        "write": budget(*requests, writes),
        "not read": budget(registrations, writes),
    }
