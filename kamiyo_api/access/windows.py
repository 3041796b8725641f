"""The windows that a key's requests count in, and how full they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kamiyo_api.cache.backend import FIND_FUNCTION
from kamiyo_api.config import Tier
from kamiyo_api.redis.client import Script

# Apart from the cache's prefix, so that clearing the cache by hand gives no budget back.
PREFIX = "kamiyo:limit:"
MINUTE, HOUR = 60, 3600
UNITS = {MINUTE: "minute", HOUR: "hour"}


# A window as it is kept: its end in epoch ms, by the clock of Redis, and the number of requests
# in it. Answers that number, the milliseconds to the end, and the end; those of one that begins now
# where it is over, as it is where it ends later than it can: then the clock was ahead.
WINDOW_FUNCTION = """
local cost = ARGV[1] + 0
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function window(kept, length)
  if kept then
    local ends = string.sub(kept, 1, 13)
    local left = ends - now
    if left > 0 and left <= length + 1000 then
      return string.sub(kept, 15) + 0, left, ends
    end
  end
  return 0, length, string.format('%.0f', now + length)
end
"""


class Window(NamedTuple):
    """How many requests of a kind are allowed in how many seconds, counted for a key."""

    kind: str
    amount: int
    seconds: int
    key: str

    @property
    def field(self) -> str:
        """What its count is named among those of its key."""
        return f"{self.kind}:{UNITS[self.seconds]}"

    def __str__(self) -> str:
        return f"{self.amount} {self.kind} per {UNITS[self.seconds]}"


class Budget(NamedTuple):
    """The windows that a kind of request counts in, under which name, and what counts it."""

    windows: tuple[Window, ...]
    name: str
    script: Script


def budget(*windows: Window, is_lasting: bool = False) -> Budget:
    """The budget that these windows of one key make. Unless it is a lasting one it expires with
    its windows, and a full Redis may evict it."""
    told = tuple((window.field, window.amount, window.seconds) for window in windows)
    return Budget(windows, PREFIX + windows[0].key, taking(told, is_lasting))


@lru_cache(maxsize=100)
def taking(windows: tuple[tuple[str, int, int], ...], is_lasting: bool) -> Script:
    """The script that takes a cost from every window, or from none where one of them is used up.

    KEYS: the counts of a key, then the names of a cache lookup, if there is one. ARGV: the cost,
    then the arguments of the lookup. Answers the number of the window that is used up (0:
    none), of each the count and the milliseconds to its end, then what is found, unless the
    request is refused or there is no lookup.

    The counts of a key never expire, so that a full Redis, which evicts what does (volatile-*),
    evicts cached answers only. What the windows are is written into the script, which spares a
    tenth of its time.
    """
    states = each(windows, "count{n}, left{n}", ", ")
    lasting = "" if is_lasting else "redis.call('pexpire', KEYS[1], math.max({}))"
    return Script(
        f"""
{FIND_FUNCTION}
{WINDOW_FUNCTION}
local kept = redis.pcall('hmget', KEYS[1], {each(windows, "'{field}'", ", ")})
if kept.err then
  redis.call('del', KEYS[1])
  kept = {{}}
end
{each(windows, "local count{n}, left{n}, ends{n} = window(kept[{n}], {milliseconds})")}
{each(windows, f"if count{{n}} + cost > {{amount}} then return {{{{{{n}}, {states}}}}} end")}
if cost > 0 then
  {each(windows, "count{n} = count{n} + cost")}
  redis.call('hset', KEYS[1], {each(windows, "'{field}', ends{n} .. ':' .. count{n}", ", ")})
  {lasting.format(each(windows, "left{n}", ", "))}
end
if KEYS[2] then
  return {{0, {states}, find({{unpack(KEYS, 2)}}, unpack(ARGV, 2))}}
end
return {{0, {states}}}
"""
    )


def each(windows: Sequence[tuple[str, int, int]], template: str, between: str = "\n") -> str:
    """A part of the script for each window."""
    return between.join(
        template.format(n=n, field=field, amount=amount, milliseconds=seconds * 1000)
        for n, (field, amount, seconds) in enumerate(windows, 1)
    )


class WindowState(NamedTuple):
    """A window after a request was counted in it; reset_at in epoch seconds."""

    window: Window
    remaining: int
    reset_at: float


class Consumption(NamedTuple):
    """What became of a request that was counted, as the script answers it, and when."""

    windows: tuple[Window, ...]
    answer: Sequence[int]
    now: float

    @property
    def is_refused(self) -> bool:
        """Whether a window was used up."""
        return self.answer[0] > 0

    @property
    def states(self) -> list[WindowState]:
        """The state of each window."""
        return [self._state(position) for position in range(len(self.windows))]

    @property
    def tightest(self) -> WindowState:
        """What the headers show: the window that refused, else the one with the least left."""
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
    """The budgets of a key, by the kind of request."""

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
