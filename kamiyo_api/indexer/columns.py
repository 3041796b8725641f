"""Many rows as the parameters of one statement: each column is the literal of an array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

SPECIAL = str.maketrans({"\\": "\\\\", '"': '\\"'})


def quoted(value: str | None) -> str:
    """Return a text as an element of the literal of an array."""
    if value is None:
        return "null"
    if '"' in value or "\\" in value:
        value = value.translate(SPECIAL)
    return f'"{value}"'


def plain(value: Any) -> str:
    """Return a number or a hex text as an element of the literal of an array."""
    return "null" if value is None else str(value)


def columns_of(
    rows: Iterable[Sequence[Any]], names: Sequence[str], texts: Iterable[str] = ()
) -> dict[str, str]:
    """Return the columns of rows by their names; `texts` are those that hold any text."""
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    free = set(texts)
    return {
        name: f"{{{','.join(map(quoted if name in free else plain, column))}}}"
        for name, column in zip(names, columns, strict=True)
    }
