"""The state of a request, and the services that it may use.

Each request has one RequestState, which StateMiddleware sets before any other code of ours runs; no
context of Flask holds any of it. Outside of requests (commands, `flask shell`, scripts in an
application context) current_state() returns a new state for each call, so that changes to it are
lost; own_state() sets one state for a block, as background threads do. The body of a streamed
answer is sent after its state has ended, so read what it needs from the state before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any
from wsgiref.types import WSGIEnvironment

from flask import Request, current_app, request

if TYPE_CHECKING:
    from limits.storage import MemoryStorage

    from kamiyo_api.access.api_key import ApiKey
    from kamiyo_api.access.authentication import KnownKeys
    from kamiyo_api.access.windows import Consumption
    from kamiyo_api.cache.backend import CacheLookup, LeasedRedisCache, LookupResult, LookupState
    from kamiyo_api.cache.bounded import BoundedDict
    from kamiyo_api.cache.state import CacheState
    from kamiyo_api.chains import Chains
    from kamiyo_api.config import Config
    from kamiyo_api.db.pool import Pool
    from kamiyo_api.health.background import Background
    from kamiyo_api.health.checks import BusyDatabase, FailedChecks
    from kamiyo_api.policies import Policy
    from kamiyo_api.redis.client import NoRedis, RedisClient
    from kamiyo_api.web.cursors import Cursors
    from kamiyo_api.web.fast_path import RequestKey, SentAnswer
    from kamiyo_api.web.known_posts import KnownPost, PostKey
    from kamiyo_api.web.known_reads import KnownRead, ReadKey

EXTENSION = "kamiyo"
NO_REQUEST = "none"

Header = tuple[str, str]


@dataclass(slots=True)
class Services:
    """The services of one application, from its start to the end of the process."""

    config: Config
    db: Pool
    redis: RedisClient | NoRedis
    cache: LeasedRedisCache
    cache_state: CacheState
    cursors: Cursors
    background: Background
    known_keys: KnownKeys
    chains: Chains
    known_searches: BoundedDict[bytes, str]
    """The canonical searches that this process has parsed, by their query strings."""
    known_many: BoundedDict[str, float]
    """The searches that match more agents than are counted, each until it is counted again."""
    sent_answers: BoundedDict[RequestKey, SentAnswer]
    known_reads: BoundedDict[ReadKey, KnownRead]
    known_posts: BoundedDict[PostKey, KnownPost]
    local_windows: MemoryStorage
    """The rate-limit counts of this process, used while Redis is unavailable."""
    busy_database: BusyDatabase
    failed_checks: FailedChecks


@dataclass(slots=True)
class RequestState:
    """The state of the request being served."""

    services: Services
    environ: WSGIEnvironment = field(default_factory=dict)
    method: str = "GET"
    request_id: str = NO_REQUEST
    started: float = 0.0
    response_headers: list[Header] = field(default_factory=list)
    """Headers to add to the answer, whether it succeeds or fails."""
    policy: Policy | None = None
    api_key: ApiKey | None = None
    parsed_body: dict[str, Any] | None = None
    """The arguments in the body, which are parsed before a transaction begins."""
    unknown_chain: str | None = None
    """A name in the request that means no chain."""
    cache_key: str | None = None
    """The cache key that the view will look up, if it is known before the view runs."""
    consumption: Consumption | None = None
    prefetched: tuple[CacheLookup, LookupResult] | None = None
    """The result of the cache lookup, from the round trip that counted the request."""
    lookup: CacheLookup | None = None
    cache_result: LookupState | None = None
    derived_from: str | None = None
    """The entity tag of the cached body of which the answer is made, if it is not that itself."""
    view: partial[bytes] | None = None
    """The view that made the answer, with its parsed arguments but those in the path."""
    failure: Exception | None = None
    """The error of a view that the fast path called."""
    queries: int = 0
    query_seconds: float = 0.0
    retries: int | None = None
    pool_timeout: Exception | None = None
    """The error of a query of this request that got no connection from the pool."""
    error_code: str | None = None
    error: BaseException | None = None
    unavailable: BaseException | None = None
    refused_key: str | None = None
    """The code of the error of an invalid key, if the answer is RATE_LIMIT_EXCEEDED instead because
    its address sent too many invalid keys."""


STATE: ContextVar[RequestState] = ContextVar("kamiyo_api.request_state")


def current_state() -> RequestState:
    """Return the state of the request being served; outside of requests, a new one per call."""
    try:
        return STATE.get()
    except LookupError:
        return RequestState(services())


def services() -> Services:
    """Return the services of the request being served, else of the application context."""
    state = STATE.get(None)
    if state is not None:
        return state.services
    of_application: Services = current_app.extensions[EXTENSION]
    return of_application


def request_id() -> str:
    """Return the id of the request being served; "none" outside of requests."""
    state = STATE.get(None)
    return NO_REQUEST if state is None else state.request_id


def current_key() -> ApiKey:
    """Return the API key of the request being served.

    Only for views that require a key: raises LookupError if there is none.
    """
    key = current_state().api_key
    if key is None:
        raise LookupError("this request has no API key: its view requires none")
    return key


def current_request() -> Request:
    """Return Flask's request itself: access through its proxy takes six times as long."""
    current: Request = request._get_current_object()  # type: ignore[attr-defined]
    return current


@contextmanager
def own_state() -> Iterator[RequestState]:
    """Set one state for a block that runs outside of requests, in an application context."""
    state = RequestState(services())
    token = STATE.set(state)
    try:
        yield state
    finally:
        STATE.reset(token)
