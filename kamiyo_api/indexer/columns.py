"""Many rows as the parameters of one statement: each column is the literal of an array."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

SPECIAL = str.maketrans({"\\": "\\\\", '"': '\\"'})


def text_array(values: Sequence[str | None]) -> str:
    """Return the literal of an array of any texts."""
    if None in values:
        return f"{{{','.join(['null' if each is None else quoted(each) for each in values])}}}"
    joined = '","'.join(cast(Sequence[str], values))
    if "\\" in joined or joined.count('"') > 2 * (len(values) - 1):
        return f"{{{','.join(map(quoted, cast(Sequence[str], values)))}}}"
    return f'{{"{joined}"}}'


def quoted(text: str) -> str:
    """Return a text as an element of the literal of an array."""
    return f'"{text.translate(SPECIAL)}"' if '"' in text or "\\" in text else f'"{text}"'


def plain_array(values: Sequence[Any]) -> str:
    """Return the literal of an array of numbers, or of texts of hex digits."""
    if None in values:
        return f"{{{','.join(['null' if each is None else str(each) for each in values])}}}"
    return f"{{{','.join(map(str, values))}}}"


def columns_of(
    rows: Iterable[Sequence[Any]], names: Sequence[str], texts: Iterable[str] = ()
) -> dict[str, str]:
    """Return the columns of rows by their names; `texts` are those that hold any text."""
    columns = zip(*rows, strict=True)
    return {
        name: text_array(column) if name in texts else plain_array(column)
        for name, column in zip(names, columns, strict=True)
    }
