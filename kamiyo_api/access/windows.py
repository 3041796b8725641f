"""The rate-limit windows that the requests of a key count in, and their states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from kamiyo_api.cache.backend import FIND_FUNCTION
from kamiyo_api.config import Tier
from kamiyo_api.redis.client import Script

# Not under the cache's prefix, so that clearing the cache resets no rate limit.
PREFIX = "kamiyo:limit:"
MINUTE, HOUR = 60, 3600
UNITS = {MINUTE: "minute", HOUR: "hour"}


# A window is stored as its end in epoch ms, by the clock of Redis, and the number of requests in
# it. Return that number, the milliseconds until the end, and the end. If the window is over, return
# those of a window that begins now; likewise if its end is too far ahead, because then the clock
# was wrong.
WINDOW_FUNCTION = """
local cost = ARGV[1] + 0
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function window(stored, length)
  if stored then
    local ends = string.sub(stored, 1, 13)
    local left = ends - now
    if left > 0 and left <= length + 1000 then
      return string.sub(stored, 15) + 0, left, ends
    end
  end
  return 0, length, string.format('%.0f', now + length)
end
"""


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
    """The windows that a kind of request counts in, their name in Redis, and the script that
    counts."""

    windows: tuple[Window, ...]
    name: str
    script: Script


def budget(*windows: Window, is_lasting: bool = False) -> Budget:
    """Return the budget of these windows of one key. A budget that is not lasting expires with its
    windows, and a full Redis may evict it."""
    limits = tuple((window.field, window.amount, window.seconds) for window in windows)
    return Budget(windows, PREFIX + windows[0].key, script_for(limits, is_lasting))


@lru_cache(maxsize=100)
def script_for(windows: tuple[tuple[str, int, int], ...], is_lasting: bool) -> Script:
    """Return the script that adds a cost to every window, or to none if one of them is used up.

    KEYS: the counts of a key, then the names of a cache lookup, if there is one. ARGV: the cost,
    then the arguments of the lookup. The script returns the number of the window that is used up
    (0: none), the count of each window and the milliseconds to its end, then the result of the
    lookup, unless the request is refused or there is no lookup.

    The counts of an API key never expire, so that a full Redis that evicts expiring keys
    (volatile-*) evicts cached answers only. The windows are literals in the script, which saves a
    tenth of its time.
    """
    states = each(windows, "count{n}, left{n}", ", ")
    lasting = "" if is_lasting else "redis.call('pexpire', KEYS[1], math.max({}))"
    return Script(
        f"""
{FIND_FUNCTION}
{WINDOW_FUNCTION}
local stored = redis.pcall('hmget', KEYS[1], {each(windows, "'{field}'", ", ")})
if stored.err then
  redis.call('del', KEYS[1])
  stored = {{}}
end
{each(windows, "local count{n}, left{n}, ends{n} = window(stored[{n}], {milliseconds})")}
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
    """Return a part of the script, repeated for each window."""
    return between.join(
        template.format(n=n, field=field, amount=amount, milliseconds=seconds * 1000)
        for n, (field, amount, seconds) in enumerate(windows, 1)
    )


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
