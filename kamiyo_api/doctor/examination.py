"""Asking every check, each for a bounded time, so that one that hangs hides no other."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as TooLate

from kamiyo_api.doctor import (
    cache,
    keys,
    schema,
    server,
    service,
    sessions,
    settings,
    statistics,
    tables,
)
from kamiyo_api.doctor.findings import Check, Finding, PartAway, failing, unknown, warning
from kamiyo_api.doctor.parts import Parts
from kamiyo_api.doctor.report import Report, Result
from kamiyo_api.health.background import run_in_background

CHECK_SECONDS = 1.5
ALL_SECONDS = 6.0
LOOK_WHO_LOCKS = "flask doctor  # look at lock-waits and long-transactions"

# Who holds a lock is told before what waits for it.
CHECKS: tuple[Check, ...] = (
    *server.CHECKS,
    *sessions.CHECKS,
    *schema.CHECKS,
    *tables.CHECKS,
    *statistics.CHECKS,
    *keys.CHECKS,
    *cache.CHECKS,
    *service.CHECKS,
    *settings.CHECKS,
)


def examine(url: str, long_seconds: float = 60) -> Report:
    """What every check finds, of the service at this address.

    `long_seconds` is from when on a transaction counts as long.
    """
    parts = Parts(url, long_seconds)
    results = []
    until = time.monotonic() + ALL_SECONDS
    for check in CHECKS:
        results.append(Result(check, found(check, parts, until)))
    return Report(results)


def found(check: Check, parts: Parts, until: float) -> Finding:
    """What a check finds, or why it finds nothing."""
    patience = min(CHECK_SECONDS, until - time.monotonic())
    try:
        if not check.is_root:
            parts.require(check.part)
        if patience <= 0 and check.part == "database":
            return unknown("not asked: the checks before it took all the time", LOOK_WHO_LOCKS)
        asked = run_in_background(f"doctor {check.name}", lambda: check.find(parts))
        # A root waits for its part, which has a deadline of its own.
        return asked.result(None if check.is_root else max(0.1, patience))
    except PartAway as away:
        return unknown(f"not checked: {check.part} {away}")
    except TooLate:
        return failing(f"no answer within {CHECK_SECONDS} s", LOOK_WHO_LOCKS)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        return warning(f"could not be checked ({reason})", "flask migrate")
