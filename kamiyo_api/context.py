"""What a request knows of itself, and what it may use.

A request has one RequestState, which our middleware sets before anything else of ours runs; no
context of Flask holds any of it. Outside of requests (commands, `flask shell`, scripts in an
application context) current_state() returns a new state each time, and what is noted in it is
lost; own_state() keeps one for a block, as background threads do. The body of a streamed answer
is sent after its state is gone: take from the state what it needs before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from wsgiref.types import WSGIEnvironment

from flask import Request, current_app, request

if TYPE_CHECKING:
    from limits.storage import MemoryStorage

    from kamiyo_api.access.api_key import ApiKey
    from kamiyo_api.access.authentication import KnownKeys
    from kamiyo_api.access.windows import Consumption
    from kamiyo_api.cache.backend import CacheLookup, Found, LeasedRedisCache
    from kamiyo_api.cache.bounded import BoundedDict
    from kamiyo_api.cache.state import CacheState
    from kamiyo_api.config import Config
    from kamiyo_api.db.pool import Pool
    from kamiyo_api.health.background import Background
    from kamiyo_api.health.checks import BusyDatabase, FailedChecks
    from kamiyo_api.policies import Policy
    from kamiyo_api.redis.client import NoRedis, RedisClient
    from kamiyo_api.web.cursors import Cursors
    from kamiyo_api.web.fast_path import Address, SentAnswer

EXTENSION = "kamiyo"
NO_REQUEST = "none"

Header = tuple[str, str]


@dataclass(slots=True)
class Services:
    """What one application works with, from its start to the end of the process."""

    config: Config
    db: Pool
    redis: RedisClient | NoRedis
    cache: LeasedRedisCache
    cache_state: CacheState
    cursors: Cursors
    background: Background
    known_keys: KnownKeys
    known_searches: BoundedDict[bytes, str]
    """The canonical searches that this process knows, by the query strings that gave them."""
    sent_answers: BoundedDict[Address, SentAnswer]
    local_windows: MemoryStorage
    """The rate limits while Redis is unavailable."""
    busy_database: BusyDatabase
    failed_checks: FailedChecks


@dataclass(slots=True)
class RequestState:
    """What is known of the request being served."""

    services: Services
    environ: WSGIEnvironment = field(default_factory=dict)
    method: str = "GET"
    request_id: str = NO_REQUEST
    started: float = 0.0
    response_headers: list[Header] = field(default_factory=list)
    """Sent with the answer, whatever becomes of the request."""
    policy: Policy | None = None
    api_key: ApiKey | None = None
    cache_key: str | None = None
    """What the view will look up in the cache, if that is sure before it runs."""
    consumption: Consumption | None = None
    prefetched: tuple[CacheLookup, Found] | None = None
    """What the round trip that counted the request found under its cache key."""
    lookup: CacheLookup | None = None
    cache_result: str | None = None
    queries: int = 0
    query_seconds: float = 0.0
    retries: int | None = None
    pool_timeout: Exception | None = None
    """Why a query of the request waited for a connection in vain."""
    error_code: str | None = None
    error: BaseException | None = None
    unavailable: BaseException | None = None
    refused_key: str | None = None
    """The code of what is wrong with the key, if the answer says that there were too many such."""


STATE: ContextVar[RequestState] = ContextVar("kamiyo_api.request_state")


def current_state() -> RequestState:
    """Return the state of the request being served; outside of requests a new one each time."""
    try:
        return STATE.get()
    except LookupError:
        return RequestState(services())


def services() -> Services:
    """Return the services of the request being served, else of the application context."""
    state = STATE.get(None)
    if state is not None:
        return state.services
    found: Services = current_app.extensions[EXTENSION]
    return found


def request_id() -> str:
    """Return the id of the request being served; "none" outside of requests."""
    state = STATE.get(None)
    return NO_REQUEST if state is None else state.request_id


def current_key() -> ApiKey:
    """Return the API key of the request being served; only for views that require one."""
    key = current_state().api_key
    if key is None:
        raise LookupError("this request has no API key: its view requires none")
    return key


def current_request() -> Request:
    """Return Flask's request itself: through the proxy each attribute costs six times as much."""
    found: Request = request._get_current_object()  # type: ignore[attr-defined]
    return found


@contextmanager
def own_state() -> Iterator[RequestState]:
    """Keep one state while a block runs outside of requests, in an application context."""
    state = RequestState(services())
    token = STATE.set(state)
    try:
        yield state
    finally:
        STATE.reset(token)
