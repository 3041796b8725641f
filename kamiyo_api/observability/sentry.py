"""Report defects to Sentry if SENTRY_DSN is set; no errors that a client or an operator expects,
and no secrets."""

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


def report(error: Exception) -> None:
    """Report a defect with its trace, the request id and the id of the API key."""
    sentry_sdk.capture_exception(error)


def redact(event: Event, hint: Hint) -> Event:
    """Remove the headers, body, query string and cookies of the request; leave what identifies
    it."""
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
    """Start the client if there is a DSN. `options` are those of sentry_sdk.init.

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
            before_send=redact,
            default_integrations=False,
            integrations=[FlaskIntegration(), LoggingIntegration(level=None, event_level=None)],
            **options,
        )
    except (BadDsn, ValueError):
        raise ConfigError("SENTRY_DSN is not an address of Sentry; copy it again") from None
