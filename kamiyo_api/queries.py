"""The named queries of sql/queries, read once at the start."""

from __future__ import annotations

import re
from pathlib import Path

SQL = Path(__file__).parent.parent / "sql"
QUERY = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def load_queries() -> dict[str, str]:
    """Every named query of sql/queries, as "<file>.<name>"."""
    queries = {}
    for path in sorted((SQL / "queries").glob("*.sql")):
        _, *parts = QUERY.split(path.read_text())
        for name, text in zip(parts[::2], parts[1::2], strict=True):
            queries[f"{path.stem}.{name}"] = text.strip()
    return queries


QUERIES = load_queries()
