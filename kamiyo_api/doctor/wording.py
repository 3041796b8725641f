"""The formatting of figures for the doctor."""

from __future__ import annotations

import re
from collections.abc import Mapping

UNITS = ("B", "kB", "MB", "GB", "TB")
SHOWN_OF_QUERY = 80
COMMENTS = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
# The commands that the service sends before each statement.
PREPARATIONS = re.compile(r"^(?:(?:begin|set local [^;]+);\s*)+(?=\S)")
LITERALS = re.compile(
    r"\b[eE]'(?:[^'\\]|''|\\.)*'?"
    r"|(?:\b[bBxXnN]|[uU]&)?'(?:[^']|'')*'?"
    r"|\$(\w*)\$.*?(?:\$\1\$|\Z)"
    r"|(?<![\w$.])\d[\w.]*",
    re.DOTALL,
)


def size(count: float) -> str:
    """Return a number of bytes in a suitable unit."""
    for unit in UNITS[:-1]:
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} {UNITS[-1]}"


def span(seconds: float) -> str:
    """Return a number of seconds in a suitable unit."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 7200:
        return f"{seconds:.0f} s"
    return f"{seconds / 3600:.0f} h" if seconds < 172800 else f"{seconds / 86400:.0f} days"


def share(part: float, whole: float) -> str:
    """Return a part of a whole as numbers and percentage."""
    return f"{part:.0f} of {whole:.0f} ({100 * part / whole if whole else 0:.1f} %)"


def counted(counts: Mapping[str, float]) -> str:
    """Return names with their counts."""
    return ", ".join(f"{name} {count:.0f}" for name, count in counts.items())


def without_literals(query: str) -> str:
    """Return a statement in one line, without its comments and literals."""
    return " ".join(LITERALS.sub("?", COMMENTS.sub(" ", query)).split())


def beginning(query: str) -> str:
    """Return the beginning of a statement, without its literals."""
    text = PREPARATIONS.sub("", without_literals(query))
    return text if len(text) <= SHOWN_OF_QUERY else text[:SHOWN_OF_QUERY].rstrip() + " …"
