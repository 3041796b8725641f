"""The geometry of the plots, which the server draws as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flask import Flask


class Bar(NamedTuple):
    """A bar of a plot; x and y are its top left corner."""

    x: float
    y: float
    width: float
    height: float


def bars(values: Sequence[float], width: float, height: float, most: int = 0) -> list[Bar]:
    """Return a bar for each count, side by side; the highest fills the plot, and every count above
    zero is visible."""
    top = max([*values, most]) or 1
    step = width / max(len(values), 1)
    gap = min(2.0, step / 5)
    found = []
    for place, value in enumerate(values):
        high = max(height * value / top, 1.5) if value else 0.0
        found.append(
            Bar(
                round(place * step, 2),
                round(height - high, 2),
                round(step - gap, 2),
                round(high, 2),
            )
        )
    return found


def stacks(
    rows: Sequence[Mapping[str, int]], names: Sequence[str], width: float, height: float
) -> list[tuple[str, Bar]]:
    """Return the parts of a stacked bar for each row: the first name at the bottom; the highest bar
    fills the plot."""
    top = max([sum(row[name] for name in names) for row in rows], default=0) or 1
    found = []
    for place, row in enumerate(rows):
        x, step = place * width / len(rows), width / len(rows)
        y = height
        for name in names:
            high = max(height * row[name] / top, 1.5) if row[name] else 0.0
            y -= high
            box = Bar(round(x, 2), round(y, 2), round(step - min(2.0, step / 5), 2), round(high, 2))
            found.append((name, box))
    return [each for each in found if each[1].height]


def along(value: float, width: float) -> float:
    """Return the place of a score on a line from 0 to 100."""
    return round(max(0.0, min(100.0, value)) * width / 100, 2)


def place(number: int, of: int) -> float:
    """Return the x coordinate of a point among `of` points, from 0 to 300."""
    return round(300 * number / max(of - 1, 1), 2)


def init_app(app: Flask) -> None:
    """Make the functions available in templates."""
    app.add_template_global(bars)
    app.add_template_global(stacks)
    app.add_template_global(along)
    app.add_template_global(place)
