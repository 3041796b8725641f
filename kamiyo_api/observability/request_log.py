"""The log line and the metrics of each request, and the formats of the log."""

from __future__ import annotations

import logging
import re
import sys
import time
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from flask import Flask, Request, Response

from kamiyo_api import errors, outages
from kamiyo_api.config import Config
from kamiyo_api.context import (
    NO_REQUEST,
    RequestState,
    current_request,
    current_state,
    request_id,
)
from kamiyo_api.observability import metrics
from kamiyo_api.observability.redaction import brief

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The driver quotes the statement here, with data of the client.
QUOTED_BY_DRIVER = re.compile(r"^(LINE \d+: .*\n *\^|(DETAIL|CONTEXT|QUERY): .*)\n?", re.MULTILINE)

RATE_LIMIT_EXCEEDED = errors.RateLimitExceeded.code

log = logging.getLogger("kamiyo_api.request")


def finish_response(response: Response) -> Response:
    """Log and count a request that Flask answered."""
    finish(current_state(), route_of(current_request()), response.status_code)
    return response


def route_of(request: Request) -> str:
    """Return the template of the route of a request."""
    return request.url_rule.rule if request.url_rule else "unmatched"


def finish(state: RequestState, route: str, status: int) -> None:
    """Log and count a request that was answered."""
    done = FinishedRequest(state.method, route, status, time.perf_counter() - state.started)
    count_request(done, state)
    metrics.memory.update()
    level = logging.ERROR if status >= 500 else logging.INFO
    is_quiet = state.policy is not None and state.policy.is_quiet
    if log.isEnabledFor(level) and (not is_quiet or level == logging.ERROR):
        log.handle(log_record(level, done, state))


class FinishedRequest(NamedTuple):
    """A request that was answered; its duration in seconds."""

    method: str
    route: str
    status: int
    seconds: float


def count_request(done: FinishedRequest, state: RequestState) -> None:
    """Count a request in the metrics."""
    method = done.method if done.method in METHODS else "OTHER"
    duration = metrics.series(metrics.request_duration, done.route, method, done.status)
    duration.observe(done.seconds)
    code = state.error_code
    if code is not None:
        metrics.request_errors.labels(done.route, code).inc()
        # If an address sent too many invalid keys, count the error of the key, not the code.
        reason = state.refused_key or code if code == RATE_LIMIT_EXCEEDED else code
        if reason in metrics.AUTH_FAILURES:
            metrics.auth_failures.labels(metrics.AUTH_FAILURES[reason]).inc()
            metrics.note("auth_failure")
        elif done.status >= 500:
            metrics.note("server_error")
    if state.queries:
        metrics.series(metrics.request_queries, done.route).observe(state.query_seconds)


def log_record(level: int, done: FinishedRequest, state: RequestState) -> logging.LogRecord:
    """Return the log record of a request; created here, because the logger would look for its
    caller, which takes time."""
    error = state.error
    trace = None if error is None else (type(error), error, error.__traceback__)
    text = f"{done.method} {done.route} {done.status}"
    record = logging.LogRecord(log.name, level, "", 0, text, None, trace)
    record.fields = fields(done, state)
    return record


def fields(done: FinishedRequest, state: RequestState) -> dict[str, Any]:
    """Return the fields of the log line of a request; never a secret, a body or a query string."""
    key, unavailable = state.api_key, state.unavailable
    values = {
        "request_id": state.request_id,
        "method": done.method,
        "route": done.route,
        "status": done.status,
        "duration_ms": round(done.seconds * 1000, 2),
        "key": key.key_prefix if key else None,
        "key_id": key.key_id if key else None,
        "tier": key.tier if key else None,
        "code": state.error_code,
        "cache": state.cache_result,
        "queries": state.queries or None,
        "query_ms": round(state.query_seconds * 1000, 2),
        "retries": state.retries,
        "cause": None if unavailable is None else brief(str(outages.first_of(unavailable))),
    }
    return {name: value for name, value in values.items() if value is not None}


@lru_cache(maxsize=4)
def format_second(epoch: int, form: str) -> str:
    """Return a second, in epoch seconds, as text; all log lines of the same second share it."""
    return time.strftime(form, time.gmtime(epoch))


class Formatter(logging.Formatter):
    """A formatter with times in UTC, and traces without data of the client."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Return the time of a record in UTC, by default in ISO 8601 with milliseconds."""
        if datefmt:
            return format_second(int(record.created), datefmt)
        whole = format_second(int(record.created), "%Y-%m-%dT%H:%M:%S")
        return f"{whole}.{int(record.msecs):03d}Z"

    def formatException(self, ei: Any) -> str:
        """Return a trace without the statements that the driver quotes."""
        return QUOTED_BY_DRIVER.sub("", super().formatException(ei))


class JsonFormatter(Formatter):
    """A formatter of one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as JSON."""
        fields = getattr(record, "fields", None) or {"request_id": request_id()}
        line = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields,
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


class TextFormatter(Formatter):
    """A formatter of lines for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line of text."""
        values = dict(getattr(record, "fields", {}))
        if request_id() != NO_REQUEST:
            values["request_id"] = request_id()
        shown = ("duration_ms", "key", "code", "cache", "queries", "retries", "request_id")
        rest = " ".join(f"{name}={values[name]}" for name in shown if name in values)
        if "cause" in values:
            rest += f" cause: {values['cause']}"
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname:<7} {record.getMessage()}"
        if record.exc_info:
            rest += "\n" + self.formatException(record.exc_info)
        return f"{line} {rest}".rstrip()


def configure_logging(config: Config) -> None:
    """Send the log to stderr, as JSON unless that is a terminal or LOG_FORMAT says otherwise."""
    is_json = config.log_format == "json" or (
        config.log_format == "auto" and not sys.stderr.isatty()
    )
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if is_json else TextFormatter())
    logger = logging.getLogger("kamiyo_api")
    logger.handlers[:] = [handler]
    logger.propagate = False
    logger.setLevel(config.log_level)


def init_app(app: Flask, config: Config) -> None:
    """Configure the log, and log each request last: call this before others register functions that
    change answers."""
    configure_logging(config)
    app.after_request(finish_response)
