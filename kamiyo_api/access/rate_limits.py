"""Rate limits: choose the budget of a request, count the request, and build the error for a client
that exceeds a limit."""

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
    COUNT,
    MINUTE,
    Budget,
    Consumption,
    Window,
    WindowState,
    budget,
    budgets_of,
)
from kamiyo_api.cache import answers
from kamiyo_api.cache.backend import CacheLookup, lookup_result
from kamiyo_api.context import RequestState, current_key, current_state
from kamiyo_api.observability import metrics
from kamiyo_api.policies import UNROUTED
from kamiyo_api.redis.client import RedisUnavailable

READS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_INVALID_KEYS_PER_MINUTE = 30


def consumption_of(state: RequestState, key: ApiKey) -> Consumption:
    """Return the consumption of a request; count the request if that was not done before."""
    if state.consumption is None:
        state.consumption = count_request(state, key)
    return state.consumption


def count_items(count: int) -> None:
    """Count the items of a batch as if each was a request; the first was counted on admission.

    All are counted or none. Raises RateLimitExceeded.
    """
    state, key = current_state(), current_key()
    if count <= 1:
        return
    consumption = consume(state, budget_for(state, key), cost=count - 1)
    show_tightest(state, consumption, key)
    if consumption.is_refused:
        error = refusal(key, consumption.tightest)
        fitting = consumption.tightest.remaining + 1
        error.detail += f" Each of the {count} items counts as a request: {fitting} fit now."
        raise error


def count_request(state: RequestState, key: ApiKey) -> Consumption:
    """Count a request in one round trip, which also looks up its cache key, and add the headers
    that show the client its tightest window."""
    consumption = consume(state, budget_for(state, key), lookup=lookup_for(state, key))
    show_tightest(state, consumption, key)
    return consumption


def show_tightest(state: RequestState, consumption: Consumption, key: ApiKey) -> None:
    """Set the headers that show the client its tightest window, and count a refusal."""
    tightest = consumption.tightest
    others = [each for each in state.response_headers if not each[0].startswith("X-RateLimit-")]
    state.response_headers[:] = (
        *others,
        ("X-RateLimit-Limit", str(tightest.window.amount)),
        ("X-RateLimit-Remaining", str(tightest.remaining)),
        ("X-RateLimit-Reset", str(math.ceil(tightest.reset_at))),
    )
    if consumption.is_refused:
        metrics.rate_limit_exceeded.labels(key.tier).inc()
        metrics.note("rate_limit_exceeded")


def lookup_for(state: RequestState, key: ApiKey) -> CacheLookup | None:
    """Return the cache lookup of a request, or None if its view does not admit the key: a
    lookup may take a lease, which the view then has to use."""
    policy = state.policy
    if policy is None or state.cache_key is None or not policy.admits(key):
        return None
    return answers.new_lookup(policy.cached, state.cache_key) if policy.cached else None


def consume(
    state: RequestState, budget: Budget, cost: int = 1, lookup: CacheLookup | None = None
) -> Consumption:
    """Count a request in every window of a budget, or in none if one of them is used up. A cost
    of 0 counts nothing and only reads the windows.

    Exact over all processes that share a Redis, because one script counts atomically. While
    Redis is unavailable, each process counts for itself. The result of a lookup comes in the
    same round trip, and is stored in the state for the view.
    """
    try:
        answer = consume_in_redis(state, budget, cost, lookup)
    except RedisUnavailable:
        answer = consume_in_memory(state.services.local_windows, budget.windows, cost)
    return Consumption(budget.windows, answer, time.time())


def consume_in_redis(
    state: RequestState, budget: Budget, cost: int, lookup: CacheLookup | None
) -> Sequence[int]:
    """Return the result of the script. Raises RedisUnavailable."""
    counted_in = (cost, *budget.arguments)
    if lookup is None or not lookup.database.prefix:
        answer = state.services.redis.run(COUNT, (budget.name,), counted_in)
        return cast(Sequence[int], answer)
    backend = state.services.cache
    names, arguments = backend.names_and_arguments(lookup)
    answer = backend.run(COUNT, lookup, (budget.name, *names), (*counted_in, *arguments))
    if answer[0] == 0:
        state.prefetched = lookup, lookup_result(answer.pop())
    return cast(Sequence[int], answer)


def consume_in_memory(memory: MemoryStorage, windows: Sequence[Window], cost: int) -> Sequence[int]:
    """Return the same as the script, counted in this process alone; nearly exact between
    threads."""
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
    """Return the budget that a request of a key counts in; for a POST, PUT, PATCH or DELETE, the
    view declares it."""
    budgets = budgets_of_key(state, key)
    if state.method in READS:
        return budgets["read"]
    return budgets[(state.policy or UNROUTED).budget]


def budgets_of_key(state: RequestState, key: ApiKey) -> Mapping[str, Budget]:
    """Return the budgets of a key, by the kind of request."""
    return budgets_of(key.key_id, state.services.config.tiers[key.tier])


def window_states() -> list[WindowState]:
    """Return the state of every window of the current key, counting nothing further."""
    state, key = current_state(), current_key()
    others = consume(state, budgets_of_key(state, key)["not read"], cost=0)
    return [*consumption_of(state, key).states, *others.states]


class TierWindows(RateLimiter):
    """The Flask-Limiter strategy of all keys: count every window of a request in one round trip.

    The windows are fixed, and begin with a key's first request. A moving window would store one
    entry per request, a million for one enterprise key; a sliding counter would be inexact.
    """

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Count the current request once, and return whether its windows allow it."""
        return not consumption_of(current_state(), current_key()).is_refused

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        """Return whether the windows would allow the current request, without counting it."""
        state = current_state()
        consumption = consume(state, budget_for(state, current_key()), cost=0)
        return all(each.remaining for each in consumption.states)

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        """Return the state of the tightest window of the current request."""
        tightest = consumption_of(current_state(), current_key()).tightest
        return WindowStats(tightest.reset_at, tightest.remaining)


limits.strategies.STRATEGIES["tier-windows"] = TierWindows  # type: ignore[assignment]

# The strategy finds the windows itself, so one item represents every limit.
EVERY_REQUEST = RateLimitItemPerMinute(1)


def refusal(key: ApiKey, refused: WindowState) -> errors.RateLimitExceeded:
    """Return the error that names the limit that was exceeded, its tier, and the seconds to
    wait."""
    wait = seconds_until_reset(refused)
    return errors.RateLimitExceeded(
        f"Rate limit exceeded: {refused.window} are allowed in tier {key.tier}; "
        f"wait {wait} seconds, or ask the operator for a higher tier.",
        headers={"Retry-After": str(wait)},
    )


def seconds_until_reset(window: WindowState) -> int:
    """Return the whole seconds until a window ends, at least 1."""
    return max(1, math.ceil(window.reset_at - time.time()))


def count_invalid_key(code: str) -> None:
    """Count an invalid key against the IP address that sent it; `code` is the code of its error.

    Valid keys are not counted or refused, even if other clients at the same address send invalid
    ones. Raises RateLimitExceeded if the address sent too many invalid keys.
    """
    state = current_state()
    window = invalid_keys_window(state.environ.get("REMOTE_ADDR", ""))
    wait = seconds_to_wait(state, window)
    if wait is None:
        return
    state.refused_key = code
    raise errors.RateLimitExceeded(
        f"Rate limit exceeded: too many wrong API keys from this address ({window}); "
        f"check the key, and wait {wait} seconds.",
        headers={"Retry-After": str(wait)},
    )


def count_visit() -> None:
    """Count a page against the IP address that requested it without a key. Raises
    RateLimitExceeded."""
    state = current_state()
    key = f"visits:{network_of(state.environ.get('REMOTE_ADDR', ''))}"
    window = Window("pages", state.services.config.explorer_pages_per_minute, MINUTE, key)
    wait = seconds_to_wait(state, window)
    if wait is None:
        return
    raise errors.RateLimitExceeded(
        f"Rate limit exceeded: {window} are for each address; wait {wait} seconds. Programs "
        "use the API, with a key.",
        headers={"Retry-After": str(wait)},
    )


def seconds_to_wait(state: RequestState, window: Window) -> int | None:
    """Count a request without a key in a window of its address, and return how many seconds to wait
    if the window is used up."""
    consumption = consume(state, budget(window))
    if not consumption.is_refused:
        return None
    metrics.rate_limit_exceeded.labels(metrics.NO_TIER).inc()
    return seconds_until_reset(consumption.tightest)


def invalid_keys_window(address: str) -> Window:
    """Return the window that counts the invalid keys of an IP address."""
    key = f"failures:{network_of(address)}"
    return Window("wrong keys", MAX_INVALID_KEYS_PER_MINUTE, MINUTE, key)


def network_of(address: str) -> str:
    """Return the network that an IP address is counted in: an IPv4 address itself, the /64 of an
    IPv6 address, because one client has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))
