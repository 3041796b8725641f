"""The running service: its health, and what its metrics counted since it started."""

from __future__ import annotations

from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import (
    Finding,
    PartAway,
    check,
    failing,
    graded,
    ok,
    unknown,
    warning,
)
from kamiyo_api.doctor.parts import Parts
from kamiyo_api.doctor.scrape import Metrics
from kamiyo_api.doctor.wording import counted, share, size, span

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
LOG = "journalctl -u kamiyo-api -n 1000 --no-pager"
NEXT_TIER = {"free": "pro", "pro": "team", "team": "enterprise", "enterprise": "enterprise"}


@check("service", "Whoever calls the API calls this.", is_root=True)
def service(parts: Parts) -> Finding:
    """Whether the service answers, and what it says of itself."""
    try:
        told = parts.service
    except PartAway as away:
        return away.finding
    wrong = "; ".join(f"{name}: {text}" for name, text in told.checks.items() if text != "ok")
    figure = f"{told.url} is {told.status}" + (f" ({wrong})" if wrong else "")
    if told.status == "unhealthy":
        return failing(figure, commands.restart("kamiyo-api"))
    return ok(figure) if told.status == "healthy" else warning(figure, "flask doctor --fix")


@check("service", "What nobody can measure, nobody sees break.")
def metrics(parts: Parts) -> Finding:
    """Whether the service shows its metrics to us."""
    told = parts.service
    if told.metrics is None:
        cure = commands.with_settings_of_service(f"flask doctor --url {told.url}")
        return warning(f"/metrics refused {told.refusal}", cure)
    return ok(f"{sum(told.metrics.requests('method').values()):.0f} requests counted")


@check("service", "Each of these is a caller who got no answer.")
def error_rate(parts: Parts) -> Finding:
    """Answers of 500 and above."""
    told = parts.metrics
    by_status = told.requests("status")
    errors = sum(count for status, count in by_status.items() if status >= "500")
    whole = sum(by_status.values())
    figure = f"{share(errors, whole)} requests failed"
    codes = {code: count for code, count in error_codes(told).items() if count}
    if errors and codes:
        figure += f"; errors by code: {counted(codes)}"
    cure = f"""{LOG} | grep '"level":"error"'"""
    return graded(rate(errors, whole), 0.01, 0.05, figure, cure)


def error_codes(told: Metrics) -> dict[str, float]:
    """Errors by their codes, those that callers make left out."""
    codes = told.by("erc8004_request_errors_total", "code")
    return {code: codes.get(code, 0) for code in ERROR_CODES}


@check("service", "Callers wait this long, and give up at some point.")
def latency(parts: Parts) -> Finding:
    """Within what time 95 of 100 requests are answered, over all and by endpoint."""
    told = parts.metrics
    by_endpoint = told.requests("endpoint")
    of_endpoint = {
        name: told.p95(DURATION, endpoint=name) or 0
        for name, count in by_endpoint.items()
        if count >= ENOUGH_REQUESTS
    }
    if not of_endpoint:
        return ok("too few requests to tell")
    worst, slowest = max((seconds, name) for name, seconds in of_endpoint.items())
    figure = f"95 of 100 within {span(worst)} at the slowest, {slowest}; should be below 500 ms"
    return graded(worst, SLOW_SECONDS, FAR_TOO_SLOW, figure, "flask doctor --fix")


@check("service", "Callers that are refused need a higher tier, or slow down too little.")
def rate_limits(parts: Parts) -> Finding:
    """Requests refused by a rate limit."""
    by_tier = parts.metrics.by("erc8004_rate_limit_exceeded_total", "tier")
    whole = sum(parts.metrics.requests("status").values())
    figure = f"{share(sum(by_tier.values()), whole)} requests refused"
    if by_tier:
        figure += f", by tier: {counted(by_tier)}"
    tier = NEXT_TIER[next(iter(by_tier), "free")]
    cure = f"flask api-keys create --name NAME --tier {tier} --scope read"
    return graded(rate(sum(by_tier.values()), whole), 0.01, 1, figure, cure)


@check("service", "Somebody's key is wrong or has ended, or somebody guesses.")
def auth_failures(parts: Parts) -> Finding:
    """Requests refused for their key."""
    by_reason = parts.metrics.by("erc8004_auth_failures_total", "reason")
    whole = sum(parts.metrics.requests("status").values())
    figure = f"{share(sum(by_reason.values()), whole)} requests refused"
    if by_reason:
        figure += f", for a key that is: {counted(by_reason)}"
    return graded(rate(sum(by_reason.values()), whole), 0.05, 1, figure, "flask api-keys list")


@check(
    "service", "A write that failed after its retries was not kept, and its caller must repeat it."
)
def transactions(parts: Parts) -> Finding:
    """Transactions that failed in spite of their retries."""
    outcomes = parts.metrics.by("erc8004_transactions_total", "outcome")
    retries = parts.metrics.total("erc8004_transaction_retries_total")
    failed = outcomes.get("failed", 0) + outcomes.get("unknown", 0)
    figure = f"{share(failed, sum(outcomes.values()))} failed, {retries:.0f} retries"
    cure = f"{LOG} | grep 'Transaction failed'"
    return graded(rate(failed, sum(outcomes.values()), enough=1), 0, 0.05, figure, cure)


@check("service", "A request that finds no free connection waits, then fails.")
def pool(parts: Parts) -> Finding:
    """Connections of all workers in use, and how long requests wait for one."""
    told = parts.metrics
    used = told.total("erc8004_db_pool_connections", state="in_use")
    most = told.total("erc8004_db_pool_limit")
    wait = told.p95("erc8004_db_pool_wait_seconds") or 0
    busy = told.total("erc8004_request_errors_total", code="DATABASE_BUSY")
    figure = (
        f"{share(used, most)} connections in use, 95 of 100 waits below {span(wait)}, "
        f"{busy:.0f} requests answered DATABASE_BUSY"
    )
    if most and (used >= 0.8 * most or wait > LONG_WAIT):
        return warning(figure, larger_pool())
    return ok(figure)


def larger_pool() -> str:
    """Twice the connections a worker."""
    config = commands.config()
    pool_size, overflow = 2 * config.database_pool_size, 2 * config.database_max_overflow
    return commands.set_and_restart(
        f"DATABASE_POOL_SIZE={pool_size}", f"DATABASE_MAX_OVERFLOW={overflow}"
    )


@check("service", "A worker that grows and grows takes the machine down with it.")
def worker_memory(parts: Parts) -> Finding:
    """The memory of the largest worker."""
    used = parts.metrics.total("erc8004_worker_memory_bytes")
    if not used:
        return unknown("not measured: no worker has told yet")
    figure = f"the largest worker takes {size(used)}"
    cure = commands.restart("kamiyo-api")
    return graded(used, LARGE_WORKER, 4 * LARGE_WORKER, figure, cure)


def rate(part: float, whole: float, *, enough: float = ENOUGH_REQUESTS) -> float:
    """A part of a whole; 0 where that is too little to judge by."""
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
