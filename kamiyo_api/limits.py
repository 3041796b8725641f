"""Rate limits: tiers, who is counted, and the windows that one request counts in."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import limits.strategies
from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from flask_limiter.errors import RateLimitExceeded
from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import RateLimiter
from limits.util import WindowStats

from kamiyo_api import errors, metrics, problems
from kamiyo_api.config import Config, Tier
from kamiyo_api.redis_client import RedisAway, Script

# Apart from the cache's prefix, so that clearing the cache by hand gives no budget back.
PREFIX = "kamiyo:limit:"
REGISTRATION = "agents.register_agent"
FAILURES_A_MINUTE = 30
MINUTE, HOUR = 60, 3600
UNITS = {MINUTE: "minute", HOUR: "hour"}

# ARGV: of each window its amount and its seconds, then the cost. Takes the cost from every
# window, or from none where one of them is used up. Answers the number of that window
# (0: none), then of each window the count and the milliseconds to its end.
TAKE = Script(
    """
local cost = tonumber(ARGV[#ARGV])
local full = 0
local counts = {}
for i, key in ipairs(KEYS) do
  counts[i] = tonumber(redis.call('get', key) or '0')
  if full == 0 and counts[i] + cost > tonumber(ARGV[2 * i - 1]) then
    full = i
  end
end
local answer = {full}
for i, key in ipairs(KEYS) do
  if full == 0 and cost > 0 then
    counts[i] = redis.call('incrby', key, cost)
  end
  local left = redis.call('pttl', key)
  if left == -1 then
    left = ARGV[2 * i] * 1000
    redis.call('pexpire', key, left)
  end
  answer[2 * i] = counts[i]
  answer[2 * i + 1] = left >= 0 and left or ARGV[2 * i] * 1000
end
return answer
"""
)


@dataclass(frozen=True)
class Window:
    """How many requests of a kind are allowed in how many seconds, counted under a key."""

    kind: str
    amount: int
    seconds: int
    key: str

    def __str__(self) -> str:
        return f"{self.amount} {self.kind} per {UNITS[self.seconds]}"


@dataclass(frozen=True)
class Counted:
    """A window after the present request was counted in it; reset_at in epoch seconds."""

    window: Window
    remaining: int
    reset_at: float


@dataclass(frozen=True)
class Taken:
    """What became of a request: the state of its windows, and the one that was used up."""

    counted: Sequence[Counted]
    refused_by: Counted | None

    @property
    def tightest(self) -> Counted:
        """What the headers show: the window that refused, else the one with the least left."""
        return self.refused_by or min(self.counted, key=lambda each: each.remaining)


def take(windows: Sequence[Window], cost: int = 1) -> Taken:
    """Count one request in every window, or in none where one is used up; a cost of 0 looks only.

    Exact over all processes that share a Redis: one script, which nothing interrupts. While
    Redis is away each process counts for itself.
    """
    try:
        answer = take_from_redis(windows, cost)
    except RedisAway:
        answer = take_from_memory(windows, cost)
    now = time.time()
    counted = [
        Counted(window, max(0, window.amount - count), now + left / 1000)
        for window, count, left in zip(windows, answer[1::2], answer[2::2], strict=True)
    ]
    return Taken(counted, counted[answer[0] - 1] if answer[0] else None)


def take_from_redis(windows: Sequence[Window], cost: int) -> Sequence[int]:
    """What the script answers. Raises RedisAway."""
    arguments = [number for window in windows for number in (window.amount, window.seconds)]
    keys = [PREFIX + window.key for window in windows]
    answer = current_app.extensions["redis"].ask(
        lambda redis: TAKE(keys, [*arguments, cost], redis)
    )
    return cast(Sequence[int], answer)


def take_from_memory(windows: Sequence[Window], cost: int) -> Sequence[int]:
    """The same as the script, in this process alone and, between threads, nearly exact."""
    memory: MemoryStorage = current_app.extensions["limits.memory"]
    counts = [memory.get(window.key) for window in windows]
    rooms = [window.amount - count for window, count in zip(windows, counts, strict=True)]
    full = next((number for number, room in enumerate(rooms, 1) if room < cost), 0)
    if not full and cost:
        counts = [memory.incr(window.key, window.seconds, amount=cost) for window in windows]
    answer = [full]
    for window, count in zip(windows, counts, strict=True):
        left = memory.get_expiry(window.key) - time.time() if count else window.seconds
        answer += [count, int(left * 1000)]
    return answer


def windows_of_key() -> dict[str, list[Window]]:
    """The windows of the key that calls, by what is counted in them."""
    tier, key_id = tier_of_key(), g.api_key.key_id

    def window(kind: str, amount: int, seconds: int) -> Window:
        return Window(kind, amount, seconds, f"{key_id}:{kind}:{UNITS[seconds]}")

    return {
        "requests": [
            window("requests", tier.per_minute, MINUTE),
            window("requests", tier.per_hour, HOUR),
        ],
        "registrations": [window("registrations", tier.registrations, HOUR)],
        "writes": [window("writes", tier.writes, HOUR)],
    }


def windows_of_request() -> list[Window]:
    """The windows that the present request of a key counts in: one budget, whatever the path."""
    windows = windows_of_key()
    if request.endpoint == REGISTRATION:
        return windows["requests"] + windows["registrations"]
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        return windows["requests"] + windows["writes"]
    return windows["requests"]


def look() -> list[Counted]:
    """Every window of the key that calls; counts nothing."""
    windows = windows_of_key()
    others = take([*windows["registrations"], *windows["writes"]], cost=0).counted
    return [*g.rate_limit.counted, *others]


def tier_of_key() -> Tier:
    """The limits of the key that calls."""
    tiers: dict[str, Tier] = current_app.config["TIERS"]
    return tiers[g.api_key.tier]


class TierWindows(RateLimiter):
    """A Flask-Limiter strategy: all windows of a request in one round trip.

    The windows are fixed and begin with a key's first request. A moving window would keep
    one entry a request, a million for one enterprise key; a sliding counter would be inexact.
    """

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        g.rate_limit = take(windows_of_request())
        return g.rate_limit.refused_by is None

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        return all(each.remaining for each in take(windows_of_request(), cost=0).counted)

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        tightest: Counted = g.rate_limit.tightest
        return WindowStats(tightest.reset_at, tightest.remaining)


limits.strategies.STRATEGIES["tier-windows"] = TierWindows  # type: ignore[assignment]

# One application-wide limit, whatever its figures: the strategy knows the windows behind it.
limiter = Limiter(
    key_func=lambda: str(g.api_key.key_id),
    application_limits=["1/minute"],
    application_limits_exempt_when=lambda: "api_key" not in g,
    request_identifier=lambda: "request",
    strategy="tier-windows",
    storage_uri="memory://",
)


def refuse_guesser() -> None:
    """Refuse an address that sent too many wrong keys, before the database is asked.

    Raises RateLimitExceeded as an ApiError.
    """
    window = failures_window()
    if take([window], cost=0).counted[0].remaining == 0:
        raise errors.RateLimitExceeded(
            f"Rate limit exceeded: too many wrong API keys from this address "
            f"({window}); wait {MINUTE} seconds and check the key.",
            headers={"Retry-After": str(MINUTE)},
        )


def count_failure() -> None:
    """Count a wrong key against the address that sent it."""
    take([failures_window()])


def failures_window() -> Window:
    """Wrong keys of the present request's address."""
    return Window("wrong keys", FAILURES_A_MINUTE, MINUTE, f"failures:{request.remote_addr}")


def answer_exceeded(error: RateLimitExceeded) -> Any:
    """Answer 429: which limit, of which tier, and how long to wait."""
    refused: Counted = g.rate_limit.tightest
    metrics.rate_limit_exceeded.labels(g.api_key.tier).inc()
    wait = max(1, math.ceil(refused.reset_at - time.time()))
    return problems.answer_api_error(
        errors.RateLimitExceeded(
            f"Rate limit exceeded: {refused.window} are allowed in tier {g.api_key.tier}; "
            f"wait {wait} seconds, or ask the operator for a higher tier.",
            headers={"Retry-After": str(wait)},
        )
    )


def show_limit(response: Response) -> Response:
    """Tell a key what is left of its tightest window."""
    if "rate_limit" in g:
        tightest: Counted = g.rate_limit.tightest
        response.headers["X-RateLimit-Limit"] = str(tightest.window.amount)
        response.headers["X-RateLimit-Remaining"] = str(tightest.remaining)
        response.headers["X-RateLimit-Reset"] = str(math.ceil(tightest.reset_at))
    return response


def init_app(app: Flask, config: Config) -> None:
    """Limit every request of a key; call after auth, which says whose request it is."""
    app.config["TIERS"] = config.tiers
    app.extensions["limits.memory"] = MemoryStorage()
    limiter.init_app(app)
    app.register_error_handler(RateLimitExceeded, answer_exceeded)
    app.after_request(show_limit)
