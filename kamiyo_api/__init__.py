"""kamiyo-api: who an AI agent is, what others say of it, and whether it can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from werkzeug.routing import MapAdapter

from kamiyo_api import (
    asking,
    auth,
    cache,
    cli,
    cursors,
    db,
    entrance,
    extensions,
    headers,
    health,
    observability,
    problems,
    redis_client,
    routes,
    sentry,
    targets,
)
from kamiyo_api.config import Config


class Application(Flask):
    """Flask that need not look, before each function that it calls, whether that is a coroutine."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: none here is a coroutine."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """The routes, for a request whose address can be looked up among them."""
        refusal = None if request is None else targets.refusal(request.environ)
        if request is None or refusal is None:
            return super().create_url_adapter(request)
        request.routing_exception = refusal  # type: ignore[assignment]
        return None


def create_app(config: Config | None = None) -> Flask:
    """Make the application from the given settings, else from the environment's.

    Opens no connection, so it may be made before a fork. Raises ConfigError.
    """
    config = config or Config.from_environment()
    app = Application(__name__, static_folder=None)
    app.extensions["config"] = config
    app.config["MAX_CONTENT_LENGTH"] = config.max_content_length
    app.config["METRICS_TOKEN"] = config.metrics_token
    observability.init_app(app, config)
    sentry.init_app(app, config)
    problems.init_app(app)
    entrance.init_app(app)
    headers.init_app(app, config)
    db.init_app(app, config)
    redis_client.init_app(app, config)
    cache.init_app(app)
    asking.init_app(app)
    health.init_app(app)
    auth.init_app(app, config)
    cursors.init_app(app, config)
    extensions.init_app(app)
    routes.init_app(app)
    cli.init_app(app)
    return app
