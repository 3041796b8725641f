"""What is counted, for Prometheus; correct over all workers of a gunicorn and their restarts.

Labels are bounded: an endpoint is a route's template, never a path that a client made up.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

request_duration = Histogram(
    "erc8004_request_duration_seconds",
    "How long a request took.",
    ["endpoint", "method", "status"],
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
pool_wait = Histogram(
    "erc8004_db_pool_wait_seconds", "How long a request waited for a connection.", buckets=SECONDS
)
feedback = Counter("erc8004_feedback", "Feedback given.")
registrations = Counter("erc8004_registrations", "Agents registered.")
payments_linked = Counter("erc8004_payments_linked", "Payments linked.")
