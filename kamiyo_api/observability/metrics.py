"""The metrics for Prometheus, correct over all workers of a gunicorn and their restarts.

The values of labels are limited: an endpoint is the template of a route, never a path that a client
sent.
"""

from __future__ import annotations

import os
import sys
import time
from functools import lru_cache
from typing import TypeVar

from prometheus_client import Counter, Gauge, Histogram

from kamiyo_api.config import TIERS

Metric = TypeVar("Metric", Counter, Gauge, Histogram)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
MEASURE_SECONDS = 1.0
STATM = "/proc/self/statm"

request_duration = Histogram(
    "erc8004_request_duration_seconds",
    "How long a request took.",
    ["endpoint", "method", "status"],
    buckets=SECONDS,
)
request_queries = Histogram(
    "erc8004_request_query_seconds",
    "How long a request's queries took, waiting for a connection not included.",
    ["endpoint"],
    buckets=SECONDS,
)
request_errors = Counter(
    "erc8004_request_errors", "Answers that were errors, by their code.", ["endpoint", "code"]
)
rate_limit_exceeded = Counter(
    "erc8004_rate_limit_exceeded", "Requests refused by a rate limit.", ["tier"]
)
auth_failures = Counter("erc8004_auth_failures", "Requests refused for their key.", ["reason"])
cache_requests = Counter(
    "erc8004_cache_requests", "Answers that might be cached.", ["resource", "result"]
)
transactions = Counter("erc8004_transactions", "Transactions, by how they ended.", ["outcome"])
transaction_retries = Counter("erc8004_transaction_retries", "Transactions that ran once more.")
pool_connections = Gauge(
    "erc8004_db_pool_connections",
    "Connections to PostgreSQL of all workers.",
    ["state"],
    multiprocess_mode="livesum",
)
pool_limit = Gauge(
    "erc8004_db_pool_limit",
    "Connections to PostgreSQL that all workers may have in use.",
    multiprocess_mode="livesum",
)
pool_wait = Histogram(
    "erc8004_db_pool_wait_seconds", "How long a request waited for a connection.", buckets=SECONDS
)
worker_memory = Gauge(
    "erc8004_worker_memory_bytes",
    "Resident memory of the largest worker.",
    multiprocess_mode="livemax",
)
last_event = Gauge(
    "erc8004_last_event_timestamp_seconds",
    "When something went wrong last, in any worker.",
    ["event"],
    multiprocess_mode="max",
)
feedback = Counter("erc8004_feedback", "Feedback given.")
registrations = Counter("erc8004_registrations", "Agents registered.")
payments_linked = Counter("erc8004_payments_linked", "Payments linked.")

EVENTS = ("auth_failure", "failed_transaction", "rate_limit_exceeded", "server_error")
# The label of a refusal that is for no key.
NO_TIER = "none"
AUTH_FAILURES = {
    "MISSING_API_KEY": "missing",
    "INVALID_API_KEY": "invalid",
    "EXPIRED_API_KEY": "expired",
    "INSUFFICIENT_SCOPE": "insufficient_scope",
}

pool_in_use = pool_connections.labels("in_use")
pool_idle = pool_connections.labels("idle")

# Create every series now: Prometheus sees no increase in a counter that begins with its first
# event.
for _tier in (*TIERS, NO_TIER):
    rate_limit_exceeded.labels(_tier)
for _reason in AUTH_FAILURES.values():
    auth_failures.labels(_reason)
for _outcome in ("committed", "rolled_back", "failed", "unknown"):
    transactions.labels(_outcome)
for _resource in ("agent", "stats", "reputation", "trust", "search"):
    for _result in ("hit", "leased", "busy", "held", "large", "away"):
        cache_requests.labels(_resource, _result)


for _event in EVENTS:
    last_event.labels(_event)


def note(event: str) -> None:
    """Record that something went wrong now."""
    last_event.labels(event).set(time.time())


@lru_cache(maxsize=10_000)
def series(metric: Metric, *labels: object) -> Metric:
    """Return the series of a metric with these labels, and cache it: to find it takes longer than
    to count."""
    return metric.labels(*labels)


class Memory:
    """The memory of this process, measured at most once a second."""

    def __init__(self) -> None:
        self._until = 0.0

    def update(self) -> None:
        """Set the metric, on Linux."""
        now = time.monotonic()
        if now < self._until or sys.platform != "linux":
            return
        self._until = now + MEASURE_SECONDS
        with open(STATM) as file:
            pages = int(file.read().split()[1])
        worker_memory.set(pages * os.sysconf("SC_PAGE_SIZE"))


memory = Memory()
