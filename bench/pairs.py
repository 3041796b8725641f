"""Runs in turns with a yardstick: what the machine does meanwhile, it does to both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from bench.load import Run

PAIRS = 5


def alternate(
    yardstick: Callable[[], Run], *ours: Callable[[], Run]
) -> list[tuple[float, dict[str, Any]]]:
    """Of each of ours the median ratio of its rate to the yardstick's, and the medians of both.

    Each of ours is run once before; then, in turns, the yardstick behind the first of them.
    """
    for run in ours:
        run()
    rounds = [(ours[0](), yardstick(), *(run() for run in ours[1:])) for _ in range(PAIRS)]
    first, yardsticks, *others = zip(*rounds, strict=True)
    return [compared(runs, yardsticks) for runs in (first, *others)]


def compared(runs: Sequence[Run], yardsticks: Sequence[Run]) -> tuple[float, dict[str, Any]]:
    """The median ratio of the rates of runs that belong together, and what was measured."""
    ratios = [our.rate / their.rate for our, their in zip(runs, yardsticks, strict=True)]
    return median(ratios), {
        "ours": summary(runs),
        "yardstick": summary(yardsticks),
        "ratios": [round(ratio, 3) for ratio in ratios],
    }


def summary(runs: Sequence[Run]) -> dict[str, float]:
    """The medians of some runs."""
    return {
        "requests_a_second": round(median(run.rate for run in runs), 1),
        "cpu_us_a_request": round(median(run.cpu for run in runs), 1),
        "p50_ms": round(median(run.p50 for run in runs), 2),
        "p99_ms": round(median(run.p99 for run in runs), 2),
    }
