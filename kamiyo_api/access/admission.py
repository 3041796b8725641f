"""Admission: authenticate a request, count it against the rate limits of its key, and check the
scope of the key, in this order. The fast path and Flask call the same function."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_limiter import Limiter
from flask_limiter._extension import LimiterContext

from kamiyo_api import errors, outages
from kamiyo_api.access import authentication
from kamiyo_api.access.rate_limits import EVERY_REQUEST, consumption_of, count_visit, refusal
from kamiyo_api.cache.prefetch import cache_key_of
from kamiyo_api.context import RequestState, current_key, current_request, current_state
from kamiyo_api.policies import Policy, policy_for


def admit(state: RequestState, policy: Policy, cache_key: str | None) -> None:
    """Authenticate a request, count it and check the scope of its key.

    The round trip that counts it also returns the answer that is cached under `cache_key`. If Flask
    admits a request again after the fast path, it is neither authenticated nor counted again.
    Raises Unauthorized, Unavailable, RateLimitExceeded, InsufficientScope.
    """
    state.policy, state.cache_key = policy, cache_key
    authenticate(state, policy)
    key = state.api_key
    # Flask-Limiter's strategy is rate_limits.TierWindows, whose hit() counts.
    if key is not None and not limiter.limiter.hit(EVERY_REQUEST):
        raise refusal(key, consumption_of(state, key).tightest)
    if key is None and policy.counts_visits:
        count_visit()
    require_scope(state, policy)


def authenticate(state: RequestState, policy: Policy) -> None:
    """Find the API key of a request, if any; refuse a request without a valid key if its view
    requires one. Raises Unauthorized, Unavailable, RateLimitExceeded."""
    if state.api_key is not None:
        return
    # Health probes must not depend on a database that hangs, and METRICS_TOKEN is not an API key.
    if policy.scope is None and not (policy.reads_key and "HTTP_AUTHORIZATION" in state.environ):
        return
    try:
        secret = authentication.secret_of(state.environ)
        is_read = state.method in authentication.READS
        state.api_key = authentication.find_key(secret, is_read=is_read)
    except (errors.Unauthorized, outages.Unavailable, errors.RateLimitExceeded):
        if policy.scope is not None:
            raise


def require_scope(state: RequestState, policy: Policy) -> None:
    """Refuse a key that lacks the scope of the view. Raises InsufficientScope."""
    if not policy.admits(state.api_key):
        raise errors.InsufficientScope(
            f"This needs the scope {policy.scope!r}, which the key lacks; "
            "ask the operator for a key that has it."
        )


def require_wallet(address: str, refusal: type[errors.Forbidden]) -> None:
    """Refuse a write in the name of a wallet that is not the key's. Raises the given error."""
    if not current_key().acts_for(address):
        raise refusal


def admit_again() -> None:
    """Look up the key of the current request in the database, even if it is cached in the process,
    and check its scope. Raises what admit() raises."""
    state = current_state()
    digest = authentication.hash_of(authentication.secret_of(state.environ))
    state.services.known_keys.remove(digest)
    state.api_key = authentication.look_up(digest)
    if state.policy is not None:
        require_scope(state, state.policy)


class TierLimiter(Limiter):
    """Flask-Limiter with admit() as its hook before each request: the limits depend on the tier of
    the key alone, so it need not look for limits of the route."""

    # Limits of a route would record their state here; there are none, so it stays empty.
    context = LimiterContext()

    def _check_request_limit(self, *_: Any, **__: Any) -> None:
        request = current_request()
        policy = policy_for(request)
        admit(current_state(), policy, cache_key_of(request, policy))


limiter = TierLimiter(
    key_func=lambda: current_key().key_id, strategy="tier-windows", storage_uri="memory://"
)


def init_app(app: Flask) -> None:
    """Admit every request before its view."""
    limiter.init_app(app)
