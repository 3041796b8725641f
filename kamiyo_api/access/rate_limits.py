"""Rate limits: in what a request counts, how it is counted, and what a refused client is told."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Mapping, Sequence
from typing import cast

import limits.strategies
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import RateLimiter
from limits.util import WindowStats

from kamiyo_api import errors
from kamiyo_api.access.api_key import ApiKey
from kamiyo_api.access.windows import (
    MINUTE,
    Budget,
    Consumption,
    Window,
    WindowState,
    budget,
    budgets_of,
)
from kamiyo_api.cache import answers
from kamiyo_api.cache.backend import CacheLookup, found
from kamiyo_api.context import RequestState, current_key, current_state
from kamiyo_api.observability import metrics
from kamiyo_api.policies import UNROUTED
from kamiyo_api.redis.client import RedisUnavailable

READS = frozenset({"GET", "HEAD", "OPTIONS"})
FAILURES_A_MINUTE = 30


def counted(state: RequestState, key: ApiKey) -> Consumption:
    """Count a request of a key, unless it was counted; return what became of it."""
    if state.consumption is None:
        state.consumption = count(state, key)
    return state.consumption


def count(state: RequestState, key: ApiKey) -> Consumption:
    """Count a request in one round trip, which brings along what is cached under its cache key;
    tell the client what is left of its tightest window."""
    consumption = consume(state, budget_for(state, key), lookup=lookup_for(state, key))
    tightest = consumption.tightest
    state.response_headers += (
        ("X-RateLimit-Limit", str(tightest.window.amount)),
        ("X-RateLimit-Remaining", str(tightest.remaining)),
        ("X-RateLimit-Reset", str(math.ceil(tightest.reset_at))),
    )
    if consumption.is_refused:
        metrics.rate_limit_exceeded.labels(key.tier).inc()
    return consumption


def lookup_for(state: RequestState, key: ApiKey) -> CacheLookup | None:
    """Return the cache lookup of a request, if its view will take the key: what is looked up is
    leased, and has to be computed."""
    policy = state.policy
    if policy is None or state.cache_key is None or not policy.admits(key):
        return None
    return answers.lookup(policy.cached, state.cache_key) if policy.cached else None


def consume(
    state: RequestState, budget: Budget, cost: int = 1, lookup: CacheLookup | None = None
) -> Consumption:
    """Count a request in every window of a budget, or in none if one is used up; a cost of 0
    counts nothing.

    Exact over all processes that share a Redis: one script, which nothing interrupts. While
    Redis is unavailable each process counts for itself. The answer to a lookup comes in the same
    round trip, and stays in the state for the view.
    """
    try:
        answer = consume_in_redis(state, budget, cost, lookup)
    except RedisUnavailable:
        answer = consume_in_memory(state.services.local_windows, budget.windows, cost)
    return Consumption(budget.windows, answer, time.time())


def consume_in_redis(
    state: RequestState, budget: Budget, cost: int, lookup: CacheLookup | None
) -> Sequence[int]:
    """Return what the script answers. Raises RedisUnavailable."""
    if lookup is None or not lookup.known.prefix:
        answer = state.services.redis.run(budget.script, (budget.name,), (cost,))
        return cast(Sequence[int], answer)
    backend = state.services.cache
    names, arguments = backend.names_and_arguments(lookup)
    answer = backend.run(budget.script, lookup, (budget.name, *names), (cost, *arguments))
    if answer[0] == 0:
        state.prefetched = lookup, found(answer.pop())
    return cast(Sequence[int], answer)


def consume_in_memory(memory: MemoryStorage, windows: Sequence[Window], cost: int) -> Sequence[int]:
    """Return the same as the script, in this process alone and, between threads, nearly exact."""
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


def budget_for(state: RequestState, key: ApiKey) -> Budget:
    """Return what a request of a key counts in: one budget, which the view chose for writes."""
    budgets = budgets_of_key(state, key)
    if state.method in READS:
        return budgets["read"]
    return budgets[(state.policy or UNROUTED).budget]


def budgets_of_key(state: RequestState, key: ApiKey) -> Mapping[str, Budget]:
    """Return the budgets of a key, by the kind of request."""
    return budgets_of(key.key_id, state.services.config.tiers[key.tier])


def window_states() -> list[WindowState]:
    """Return the state of every window of the key that calls; count nothing."""
    state, key = current_state(), current_key()
    others = consume(state, budgets_of_key(state, key)["not read"], cost=0)
    return [*counted(state, key).states, *others.states]


class TierWindows(RateLimiter):
    """The Flask-Limiter strategy of all keys: every window of a request in one round trip.

    The windows are fixed and begin with a key's first request. A moving window would keep
    one entry a request, a million for one enterprise key; a sliding counter would be inexact.
    """

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count the present request of a key, once; return whether its windows allow it."""
        return not counted(current_state(), current_key()).is_refused

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Return whether the windows would allow the present request."""
        state = current_state()
        seen = consume(state, budget_for(state, current_key()), cost=0)
        return all(each.remaining for each in seen.states)

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """Return the state of the tightest window of the present request."""
        tightest = counted(current_state(), current_key()).tightest
        return WindowStats(tightest.reset_at, tightest.remaining)


limits.strategies.STRATEGIES["tier-windows"] = TierWindows  # type: ignore[assignment]

# The strategy knows the windows behind it, so one item stands for every limit.
EVERY_REQUEST = RateLimitItemPerMinute(1)


def refusal(key: ApiKey, refused: WindowState) -> errors.RateLimitExceeded:
    """Return the error that says which limit is used up, of which tier, and how long to wait."""
    wait = seconds_to_end(refused)
    return errors.RateLimitExceeded(
        f"Rate limit exceeded: {refused.window} are allowed in tier {key.tier}; "
        f"wait {wait} seconds, or ask the operator for a higher tier.",
        headers={"Retry-After": str(wait)},
    )


def seconds_to_end(window: WindowState) -> int:
    """Return the whole seconds until a window ends."""
    return max(1, math.ceil(window.reset_at - time.time()))


def count_failure(code: str) -> None:
    """Count a key that was looked up in vain against the address that sent it; `code` is of the
    error that says why.

    A right key is not counted, whoever else is at its address. Raises RateLimitExceeded if
    the address sent too many of the wrong ones.
    """
    state = current_state()
    window = failures_window(state.environ.get("REMOTE_ADDR", ""))
    consumption = consume(state, budget(window))
    if not consumption.is_refused:
        return
    state.refused_key = code
    wait = seconds_to_end(consumption.tightest)
    raise errors.RateLimitExceeded(
        f"Rate limit exceeded: too many wrong API keys from this address ({window}); "
        f"check the key, and wait {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )


def failures_window(address: str) -> Window:
    """Return the window of the wrong keys of an address."""
    return Window("wrong keys", FAILURES_A_MINUTE, MINUTE, f"failures:{counted_address(address)}")


def counted_address(address: str) -> str:
    """Return an address as it is counted: of IPv6 the network, as one client has all of its /64."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False))
