"""The one shape that every error is answered in: problem details (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from flask import Flask, Response, current_app, request
from werkzeug.exceptions import HTTPException

from kamiyo_api import errors
from kamiyo_api.context import current_state, services
from kamiyo_api.observability import sentry

log = logging.getLogger(__name__)

MOST_MESSAGES = 20
LONGEST_NAME = 100

HTTP_CODES = {
    400: ("BAD_REQUEST", "The request cannot be read as HTTP; check its form."),
    404: (errors.NotFound.code, " ".join(str(errors.NotFound.__doc__).split())),
    405: ("METHOD_NOT_ALLOWED", "This address does not take this method; see the Allow header."),
    408: ("REQUEST_TIMEOUT", "The request did not arrive whole in time; send it again, faster."),
    413: ("BODY_TOO_LARGE", "The body is too large; send at most {limit} bytes."),
    414: ("URI_TOO_LONG", "The address is too long; send at most 8,000 characters of it."),
    415: (errors.UnsupportedMediaType.code, str(errors.UnsupportedMediaType.__doc__)),
    417: ("EXPECTATION_FAILED", "Expect may only be 100-continue; leave it out."),
    422: (errors.InvalidInput.code, str(errors.InvalidInput.__doc__)),
    429: (
        "TOO_MANY_CONNECTIONS",
        "Too many requests of your address are under way; wait until some are answered.",
    ),
    431: (
        "REQUEST_HEADERS_TOO_LARGE",
        "The headers are too large; send at most 100, of 8,000 characters each and 32,000 in all.",
    ),
    501: (
        "TRANSFER_CODING_NOT_SUPPORTED",
        "The only transfer coding taken is chunked; send the body with it or with Content-Length.",
    ),
    503: (
        "SERVICE_UNAVAILABLE",
        "The service cannot be reached; try again after the time in Retry-After.",
    ),
}


def document(status: int, code: str, title: str, detail: str, request_id: str) -> dict[str, Any]:
    """Build an error body; the only place that does."""
    return {
        "type": f"/docs/errors#{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": request_id,
    }


def problem(
    status: int,
    code: str,
    title: str,
    detail: str,
    by_field: Mapping[str, Any] | None = None,
) -> Response:
    """Answer with an error body."""
    state = current_state()
    state.error_code = code
    body = document(status, code, title, detail, state.request_id)
    if by_field:
        body |= bounded(by_field)
    response: Response = current_app.json.response(body)  # type: ignore[assignment]
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


class Excerpt:
    """The first messages of what is wrong with an input, and how many there are."""

    def __init__(self) -> None:
        self.total = 0

    def of(self, found: Any) -> Any:
        """The same mapping, list or message, with what is beyond the bound left out."""
        if isinstance(found, Mapping):
            return {
                shortened(name): part for name, each in found.items() if (part := self.of(each))
            }
        if isinstance(found, list):
            return [part for part in map(self.of, found) if part]
        self.total += 1
        return found if self.total <= MOST_MESSAGES else None


def bounded(by_field: Mapping[str, Any]) -> dict[str, Any]:
    """The members of an error body that say what is wrong with an input."""
    excerpt = Excerpt()
    shown = {"errors": excerpt.of(by_field)}
    return shown if excerpt.total <= MOST_MESSAGES else shown | {"errors_total": excerpt.total}


def shortened(name: Any) -> Any:
    """A name that a client made up, or a position, short enough to be repeated."""
    is_long = isinstance(name, str) and len(name) > LONGEST_NAME
    return f"{name[: LONGEST_NAME - 1]}…" if is_long else name


def answer_api_error(error: errors.ApiError) -> Response:
    """Answer an error of our own; what it was raised from is for the log."""
    if isinstance(error, errors.Unavailable):
        current_state().unavailable = error
    elif error.status >= 500:
        current_state().error = error
    response = problem(error.status, error.code, error.title, error.detail, error.errors)
    response.headers.update(error.headers)
    return response


def answer_http_error(error: HTTPException) -> Response:
    """Answer an error that Flask or Werkzeug raised: no such route, a body too large."""
    if error.response is not None:
        return cast(Response, error.response)  # a redirect
    status = error.code or 500
    code, detail = HTTP_CODES.get(
        status, (error.name.upper().replace(" ", "_"), error.description or error.name)
    )
    detail = detail.format(limit=services().config.max_content_length)
    response = problem(status, code, error.name, detail)
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def answer_unexpected(error: Exception) -> Response:
    """Answer a defect: the trace goes to the log, the request id to the client."""
    log.exception("%s failed: %s", request.endpoint, type(error).__name__)
    sentry.report(error)
    return problem(
        errors.ApiError.status,
        errors.ApiError.code,
        errors.ApiError.title,
        "Something went wrong on our side and nothing was changed; "
        "report it with the request_id if it happens again.",
    )


def init_app(app: Flask) -> None:
    """Let every error leave in the one shape."""
    app.register_error_handler(errors.ApiError, answer_api_error)
    app.register_error_handler(HTTPException, answer_http_error)
    app.register_error_handler(Exception, answer_unexpected)
