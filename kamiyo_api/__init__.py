"""kamiyo-api: who an AI agent is, what others say of it, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from limits.storage import MemoryStorage
from werkzeug.routing import MapAdapter

from kamiyo_api import cli, documentation, explorer, routes, search_counts
from kamiyo_api.access import admission
from kamiyo_api.access.authentication import KnownKeys
from kamiyo_api.cache import prefetch
from kamiyo_api.cache.bounded import BoundedDict
from kamiyo_api.cache.state import CacheState, backend_of
from kamiyo_api.chains import Chains
from kamiyo_api.config import VERSION, Config
from kamiyo_api.context import EXTENSION, Services
from kamiyo_api.db.driver import pool_of
from kamiyo_api.health.background import Background
from kamiyo_api.health.checks import BusyDatabase, FailedChecks
from kamiyo_api.observability import request_log, sentry
from kamiyo_api.redis import client as redis_client
from kamiyo_api.web import (
    fast_path,
    headers,
    known_posts,
    known_reads,
    middleware,
    openapi,
    problems,
    urls,
)
from kamiyo_api.web.cursors import Cursors

__version__ = VERSION


class Application(Flask):
    """Flask without its check, before each call of a function, whether that is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function itself: none here is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return the routes for a request, or None if its path is refused."""
        refusal = None if request is None else urls.refusal(request.environ)
        if request is None or refusal is None:
            return super().create_url_adapter(request)
        request.routing_exception = refusal  # type: ignore[assignment]
        return None


def create_app(config: Config | None = None) -> Flask:
    """Create the application from the given settings, else from those of the environment.

    Opens no connection, so it can be called before a fork. Raises ConfigError.
    """
    config = config or Config.from_environment()
    app = Application(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = config.max_content_length
    request_log.init_app(app, config)
    sentry.init_app(app, config)
    services = app.extensions[EXTENSION] = services_of(app, config)
    problems.init_app(app)
    fast_path.init_app(app, services)
    headers.init_app(app, config)
    middleware.init_app(app, services)
    admission.init_app(app)
    openapi.init_app(app)
    routes.init_app(app)
    explorer.init_app(app, config)
    documentation.init_app(app)
    cli.init_app(app)
    return app


def services_of(app: Flask, config: Config) -> Services:
    """Create the services of an application. Raises ConfigError."""
    db, redis = pool_of(config), redis_client.client_of(config)
    state = CacheState()
    # A new connection may lead to another database.
    db.on_connect(state.check_again)
    return Services(
        config=config,
        db=db,
        redis=redis,
        cache=backend_of(app, redis),
        cache_state=state,
        cursors=Cursors(config.cursor_keys, config.database_url),
        background=Background(),
        known_keys=KnownKeys(),
        chains=Chains(),
        known_searches=BoundedDict(prefetch.MAX_KNOWN_SEARCHES),
        known_many=BoundedDict(search_counts.MAX_KNOWN_MANY),
        sent_answers=BoundedDict(fast_path.MAX_SENT_ANSWERS),
        known_reads=BoundedDict(known_reads.MAX_KNOWN_READS),
        known_posts=BoundedDict(known_posts.MAX_KNOWN_POSTS),
        local_windows=MemoryStorage(),
        busy_database=BusyDatabase(),
        failed_checks=FailedChecks(),
    )
