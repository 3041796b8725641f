"""A figure beside its target, and the table of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """What was measured; it should be at least, else at most, the target. `measured` holds
    what it was computed from."""

    what: str
    value: float
    target: float
    is_at_least: bool = False
    unit: str = ""
    measured: dict[str, Any] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.target if self.is_at_least else self.value <= self.target

    def as_json(self) -> dict[str, Any]:
        """The figure as it is kept."""
        return {
            "what": self.what,
            "value": round(self.value, 4),
            "target": self.target,
            "bound": "at least" if self.is_at_least else "at most",
            "unit": self.unit,
            "holds": self.holds,
            "measured": self.measured,
        }


def table(figures: Sequence[Figure]) -> str:
    """Every target beside its figure, as a Markdown table."""
    rows = [("what", "target", "measured", "")] + [row(each) for each in figures]
    widths = [max(len(line[column]) for line in rows) for column in range(4)]
    lines = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in rows]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def row(figure: Figure) -> tuple[str, str, str, str]:
    """One line of the table."""
    sign, unit = "≥" if figure.is_at_least else "≤", f" {figure.unit}" if figure.unit else ""
    return (
        figure.what,
        f"{sign} {figure.target:,}{unit}",
        f"{shown(figure.value)}{unit}",
        "holds" if figure.holds else "falls short",
    )


def shown(value: float) -> str:
    """A number as people read it."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
