"""What each request says of itself: its id on every answer, one log line, its metrics, and
what Sentry learns of defects."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid
from typing import Any

import orjson
from flask import Flask, Response, current_app, g, has_request_context, request

from kamiyo_api import metrics
from kamiyo_api.config import Config

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/health", "/health/live", "/metrics"})
# What the driver quotes of a statement, with what the client sent in it.
QUOTED_BY_DRIVER = re.compile(r"^(LINE \d+: .*\n *\^|(DETAIL|CONTEXT|QUERY): .*)\n?", re.MULTILINE)

log = logging.getLogger("kamiyo_api.request")


def request_id() -> str:
    """The id of the present request: the client's X-Request-ID if it is sane, else a new one."""
    if not has_request_context():
        return "none"
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    identifier: str = g.request_id
    return identifier


def begin() -> None:
    """Note when a request began."""
    g.began = time.perf_counter()


def end(response: Response) -> Response:
    """Send the request id, count the request and write its log line."""
    response.headers["X-Request-ID"] = request_id()
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else "unmatched"
    count(route, response.status_code, seconds)
    show_process()
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    if log.isEnabledFor(level) and (route not in QUIET or level == logging.ERROR):
        line = f"{request.method} {route} {response.status_code}"
        extra = {"fields": fields(route, response.status_code, seconds)}
        log.log(level, line, extra=extra, exc_info=g.get("error"))
    return response


def count(route: str, status: int, seconds: float) -> None:
    """Count a request in the metrics."""
    method = request.method if request.method in METHODS else "OTHER"
    metrics.request_duration.labels(route, method, status).observe(seconds)
    code = g.get("error_code")
    if code is not None:
        metrics.request_errors.labels(route, code).inc()
    if code in metrics.AUTH_FAILURES:
        metrics.auth_failures.labels(metrics.AUTH_FAILURES[code]).inc()
    if "queries" in g:
        metrics.request_queries.labels(route).observe(g.query_seconds)


def show_process() -> None:
    """Tell the metrics how this process is."""
    pool = current_app.extensions["db"]
    # The pool tells of itself as a connection comes back, when that still counts as in use.
    pool.show()
    metrics.pool_limit.set(pool.usage()[1])
    metrics.memory.show()


def fields(route: str, status: int, seconds: float) -> dict[str, Any]:
    """What the log line tells of a request; never a secret, a body or a raw query string."""
    key = g.get("api_key")
    told = {
        "request_id": request_id(),
        "method": request.method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "key": key.key_prefix if key else None,
        "key_id": key.key_id if key else None,
        "tier": key.tier if key else None,
        "code": g.get("error_code"),
        "cache": g.get("cache_result"),
        "queries": g.get("queries"),
        "query_ms": round(g.get("query_seconds", 0) * 1000, 2),
        "retries": g.get("retries"),
    }
    return {name: value for name, value in told.items() if value is not None}


class Formatter(logging.Formatter):
    """Times in UTC, and traces without what a client sent."""

    converter = time.gmtime
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatException(self, ei: Any) -> str:
        return QUOTED_BY_DRIVER.sub("", super().formatException(ei))


class JsonFormatter(Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": request_id(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line).decode()


class TextFormatter(Formatter):
    """A line for eyes."""

    def format(self, record: logging.LogRecord) -> str:
        told = dict(getattr(record, "fields", {}))
        if has_request_context():
            told["request_id"] = request_id()
        shown = ("duration_ms", "key", "code", "cache", "queries", "retries", "request_id")
        rest = " ".join(f"{name}={told[name]}" for name in shown if name in told)
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
    """Begin before everything else and end after it."""
    configure_logging(config)
    app.config["METRICS_OF_ALL_WORKERS"] = config.prometheus_multiproc_dir is not None
    app.before_request(begin)
    app.after_request(end)
