"""Defects, told to Sentry where SENTRY_DSN names one; nothing that a client or an operator
expects, and nothing secret."""

from __future__ import annotations

from typing import Any

import sentry_sdk
from flask import Flask, has_request_context, request
from sentry_sdk.integrations.flask import FlaskIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint
from sentry_sdk.utils import BadDsn

from kamiyo_api.config import Config
from kamiyo_api.config_parsing import ConfigError
from kamiyo_api.context import current_state


def tell(error: Exception) -> None:
    """Tell of a defect: the trace, the request id, whose key it was."""
    sentry_sdk.capture_exception(error)


def scrub(event: Event, hint: Hint) -> Event:
    """Leave of the request what finds it again: no headers, body, query string or cookies."""
    event["request"] = {}
    if has_request_context():
        state = current_state()
        event["request"] = {"method": request.method, "url": request.base_url}
        event.setdefault("tags", {})["request_id"] = state.request_id
        if state.api_key is not None:
            event["user"] = {"id": state.api_key.key_id}
    for exception in event.get("exception", {}).get("values", []):
        # After the first line the driver quotes the statement, with what the client sent.
        exception["value"] = (exception.get("value") or "").partition("\n")[0]
        for frame in exception.get("stacktrace", {}).get("frames", []):
            frame.pop("vars", None)
    return event


def init_app(app: Flask, config: Config, **options: Any) -> None:
    """Start the client; with no DSN it does nothing. `options` are sentry_sdk.init's.

    Raises ConfigError.
    """
    if not config.sentry_dsn:
        return
    try:
        sentry_sdk.init(
            dsn=config.sentry_dsn,
            release=config.release,
            environment=config.environment,
            include_local_variables=False,
            max_request_body_size="never",
            before_send=scrub,
            default_integrations=False,
            integrations=[FlaskIntegration(), LoggingIntegration(level=None, event_level=None)],
            **options,
        )
    except (BadDsn, ValueError):
        raise ConfigError("SENTRY_DSN is not an address of Sentry; copy it again") from None
