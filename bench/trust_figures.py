"""The figures of attacks: what moved, how many percent, and how two lists rank alike."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean


def ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value; equal values share theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    found, start = [0.0] * len(values), 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            found[place] = (start + end - 1) / 2
        start = end
    return found


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    """The rank correlation (Spearman) of two lists."""
    first, second = ranks(one), ranks(other)
    mean_one, mean_other = fmean(first), fmean(second)
    shared = sum((a - mean_one) * (b - mean_other) for a, b in zip(first, second, strict=True))
    spread = sum((a - mean_one) ** 2 for a in first) * sum((b - mean_other) ** 2 for b in second)
    return round(shared / spread**0.5, 3) if spread else 0.0


def moved(before: float | None, after: float | None) -> bool:
    """Whether a score moved by half."""
    if before is None or after is None:
        return before is not after
    return after != before and abs(after - before) >= before / 2


def percent(flags: Sequence[bool]) -> float:
    """How many percent are true."""
    return round(100 * sum(flags) / max(1, len(flags)), 2)
