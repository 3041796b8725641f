"""The running service: its health, and its metrics since it started."""

from __future__ import annotations

from dataclasses import replace

from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import (
    ComponentUnavailable,
    Finding,
    check,
    failing,
    graded,
    ok,
    unknown,
    warning,
)
from kamiyo_api.doctor.scrape import Metrics
from kamiyo_api.doctor.wording import counted, share, size, span
from kamiyo_api.observability.metrics import NO_TIER

ENOUGH_REQUESTS = 20
SLOW_SECONDS = 0.5
FAR_TOO_SLOW = 2.0
LONG_WAIT = 0.1
LARGE_WORKER = 1024**3
DURATION = "erc8004_request_duration_seconds"
ERROR_CODES = (
    "INTERNAL_ERROR",
    "DATABASE_UNAVAILABLE",
    "DATABASE_FULL",
    "DATABASE_READ_ONLY",
    "DATABASE_BUSY",
    "TRANSACTION_FAILED",
)
# The time for which an error or a refusal counts as recent.
RECENT_SECONDS = 3600
NEXT_TIER = {"free": "pro", "pro": "team", "team": "enterprise", "enterprise": "enterprise"}


@check("service", "Clients call this service.", is_root=True)
def service(components: Components) -> Finding:
    """Check whether the service answers, and its health."""
    try:
        scraped = components.service
    except ComponentUnavailable as error:
        return error.finding
    wrong = {name: text for name, text in scraped.checks.items() if text != "ok"}
    for name in wrong:
        # Components that the doctor queries itself have their own checks.
        components.require(name)
    texts = "; ".join(f"{name}: {text}" for name, text in wrong.items())
    figure = f"{scraped.url} is {scraped.status}" + (f" ({texts})" if wrong else "")
    if scraped.status == "healthy":
        return ok(figure)
    fix = fix_of(next(iter(wrong), ""))
    return failing(figure, fix) if scraped.status == "unhealthy" else warning(figure, fix)


def fix_of(name: str) -> str:
    """Return the fix for a component that only the service reports."""
    fixes = {
        "views": lambda: "flask refresh-stats",
        "migrations": lambda: "flask migrate",
        "pool": larger_pool,
        "writable": commands.show_data_directory,
    }
    return fixes.get(name, lambda: commands.restart("kamiyo-api"))()


@check("service", "Without metrics nobody sees failures.")
def metrics(components: Components) -> Finding:
    """Check whether the service shows its metrics to the doctor."""
    scraped = components.service
    if scraped.metrics is None:
        fix = commands.with_settings_of_service(f"flask doctor --url {scraped.url}")
        return warning(f"/metrics refused {scraped.refusal}", fix)
    return ok(f"{sum(scraped.metrics.requests('method').values()):.0f} requests counted")


@check("service", "Each of these requests failed because of the service.")
def error_rate(components: Components) -> Finding:
    """Check the share of answers with status 500 and above."""
    metrics = components.metrics
    by_status = metrics.requests("status")
    errors = sum(count for status, count in by_status.items() if status >= "500")
    requests = sum(by_status.values())
    figure = f"{share(errors, requests)} requests failed"
    codes = {code: count for code, count in error_codes(metrics).items() if count}
    if errors and codes:
        figure += f"; errors by code: {counted(codes)}"
    finding = graded(
        rate(errors, requests), 0.01, 0.05, figure, commands.search_log("""'"level":"error"'""")
    )
    return if_recent(finding, metrics, "server_error")


def if_recent(finding: Finding, metrics: Metrics, event: str) -> Finding:
    """Return a finding from counts since the start of the service; ok if the last event is not
    recent."""
    age = metrics.age(event)
    if age is None:
        return finding
    figure = f"{finding.figure}; the last one {span(age)} ago"
    return ok(figure) if age > RECENT_SECONDS else replace(finding, figure=figure)


def error_codes(metrics: Metrics) -> dict[str, float]:
    """Return the number of errors by code, without client errors."""
    codes = metrics.by("erc8004_request_errors_total", "code")
    return {code: codes.get(code, 0) for code in ERROR_CODES}


@check("service", "Callers wait this long, and their requests may time out.")
def latency(components: Components) -> Finding:
    """Check the 95th percentile of the latency, by endpoint."""
    metrics = components.metrics
    by_endpoint = metrics.requests("endpoint")
    p95_by_endpoint = {
        name: metrics.p95(DURATION, endpoint=name) or 0
        for name, count in by_endpoint.items()
        if count >= ENOUGH_REQUESTS
    }
    if not p95_by_endpoint:
        return ok("too few requests to tell")
    worst, slowest = max((seconds, name) for name, seconds in p95_by_endpoint.items())
    figure = f"95 of 100 within {span(worst)} at the slowest, {slowest}; should be below 500 ms"
    return graded(worst, SLOW_SECONDS, FAR_TOO_SLOW, figure, "flask doctor --fix")


@check("service", "Callers that are refused need a higher tier, or must send fewer requests.")
def rate_limits(components: Components) -> Finding:
    """Check the share of requests that a rate limit refused."""
    by_tier = components.metrics.by("erc8004_rate_limit_exceeded_total", "tier")
    # Clients that sent too many invalid keys; auth-failures reports them.
    by_tier.pop(NO_TIER, None)
    requests = sum(components.metrics.requests("status").values())
    figure = f"{share(sum(by_tier.values()), requests)} requests refused"
    if by_tier:
        figure += f", by tier: {counted(by_tier)}"
    tier = NEXT_TIER[next(iter(by_tier), "free")]
    fix = f"flask api-keys create --name NAME --tier {tier} --scope read"
    finding = graded(rate(sum(by_tier.values()), requests), 0.01, 1, figure, fix)
    return if_recent(finding, components.metrics, "rate_limit_exceeded")


@check("service", "Somebody's key is invalid or has expired, or somebody guesses keys.")
def auth_failures(components: Components) -> Finding:
    """Check the share of requests that were refused because of their key."""
    by_reason = components.metrics.by("erc8004_auth_failures_total", "reason")
    requests = sum(components.metrics.requests("status").values())
    figure = f"{share(sum(by_reason.values()), requests)} requests refused"
    if by_reason:
        figure += f", for a key that is: {counted(by_reason)}"
    share_of_all = rate(sum(by_reason.values()), requests)
    finding = graded(share_of_all, 0.05, 1, figure, "flask api-keys list")
    return if_recent(finding, components.metrics, "auth_failure")


@check(
    "service",
    "A write that failed after its retries was not stored, and its caller must repeat it.",
)
def transactions(components: Components) -> Finding:
    """Check for transactions that failed despite retries."""
    outcomes = components.metrics.by("erc8004_transactions_total", "outcome")
    retries = components.metrics.total("erc8004_transaction_retries_total")
    failed = outcomes.get("failed", 0) + outcomes.get("unknown", 0)
    figure = f"{share(failed, sum(outcomes.values()))} failed, {retries:.0f} retries"
    fix = commands.search_log("'Transaction failed'")
    finding = graded(rate(failed, sum(outcomes.values()), enough=1), 0, 0.05, figure, fix)
    return if_recent(finding, components.metrics, "failed_transaction")


@check("service", "A request that finds no free connection waits and then fails.")
def pool(components: Components) -> Finding:
    """Check how many connections are in use, and how long requests wait for one."""
    metrics = components.metrics
    used = metrics.total("erc8004_db_pool_connections", state="in_use")
    limit = metrics.total("erc8004_db_pool_limit")
    wait = metrics.p95("erc8004_db_pool_wait_seconds") or 0
    busy = metrics.total("erc8004_request_errors_total", code="DATABASE_BUSY")
    figure = (
        f"{share(used, limit)} connections in use, 95 of 100 waits below {span(wait)}, "
        f"{busy:.0f} requests answered DATABASE_BUSY"
    )
    if limit and (used >= 0.8 * limit or wait > LONG_WAIT):
        return warning(figure, larger_pool())
    return ok(figure)


def larger_pool() -> str:
    """Return the command that doubles the connections per worker."""
    config = commands.config()
    pool_size, overflow = 2 * config.database_pool_size, 2 * config.database_max_overflow
    return commands.set_and_restart(
        f"DATABASE_POOL_SIZE={pool_size}", f"DATABASE_MAX_OVERFLOW={overflow}"
    )


@check("service", "A worker that keeps growing uses up the memory of the machine.")
def worker_memory(components: Components) -> Finding:
    """Check the memory of the largest worker."""
    used = components.metrics.total("erc8004_worker_memory_bytes")
    if not used:
        return unknown("not measured: no worker has reported yet")
    figure = f"the largest worker takes {size(used)}"
    fix = commands.restart("kamiyo-api")
    return graded(used, LARGE_WORKER, 4 * LARGE_WORKER, figure, fix)


def rate(part: float, whole: float, *, enough: float = ENOUGH_REQUESTS) -> float:
    """Return a part of a whole as a rate; 0 if the whole is too small to judge."""
    return part / whole if whole >= enough else 0.0


CHECKS = (
    service,
    metrics,
    error_rate,
    latency,
    rate_limits,
    auth_failures,
    transactions,
    pool,
    worker_memory,
)
