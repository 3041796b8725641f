"""The error format: answer every error with problem details (RFC 9457)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import Any, cast

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from kamiyo_api import errors, outages
from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import current_state, services
from kamiyo_api.error_codes import DEFECT, HTTP_CODES
from kamiyo_api.observability import sentry
from kamiyo_api.web.urls import UuidConverter

log = logging.getLogger(__name__)

MAX_MESSAGES = 20
MAX_NAME_LENGTH = 100


PATH_WITH_ID = re.compile(rf"{API_PREFIX}/agents/(feedback/|payments/|validations/)?([^/]+)(?:/|$)")
UUID_IN_PATH = re.compile(UuidConverter.regex)
ILL_FORMED_ID = "The id in this URL is ill-formed: it has 32 hex digits, with or without hyphens."
ILL_FORMED_AGENT = (
    f"{ILL_FORMED_ID} Find an agent by its token id, a decimal number, at "
    "/api/v1/agents/{chain}/{agent_id}, or with GET /api/v1/agents/."
)


def problem_document(
    status: int, code: str, title: str, detail: str, request_id: str
) -> dict[str, Any]:
    """Return the body of an error, without errors by field (RFC 9457, section 3.1)."""
    return {
        "type": f"/docs/errors#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def problem_response(
    status: int,
    code: str,
    title: str,
    detail: str,
    by_field: Mapping[str, Any] | None = None,
) -> Response:
    """Return the response of an error, and record its code."""
    state = current_state()
    state.error_code = code
    body = problem_document(status, code, title, detail, state.request_id)
    if by_field:
        body |= error_fields(by_field)
    response: Response = current_app.json.response(body)  # type: ignore[assignment]
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


class Excerpt:
    """The first messages about an invalid input, and the total number of messages."""

    def __init__(self) -> None:
        self.total = 0

    def of(self, messages: Any) -> Any:
        """Return a mapping, list or message, without the messages after the first MAX_MESSAGES."""
        if isinstance(messages, Mapping):
            return {
                shortened(name): part for name, each in messages.items() if (part := self.of(each))
            }
        if isinstance(messages, list):
            return [part for part in map(self.of, messages) if part]
        self.total += 1
        return messages if self.total <= MAX_MESSAGES else None


def error_fields(by_field: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an error body for an invalid input: errors, and errors_total if there
    are more than MAX_MESSAGES."""
    excerpt = Excerpt()
    shown = {"errors": excerpt.of(by_field)}
    return shown if excerpt.total <= MAX_MESSAGES else shown | {"errors_total": excerpt.total}


def shortened(name: Any) -> Any:
    """Return the name of a field, cut to MAX_NAME_LENGTH, because a client may send any; or a
    position."""
    is_long = isinstance(name, str) and len(name) > MAX_NAME_LENGTH
    return f"{name[: MAX_NAME_LENGTH - 1]}…" if is_long else name


def answer_api_error(error: errors.ApiError) -> Response:
    """Return the answer to an ApiError, and record its cause for the log."""
    if isinstance(error, outages.Unavailable):
        current_state().unavailable = error
    elif error.status >= 500:
        current_state().error = error
    response = problem_response(error.status, error.code, error.title, error.detail, error.errors)
    response.headers.update(error.headers)
    return response


def answer_http_error(error: HTTPException) -> Response:
    """Return the answer to an error of Flask or Werkzeug, such as an unknown route or a large
    body."""
    if error.response is not None:
        return cast(Response, error.response)  # a redirect
    status = error.code or 500
    code, detail = HTTP_CODES.get(
        status, (error.name.upper().replace(" ", "_"), error.description or error.name)
    )
    detail = detail.format(limit=services().config.max_content_length)
    if status == 404:
        detail = advice_for(request.path) or detail
    response = problem_response(status, code, error.name, detail)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def advice_for(path: str) -> str | None:
    """Return what to do about a path without a route that has something else where the uuid of an
    agent, a feedback, a payment or a validation belongs; None for another path."""
    found = PATH_WITH_ID.match(path)
    if found is None or UUID_IN_PATH.fullmatch(found[2]):
        return None
    return ILL_FORMED_ID if found[1] else ILL_FORMED_AGENT


def answer_unexpected(error: Exception) -> Response:
    """Return the answer to a defect; log its trace and report it. The client gets the request
    id."""
    log.exception("%s failed: %s", request.endpoint, type(error).__name__)
    sentry.report(error)
    return problem_response(
        errors.ApiError.status,
        errors.ApiError.code,
        errors.ApiError.title,
        DEFECT,
    )


def init_app(app: Flask) -> None:
    """Answer every error in the error format."""
    app.register_error_handler(errors.ApiError, answer_api_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_unexpected)
