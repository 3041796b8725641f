"""Conflicting settings, and clocks that differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from kamiyo_api.config import Config
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import (
    ComponentUnavailable,
    Finding,
    check,
    graded,
    ok,
    unknown,
    warning,
)
from kamiyo_api.doctor.wording import span

LONG_REDIS_TIMEOUT = 0.5
SKEW_WARNING = 1
SKEW_FAILING = 30
SYNCHRONIZE = "sudo timedatectl set-ntp true"


@check("settings", "If settings conflict, one of them has no effect.")
def settings(components: Components) -> Finding:
    """Check for conflicting settings of the service."""
    found = list(misfits(commands.config()))
    if not found:
        return ok("fit together")
    figure = "; ".join(problem for problem, _ in found)
    return warning(figure, commands.set_and_restart(*(change for _, change in found)))


def misfits(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each conflict, with the setting that resolves it."""
    connections = config.database_pool_size + config.database_max_overflow
    if config.web_threads > connections:
        yield (
            f"{config.web_threads} threads of a worker share {connections} connections",
            f"DATABASE_POOL_SIZE={config.web_threads}",
        )
    if config.redis_timeout > LONG_REDIS_TIMEOUT:
        yield (
            f"a request may wait {span(config.redis_timeout)} for a Redis that hangs",
            "REDIS_TIMEOUT_MS=50",
        )
    for name, tier in config.tiers.items():
        if max(tier.per_minute, tier.registrations, tier.writes) > tier.per_hour:
            hour = max(tier.per_minute, tier.registrations, tier.writes)
            yield (
                f"tier {name} allows more in a part than the {tier.per_hour} of an hour",
                f"RATE_LIMITS_{name.upper()}="
                f"{tier.per_minute},{hour},{tier.registrations},{tier.writes}",
            )


@check(
    "settings",
    "Keys, limits and cached answers expire by different clocks, which must agree.",
)
def clock_skew(components: Components) -> Finding:
    """Check the difference of the clocks of PostgreSQL and Redis to this machine."""
    skews: dict[str, float] = {}
    with suppress(ComponentUnavailable):
        skews["PostgreSQL"] = components.database.skew
    with suppress(ComponentUnavailable):
        skews["Redis"] = components.redis.skew
    if not skews:
        return unknown("no other clock can be asked")
    figure = ", ".join(f"{name} {seconds:+.3f} s" for name, seconds in skews.items())
    worst = max(abs(seconds) for seconds in skews.values())
    return graded(worst, SKEW_WARNING, SKEW_FAILING, figure, SYNCHRONIZE)


CHECKS = (settings, clock_skew)
