"""The named queries of sql/queries, read once at import."""

from __future__ import annotations

import re
from pathlib import Path

SQL = Path(__file__).parent.parent.parent / "sql"
HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)
PLACEHOLDER = re.compile(r"\{([a-z_]{2,})\}")


def load_queries() -> dict[str, str]:
    """Return every named query of sql/queries, by "<file>.<name>"."""
    queries = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        for name, text in queries_of(path.read_text()).items():
            queries[f"{path.stem}.{name}"] = text
    return queries


def queries_of(text: str) -> dict[str, str]:
    """Return the queries of one file, by name. Queries may share a part, which is defined
    before them and is inserted for its name in braces."""
    queries: dict[str, str] = {}
    parts: dict[str, str] = {}
    _, *sections = HEADING.split(text)
    for kind, name, body in zip(sections[::3], sections[1::3], sections[2::3], strict=True):
        expanded = PLACEHOLDER.sub(lambda match: parts[match[1]], body.strip())
        (parts if kind == "part" else queries)[name] = expanded
    return queries


QUERIES = load_queries()
