"""What each request says of itself: its id on every answer, one log line, its metrics, and
what Sentry learns of defects."""

from __future__ import annotations

import logging
import re
import sys
import time
from functools import lru_cache
from typing import Any, NamedTuple
from wsgiref.types import WSGIEnvironment

import orjson
from flask import Flask, Response, has_app_context

from kamiyo_api import errors, metrics
from kamiyo_api.carried import carry
from kamiyo_api.config import Config
from kamiyo_api.ids import new_id
from kamiyo_api.present import notes, present
from kamiyo_api.scrubbing import brief

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
QUIET = frozenset({"/health", "/health/live", "/metrics"})
# What the driver quotes of a statement, with what the client sent in it.
QUOTED_BY_DRIVER = re.compile(r"^(LINE \d+: .*\n *\^|(DETAIL|CONTEXT|QUERY): .*)\n?", re.MULTILINE)

NO_REQUEST = "none"
RATE_LIMIT_EXCEEDED = errors.RateLimitExceeded.code

log = logging.getLogger("kamiyo_api.request")


def request_id() -> str:
    """The id of the present request: the client's X-Request-ID if it is sane, else a new one;
    none outside of requests."""
    identifier: str = notes().get("request_id", NO_REQUEST) if has_app_context() else NO_REQUEST
    return identifier


def begin(environ: WSGIEnvironment, noted: dict[str, Any]) -> None:
    """Note when a request began, and name it on its answer."""
    noted["began"] = time.perf_counter()
    given = environ.get("HTTP_X_REQUEST_ID")
    is_sane = given is not None and SANE_REQUEST_ID.fullmatch(given)
    identifier = noted["request_id"] = given if is_sane else new_id()
    carry(environ, ("X-Request-ID", identifier))


def end(response: Response) -> Response:
    """Finish a request that Flask answered."""
    asked, noted = present()
    route = asked.url_rule.rule if asked.url_rule else "unmatched"
    finish(noted, asked.method, route, response.status_code)
    return response


def finish(noted: dict[str, Any], method: str, route: str, status: int) -> None:
    """Count a request that was answered, and write its log line."""
    done = Done(method, route, status, time.perf_counter() - noted["began"])
    count(done, noted)
    metrics.memory.show()
    level = logging.ERROR if status >= 500 else logging.INFO
    if log.isEnabledFor(level) and (route not in QUIET or level == logging.ERROR):
        log.handle(line(level, done, noted))


class Done(NamedTuple):
    """A request that was answered."""

    method: str
    route: str
    status: int
    seconds: float


def count(done: Done, noted: dict[str, Any]) -> None:
    """Count a request in the metrics."""
    method = done.method if done.method in METHODS else "OTHER"
    duration = metrics.series(metrics.request_duration, done.route, method, done.status)
    duration.observe(done.seconds)
    code = noted.get("error_code")
    if code is not None:
        metrics.request_errors.labels(done.route, code).inc()
        # Of many wrong keys from one address each is refused for its key, whatever the code.
        refused = noted.get("refused_key", code) if code == RATE_LIMIT_EXCEEDED else code
        if refused in metrics.AUTH_FAILURES:
            metrics.auth_failures.labels(metrics.AUTH_FAILURES[refused]).inc()
    if "queries" in noted:
        metrics.series(metrics.request_queries, done.route).observe(noted["query_seconds"])


def line(level: int, done: Done, noted: dict[str, Any]) -> logging.LogRecord:
    """The log record of a request; made here, as the logger would look for who calls it."""
    error: BaseException | None = noted.get("error")
    trace = None if error is None else (type(error), error, error.__traceback__)
    text = f"{done.method} {done.route} {done.status}"
    record = logging.LogRecord(log.name, level, "", 0, text, None, trace)
    record.fields = fields(done, noted)
    return record


def fields(done: Done, noted: dict[str, Any]) -> dict[str, Any]:
    """What the log line tells of a request; never a secret, a body or a raw query string."""
    key = noted.get("api_key")
    unavailable: BaseException | None = noted.get("unavailable")
    told = {
        "request_id": noted["request_id"],
        "method": done.method,
        "route": done.route,
        "status": done.status,
        "duration_ms": round(done.seconds * 1000, 2),
        "key": key.key_prefix if key else None,
        "key_id": key.key_id if key else None,
        "tier": key.tier if key else None,
        "code": noted.get("error_code"),
        "cache": noted.get("cache_result"),
        "queries": noted.get("queries"),
        "query_ms": round(noted.get("query_seconds", 0) * 1000, 2),
        "retries": noted.get("retries"),
        "cause": None if unavailable is None else brief(str(errors.first_of(unavailable))),
    }
    return {name: value for name, value in told.items() if value is not None}


@lru_cache(maxsize=4)
def second(epoch: int, form: str) -> str:
    """A second as text, which all lines of that second share."""
    return time.strftime(form, time.gmtime(epoch))


class Formatter(logging.Formatter):
    """Times in UTC, and traces without what a client sent."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        if datefmt:
            return second(int(record.created), datefmt)
        whole = second(int(record.created), "%Y-%m-%dT%H:%M:%S")
        return f"{whole}.{int(record.msecs):03d}Z"

    def formatException(self, ei: Any) -> str:
        return QUOTED_BY_DRIVER.sub("", super().formatException(ei))


class JsonFormatter(Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
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
    """A line for eyes."""

    def format(self, record: logging.LogRecord) -> str:
        told = dict(getattr(record, "fields", {}))
        if request_id() != NO_REQUEST:
            told["request_id"] = request_id()
        shown = ("duration_ms", "key", "code", "cache", "queries", "retries", "request_id")
        rest = " ".join(f"{name}={told[name]}" for name in shown if name in told)
        if "cause" in told:
            rest += f" cause: {told['cause']}"
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
    """End after everything else; a request begins at the entrance."""
    configure_logging(config)
    app.config["METRICS_OF_ALL_WORKERS"] = config.prometheus_multiproc_dir is not None
    app.after_request(end)
