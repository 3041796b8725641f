"""Many rows as the parameters of one statement: each column is the literal of an array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

SPECIAL = str.maketrans({"\\": "\\\\", '"': '\\"'})


def text_array(values: Iterable[str | None]) -> str:
    """Return the literal of an array of any texts."""
    elements = ["null" if value is None else f'"{value}"' for value in values]
    for place, value in enumerate(elements):
        if value.count('"') > 2 or "\\" in value:
            elements[place] = f'"{value[1:-1].translate(SPECIAL)}"'
    return f"{{{','.join(elements)}}}"


def plain_array(values: Iterable[Any]) -> str:
    """Return the literal of an array of numbers, or of texts of hex digits."""
    return f"{{{','.join(['null' if value is None else str(value) for value in values])}}}"


def columns_of(
    rows: Iterable[Sequence[Any]], names: Sequence[str], texts: Iterable[str] = ()
) -> dict[str, str]:
    """Return the columns of rows by their names; `texts` are those that hold any text."""
    columns = zip(*rows, strict=True)
    return {
        name: text_array(column) if name in texts else plain_array(column)
        for name, column in zip(names, columns, strict=True)
    }
