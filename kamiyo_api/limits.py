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

from kamiyo_api import errors
from kamiyo_api.config import Config, Tier
from kamiyo_api.redis_client import RedisAway, Script

# Apart from the cache's prefix, so that clearing the cache by hand gives no budget back.
PREFIX = "kamiyo:limit:"
REGISTRATION = "agents.register_agent"
FAILURES_A_MINUTE = 30
MINUTE, HOUR = 60, 3600
UNITS = {MINUTE: "minute", HOUR: "hour"}

# Takes one from every window, or from none where one of them is used up. Answers the
# number of that window (0: none), then of each the count and the milliseconds to its end.
TAKE = Script(
    """
local full = 0
local answer = {0}
for i, key in ipairs(KEYS) do
  if full == 0 and tonumber(redis.call('get', key) or '0') >= tonumber(ARGV[2 * i - 1]) then
    full = i
  end
end
for i, key in ipairs(KEYS) do
  local count = tonumber(redis.call('get', key) or '0')
  if full == 0 then
    count = redis.call('incr', key)
  end
  local left = redis.call('pttl', key)
  if left < 0 then
    left = ARGV[2 * i] * 1000
    if full == 0 then
      redis.call('pexpire', key, left)
    end
  end
  answer[2 * i] = count
  answer[2 * i + 1] = left
end
answer[1] = full
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


def take(windows: Sequence[Window]) -> Taken:
    """Count one request in every window, or in none where one is used up.

    Exact over all processes that share a Redis: one script, which nothing interrupts. While
    Redis is away each process counts for itself.
    """
    try:
        answer = take_from_redis(windows)
    except RedisAway:
        answer = take_from_memory(current_app.extensions["limits.memory"], windows)
    now = time.time()
    counted = [
        Counted(window, max(0, window.amount - count), now + left / 1000)
        for window, count, left in zip(windows, answer[1::2], answer[2::2], strict=True)
    ]
    return Taken(counted, counted[answer[0] - 1] if answer[0] else None)


def take_from_redis(windows: Sequence[Window]) -> Sequence[int]:
    """What the script answers. Raises RedisAway."""
    arguments = [number for window in windows for number in (window.amount, window.seconds)]
    keys = [PREFIX + window.key for window in windows]
    answer = current_app.extensions["redis"].ask(lambda redis: TAKE(keys, arguments, redis))
    return cast(Sequence[int], answer)


def take_from_memory(memory: MemoryStorage, windows: Sequence[Window]) -> Sequence[int]:
    """The same as the script, in this process alone and, between threads, nearly exact."""
    full = next(
        (
            number
            for number, window in enumerate(windows, 1)
            if memory.get(window.key) >= window.amount
        ),
        0,
    )
    answer = [full]
    for window in windows:
        count = memory.get(window.key) if full else memory.incr(window.key, window.seconds)
        answer += [count, int((memory.get_expiry(window.key) - time.time()) * 1000)]
    return answer


def windows_of_request() -> list[Window]:
    """The windows that the present request of a key counts in: one budget, whatever the path."""
    tier, key_id = tier_of_key(), g.api_key.key_id
    windows = [
        Window("requests", tier.per_minute, MINUTE, f"{key_id}:requests:minute"),
        Window("requests", tier.per_hour, HOUR, f"{key_id}:requests:hour"),
    ]
    if request.endpoint == REGISTRATION:
        windows.append(
            Window("registrations", tier.registrations, HOUR, f"{key_id}:registrations:hour")
        )
    elif request.method not in ("GET", "HEAD", "OPTIONS"):
        windows.append(Window("writes", tier.writes, HOUR, f"{key_id}:writes:hour"))
    return windows


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
        raise NotImplementedError

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
    try:
        counted = current_app.extensions["redis"].ask(lambda redis: redis.get(PREFIX + window.key))
        count = int(counted or 0)
    except RedisAway:
        count = current_app.extensions["limits.memory"].get(window.key)
    if count >= window.amount:
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
    wait = max(1, math.ceil(refused.reset_at - time.time()))
    return errors.answer_api_error(
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
