"""The answers to requests that never reach the application, because they are not HTTP, too long or
too slow. They have the error format, and are logged and counted as other errors.

Only the reason is logged, because the data of such a request may be anything.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import orjson
from gunicorn.http import errors as http
from gunicorn.util import http_date
from werkzeug.http import HTTP_STATUS_CODES

from kamiyo_api import errors
from kamiyo_api.error_codes import HTTP_CODES
from kamiyo_api.ids import new_id
from kamiyo_api.observability import metrics
from kamiyo_api.server.connection import BodyTooLarge
from kamiyo_api.web import problems
from kamiyo_api.web.middleware import API_HEADERS, SECURITY_HEADERS

ROUTE = "unread"
STATUSES: dict[type[Exception], int] = {
    TimeoutError: 408,
    BodyTooLarge: 413,
    http.LimitRequestLine: 414,
    http.ExpectationFailed: 417,
    http.LimitRequestHeaders: 431,
    http.UnsupportedTransferCoding: 501,
}
APPLICATION_ERRORS = (http.InvalidResponseHeader, http.InvalidResponseHeaderName)

log = logging.getLogger("kamiyo_api.request")


class Refusal(NamedTuple):
    """The reason for which a request is refused before it reaches the application."""

    status: int
    code: str
    detail: str
    reason: str


def refusal_of(error: BaseException, max_body: int) -> Refusal:
    """Return the refusal for an error of a request, or of the application that failed to answer."""
    reason = type(error).__name__
    status = STATUSES.get(type(error)) if isinstance(error, Exception) else None
    if status is None:
        is_clients = isinstance(error, http.ParseException)
        status = 400 if is_clients and not isinstance(error, APPLICATION_ERRORS) else 500
    if status == 500:
        detail = "Something went wrong on our side; report it with the request_id."
        return Refusal(status, errors.ApiError.code, detail, reason)
    code, detail = HTTP_CODES[status]
    return Refusal(status, code, detail.format(limit=max_body), reason)


def answer(refusal: Refusal) -> bytes:
    """Log and count a refusal, and return the whole HTTP answer, after which the connection is
    closed."""
    identifier = new_id()
    log_and_count(refusal, identifier)
    title = HTTP_STATUS_CODES[refusal.status]
    body = orjson.dumps(
        problems.problem_document(refusal.status, refusal.code, title, refusal.detail, identifier)
    )
    headers = (
        ("Date", http_date()),
        ("Connection", "close"),
        ("Content-Type", "application/problem+json"),
        ("Content-Length", str(len(body))),
        ("X-Request-ID", identifier),
        *SECURITY_HEADERS,
        *API_HEADERS,
    )
    lines = [f"HTTP/1.1 {refusal.status} {title}", *(f"{name}: {text}" for name, text in headers)]
    return "\r\n".join([*lines, "", ""]).encode() + body


def log_and_count(refusal: Refusal, identifier: str) -> None:
    """Count a refusal, and write its log line."""
    metrics.request_errors.labels(ROUTE, refusal.code).inc()
    level = logging.ERROR if refusal.status == 500 else logging.INFO
    if not log.isEnabledFor(level):
        return
    text = f"{ROUTE} {refusal.status} {refusal.reason}"
    record = logging.LogRecord(log.name, level, "", 0, text, None, None)
    record.fields = {
        "request_id": identifier,
        "route": ROUTE,
        "status": refusal.status,
        "code": refusal.code,
        "reason": refusal.reason,
    }
    log.handle(record)
