"""Rate limits: who is counted, when, and what becomes of a request."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any, cast
from wsgiref.types import WSGIEnvironment

import limits.strategies
from flask import Flask, Request, current_app, g, request
from flask_limiter import Limiter
from flask_limiter._extension import LimiterContext
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import RateLimiter
from limits.util import WindowStats

from kamiyo_api import asking, cache_state, errors, metrics
from kamiyo_api.budgets import MINUTE, Budget, Counted, Taken, Window, budget, budgets_of
from kamiyo_api.cache_backend import Question, found
from kamiyo_api.carried import carry
from kamiyo_api.config import Config
from kamiyo_api.present import extension, notes, present
from kamiyo_api.redis_client import RedisAway

REGISTRATION = "agents.register_agent"
FAILURES_A_MINUTE = 30


def take(budget: Budget, cost: int = 1, asked: Question | None = None) -> Taken:
    """Count one request in every window, or in none where one is used up; a cost of 0 looks only.

    Exact over all processes that share a Redis: one script, which nothing interrupts. While
    Redis is away each process counts for itself. What is asked of the cache is answered in
    the same round trip, and kept for the view.
    """
    try:
        answer = take_from_redis(budget, cost, asked)
    except RedisAway:
        answer = take_from_memory(budget.windows, cost)
    return Taken(budget.windows, answer, time.time())


def take_from_redis(budget: Budget, cost: int, asked: Question | None) -> Sequence[int]:
    """What the script answers. Raises RedisAway."""
    if asked is None or not asked.known.prefix:
        answer = extension("redis").run(budget.script, (budget.name,), (cost,))
        return cast(Sequence[int], answer)
    kept = cache_state.backend()
    names, rest = kept.asking(asked)
    answer = kept.run(budget.script, asked, (budget.name, *names), (cost, *rest))
    if answer[0] == 0:
        notes()["asked_ahead"] = asked, found(answer.pop())
    return cast(Sequence[int], answer)


def take_from_memory(windows: Sequence[Window], cost: int) -> Sequence[int]:
    """The same as the script, in this process alone and, between threads, nearly exact."""
    memory: MemoryStorage = extension("limits.memory")
    keys = [f"{window.key}:{window.field}" for window in windows]
    counts = [memory.get(key) for key in keys]
    rooms = [window.amount - count for window, count in zip(windows, counts, strict=True)]
    full = next((number for number, room in enumerate(rooms, 1) if room < cost), 0)
    if not full and cost:
        counts = [
            memory.incr(key, window.seconds, amount=cost)
            for key, window in zip(keys, windows, strict=True)
        ]
    answer = [full]
    for key, window, count in zip(keys, windows, counts, strict=True):
        left = memory.get_expiry(key) - time.time() if count else window.seconds
        answer += [count, int(left * 1000)]
    return answer


def budgets_of_key(api_key: Any) -> Mapping[str, Budget]:
    """The budgets of a key."""
    return budgets_of(api_key.key_id, current_app.config["TIERS"][api_key.tier])


def budget_of(request: Request, api_key: Any) -> Budget:
    """What a request of a key counts in: one budget, whatever the path."""
    budgets = budgets_of_key(api_key)
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return budgets["read"]
    return budgets["register" if request.endpoint == REGISTRATION else "write"]


def look() -> list[Counted]:
    """Every window of the key that calls; counts nothing."""
    return [*g.rate_limit.counted, *take(budgets_of_key(g.api_key)["not read"], cost=0).counted]


class TierWindows(RateLimiter):
    """A Flask-Limiter strategy: all windows of a request in one round trip.

    The windows are fixed and begin with a key's first request. A moving window would keep
    one entry a request, a million for one enterprise key; a sliding counter would be inexact.
    """

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        request, noted = present()
        if "rate_limit" not in noted:
            key = noted["api_key"]
            question = asking.question_of(request, key)
            charge(request.environ, noted, budget_of(request, key), question)
        return not noted["rate_limit"].is_refused

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        taken = take(budget_of(present()[0], g.api_key), cost=0)
        return all(each.remaining for each in taken.counted)

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        tightest: Counted = g.rate_limit.tightest
        return WindowStats(tightest.reset_at, tightest.remaining)


limits.strategies.STRATEGIES["tier-windows"] = TierWindows  # type: ignore[assignment]

# The strategy knows the windows behind it, so one item stands for every limit.
EVERY_REQUEST = RateLimitItemPerMinute(1)


class TierLimiter(Limiter):
    """Flask-Limiter where the tier of a key decides and no route has limits of its own, so
    that it need not look for them: that search takes twice as long as a bare Flask request."""

    # What limits of a route would leave behind for the answer; here it stays empty.
    context = LimiterContext()

    def _check_request_limit(self, *_: Any, **__: Any) -> None:
        if "api_key" in notes() and not self.limiter.hit(EVERY_REQUEST):
            raise refusal()


limiter = TierLimiter(
    key_func=lambda: str(g.api_key.key_id), strategy="tier-windows", storage_uri="memory://"
)


def refusal() -> errors.RateLimitExceeded:
    """Which limit is used up, of which tier, and how long to wait."""
    refused: Counted = g.rate_limit.tightest
    metrics.rate_limit_exceeded.labels(g.api_key.tier).inc()
    wait = seconds_to_end(refused)
    return errors.RateLimitExceeded(
        f"Rate limit exceeded: {refused.window} are allowed in tier {g.api_key.tier}; "
        f"wait {wait} seconds, or ask the operator for a higher tier.",
        headers={"Retry-After": str(wait)},
    )


def seconds_to_end(counted: Counted) -> int:
    """The whole seconds until a window ends."""
    return max(1, math.ceil(counted.reset_at - time.time()))


def count_failure(code: str) -> None:
    """Count a key that was looked up in vain against the address that sent it; `code` is of the
    error that says why.

    A right key is not counted, whoever else is at its address. Raises RateLimitExceeded where
    the address sent too many of the wrong ones.
    """
    window = failures_window()
    taken = take(budget(window))
    if not taken.is_refused:
        return
    notes()["refused_key"] = code
    wait = seconds_to_end(taken.tightest)
    raise errors.RateLimitExceeded(
        f"Rate limit exceeded: too many wrong API keys from this address ({window}); "
        f"check the key, and wait {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )


def failures_window() -> Window:
    """Wrong keys of the present request's address."""
    address = counted_address(request.remote_addr or "")
    return Window("wrong keys", FAILURES_A_MINUTE, MINUTE, f"failures:{address}")


def counted_address(address: str) -> str:
    """An address as it is counted: of IPv6 the network, as one client has all of its /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False))


def charge(
    environ: WSGIEnvironment, noted: dict[str, Any], budget: Budget, asked: Question | None
) -> None:
    """Count a request of a key, note what became of it, and tell the key what is left of its
    tightest window."""
    taken = noted["rate_limit"] = take(budget, asked=asked)
    tightest = taken.tightest
    carry(
        environ,
        ("X-RateLimit-Limit", str(tightest.window.amount)),
        ("X-RateLimit-Remaining", str(tightest.remaining)),
        ("X-RateLimit-Reset", str(math.ceil(tightest.reset_at))),
    )


def init_app(app: Flask, config: Config) -> None:
    """Limit every request of a key; call after auth, which says whose request it is."""
    app.config["TIERS"] = config.tiers
    app.extensions["limits.memory"] = MemoryStorage()
    limiter.init_app(app)
