"""Bringing the database to the newest version of sql/migrations."""

from __future__ import annotations

from pathlib import Path

from kamiyo_api import db
from kamiyo_api.queries import SQL

MIGRATIONS = SQL / "migrations"


def migrate() -> list[str]:
    """Apply what is missing, one transaction a file; the names of the files applied.

    Safe to run twice or from two machines at once: an advisory lock lets one go first,
    and the version row, written before the file runs, tells the other that it is done.
    """
    with db.transaction(limited=False) as tx:
        tx.row("migrations.get_lock")
        tx.execute("migrations.create_table")
    return [path.stem for path in pending() if apply(path)]


def pending() -> list[Path]:
    """The files that are not applied yet, in their order."""
    done = {row["version"] for row in db.rows("migrations.list")}
    return [path for path in sorted(MIGRATIONS.glob("*.sql")) if version(path) not in done]


def apply(path: Path) -> bool:
    """Apply one file; False where another machine was first."""
    with db.transaction(limited=False) as tx:
        tx.row("migrations.get_lock")
        if tx.row("migrations.insert", version=version(path), name=path.stem) is None:
            return False
        tx.run_script(path.read_text())
    return True


def version(path: Path) -> int:
    """The number that a migration's name begins with."""
    return int(path.stem.split("_")[0])
