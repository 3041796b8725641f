"""Run every check with a time limit, so a hanging check does not hide others."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as TooLate

from kamiyo_api.doctor import (
    cache,
    chains,
    files,
    keys,
    schema,
    server,
    service,
    sessions,
    settings,
    statistics,
    tables,
)
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import (
    Check,
    ComponentUnavailable,
    Finding,
    failing,
    unknown,
    warning,
)
from kamiyo_api.doctor.report import Report, Result
from kamiyo_api.health.background import run_in_background

CHECK_SECONDS = 1.5
ALL_SECONDS = 6.0
LOOK_WHO_LOCKS = "flask doctor  # look at lock-waits and long-transactions"

# The checks that find the holder of a lock run before those that may wait for it.
CHECKS: tuple[Check, ...] = (
    *server.CHECKS,
    *sessions.CHECKS,
    *schema.CHECKS,
    *tables.CHECKS,
    *statistics.CHECKS,
    *chains.CHECKS,
    *files.CHECKS,
    *keys.CHECKS,
    *cache.CHECKS,
    *service.CHECKS,
    *settings.CHECKS,
)


def examine(url: str, long_seconds: float = 60) -> Report:
    """Run every check against the service at this URL; return the report.

    A transaction counts as long after `long_seconds`.
    """
    components = Components(url, long_seconds)
    results = []
    deadline = time.monotonic() + ALL_SECONDS
    for check in CHECKS:
        results.append(Result(check, run(check, components, deadline)))
    return Report(results)


def run(check: Check, components: Components, deadline: float) -> Finding:
    """Run a check; return its finding, or why it could not run."""
    timeout = min(CHECK_SECONDS, deadline - time.monotonic())
    try:
        if not check.is_root:
            components.require(check.component)
        if timeout <= 0 and check.component == "database":
            return unknown("not asked: the checks before it took all the time", LOOK_WHO_LOCKS)
        future = run_in_background(f"doctor {check.name}", lambda: check.find(components))
        # A root check waits for its component; that query has its own deadline.
        return future.result(None if check.is_root else max(0.1, timeout))
    except ComponentUnavailable as error:
        return error.left_out()
    except TooLate:
        return failing(f"no answer within {CHECK_SECONDS} s", LOOK_WHO_LOCKS)
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        return warning(f"could not be checked ({reason})", "flask migrate")
