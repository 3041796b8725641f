"""Alternating pairs: what the machine does meanwhile, it does to both."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

from bench.load import Run

PAIRS = 5


def alternate(
    ours: Callable[[], Run], yardstick: Callable[[], Run]
) -> tuple[float, dict[str, Any]]:
    """The median ratio of our rate to the yardstick's, and the medians of both.

    Ours is run once before, to be warm.
    """
    ours()
    runs = [(ours(), yardstick()) for _ in range(PAIRS)]
    ratio = median(our.rate / their.rate for our, their in runs)
    return ratio, {
        "ours": summary([our for our, _ in runs]),
        "yardstick": summary([their for _, their in runs]),
        "ratios": [round(our.rate / their.rate, 3) for our, their in runs],
    }


def summary(runs: list[Run]) -> dict[str, float]:
    """The medians of some runs."""
    return {
        "requests_a_second": round(median(run.rate for run in runs), 1),
        "cpu_us_a_request": round(median(run.cpu for run in runs), 1),
        "p50_ms": round(median(run.p50 for run in runs), 2),
        "p99_ms": round(median(run.p99 for run in runs), 2),
    }
