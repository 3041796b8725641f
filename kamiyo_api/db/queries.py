"""The named queries of sql/queries, read once at import."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

SQL = Path(__file__).parent.parent.parent / "sql"
HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)
PLACEHOLDER = re.compile(r"\{([a-z_]{2,}(?:\.[a-z_]+)?)\}")


def load_queries() -> tuple[dict[str, str], dict[str, str]]:
    """Return every named query of sql/queries, and the settings of the transaction of each that has
    some, by "<file>.<name>". The part settings of a file is for all its queries."""
    queries: dict[str, str] = {}
    parts: dict[str, str] = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        for kind, name, text in sections_of(path, parts):
            (parts if kind == "part" else queries)[f"{path.stem}.{name}"] = text
    settings = {name: parts.get(f"{name.partition('.')[0]}.settings", "") for name in queries}
    return queries, {name: text for name, text in settings.items() if text}


def sections_of(path: Path, parts: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Yield the kind, the name and the text of each query and part of one file. Queries may share a
    part, which is defined before them and is inserted for its name in braces; that of an earlier
    file is named with its file."""
    _, *sections = HEADING.split(path.read_text())
    for kind, name, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        yield (
            kind,
            name,
            PLACEHOLDER.sub(
                lambda match: parts[match[1] if "." in match[1] else f"{path.stem}.{match[1]}"],
                body.strip(),
            ),
        )


QUERIES, SETTINGS = load_queries()
