"""The named queries of sql/queries, read once at the start."""

from __future__ import annotations

import re
from pathlib import Path

SQL = Path(__file__).parent.parent.parent / "sql"
HEADING = re.compile(r"^-- (name|part): (\w+)\n", re.MULTILINE)
PLACE = re.compile(r"\{([a-z_]{2,})\}")


def load_queries() -> dict[str, str]:
    """Every named query of sql/queries, as "<file>.<name>"."""
    queries = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        for name, text in queries_of(path.read_text()).items():
            queries[f"{path.stem}.{name}"] = text
    return queries


def queries_of(text: str) -> dict[str, str]:
    """The queries of one file by name. What several of them share is a part, which stands
    before them and is put where its name is in braces."""
    queries: dict[str, str] = {}
    parts: dict[str, str] = {}
    _, *found = HEADING.split(text)
    for kind, name, body in zip(found[::3], found[1::3], found[2::3], strict=True):
        whole = PLACE.sub(lambda place: parts[place[1]], body.strip())
        (parts if kind == "part" else queries)[name] = whole
    return queries


QUERIES = load_queries()
