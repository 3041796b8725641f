"""What each request says of itself: its id on every answer, one log line, its metrics, and
what Sentry learns of defects."""

from __future__ import annotations

import logging
import re
import secrets
import sys
import time
from typing import Any

import orjson
from flask import Flask, Response, g, has_request_context, request

from kamiyo_api import metrics
from kamiyo_api.carried import carry
from kamiyo_api.config import Config

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/health", "/health/live", "/metrics"})
# What the driver quotes of a statement, with what the client sent in it.
QUOTED_BY_DRIVER = re.compile(r"^(LINE \d+: .*\n *\^|(DETAIL|CONTEXT|QUERY): .*)\n?", re.MULTILINE)

log = logging.getLogger("kamiyo_api.request")


def request_id() -> str:
    """The id of the present request: the client's X-Request-ID if it is sane, else a new one."""
    identifier: str = g.get("request_id", "none") if has_request_context() else "none"
    return identifier


def begin() -> None:
    """Note when a request began, and name it on its answer."""
    g.began = time.perf_counter()
    given = request.headers.get("X-Request-ID")
    is_sane = given is not None and SANE_REQUEST_ID.fullmatch(given)
    g.request_id = given if is_sane else secrets.token_hex(16)
    carry("X-Request-ID", g.request_id)


def end(response: Response) -> Response:
    """Count the request and write its log line."""
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else "unmatched"
    count(route, response.status_code, seconds)
    metrics.memory.show()
    level = logging.ERROR if response.status_code >= 500 else logging.INFO
    if log.isEnabledFor(level) and (route not in QUIET or level == logging.ERROR):
        log.handle(line(level, route, response.status_code, seconds))
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


def line(level: int, route: str, status: int, seconds: float) -> logging.LogRecord:
    """The log record of a request; made here, as the logger would look for who calls it."""
    error: BaseException | None = g.get("error")
    trace = None if error is None else (type(error), error, error.__traceback__)
    text = f"{request.method} {route} {status}"
    record = logging.LogRecord(log.name, level, __file__, 0, text, None, trace)
    record.fields = fields(route, status, seconds)
    return record


def fields(route: str, status: int, seconds: float) -> dict[str, Any]:
    """What the log line tells of a request; never a secret, a body or a raw query string."""
    noted = vars(g)
    key = noted.get("api_key")
    told = {
        "request_id": noted["request_id"],
        "method": request.method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "key": key.key_prefix if key else None,
        "key_id": key.key_id if key else None,
        "tier": key.tier if key else None,
        "code": noted.get("error_code"),
        "cache": noted.get("cache_result"),
        "queries": noted.get("queries"),
        "query_ms": round(noted.get("query_seconds", 0) * 1000, 2),
        "retries": noted.get("retries"),
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
