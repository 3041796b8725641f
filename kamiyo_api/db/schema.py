"""Upgrade the schema of the database to that of the code: sql/tables, sql/migrations and
sql/functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

from kamiyo_api.db.driver import Row
from kamiyo_api.db.queries import SQL
from kamiyo_api.db.transaction import Transaction, transaction

TABLES = SQL / "tables"
FUNCTIONS = SQL / "functions"
MIGRATIONS = SQL / "migrations"

# The tables in sql/tables contain everything up to this version.
BASELINE = 27
# The build that upgrades a database to it.
EARLIER_BUILD = "4d84df9"


class SchemaTooOld(Exception):
    """The database is at a version that this code cannot upgrade."""

    def __init__(self, version: int) -> None:
        super().__init__(
            f"the database is at migration {version}, and this version upgrades from {BASELINE} "
            f"on: run `flask migrate` of an earlier build (git {EARLIER_BUILD}), then of this one"
        )


class Reader(Protocol):
    """The interface that reads the records: the module db, or a transaction."""

    def rows(self, query: str, /) -> list[Row]:
        """Return all rows of a named query."""


@dataclass(frozen=True)
class Records:
    """The record of what was applied to a database: the versions of migrations, and the hashes of
    the files in sql/functions."""

    versions: frozenset[int]
    hashes: Mapping[str, str]

    @property
    def is_new(self) -> bool:
        """Return whether the database has no schema yet."""
        return not self.versions

    def pending_migrations(self) -> list[Path]:
        """Return the migrations to run, in order."""
        return [path for path in files(MIGRATIONS) if version(path) not in self.versions]

    def pending_functions(self) -> list[Path]:
        """Return the files in sql/functions that have changed, in order."""
        return [path for path in files(FUNCTIONS) if self.hashes.get(path.stem) != sha256(path)]

    def pending(self) -> list[str]:
        """Return the names of the files that `flask migrate` would apply, in order."""
        tables = files(TABLES) if self.is_new else self.pending_migrations()
        return [name(path) for path in [*tables, *self.pending_functions()]]


def migrate() -> list[str]:
    """Bring the database up to date in one transaction; return the names of the files applied.

    It is safe to run twice, or from two machines at once: an advisory lock makes one wait,
    which then finds nothing to do. If a file fails, nothing is changed. Raises SchemaTooOld.
    """
    with transaction(limited=False) as tx:
        tx.row("schema.get_lock")
        tx.execute("schema.create_migrations")
        tx.execute("schema.create_functions")
        records = read_records(tx)
        upgrade(tx, records)
    return records.pending()


def read_records(reader: Reader) -> Records:
    """Return the record of what was applied to the database. Raises SchemaTooOld."""
    (exists,) = reader.rows("schema.get_records")
    migrations = reader.rows("schema.list_migrations") if exists["has_migrations"] else []
    functions = reader.rows("schema.list_functions") if exists["has_functions"] else []
    records = Records(
        frozenset(row["version"] for row in migrations),
        {row["name"]: row["sha256"] for row in functions},
    )
    if records.versions and max(records.versions) < BASELINE:
        raise SchemaTooOld(max(records.versions))
    return records


def upgrade(tx: Transaction, records: Records) -> None:
    """Apply what is pending. A new database gets the current tables and needs no migration."""
    if records.is_new:
        tx.execute("schema.insert_migration", version=BASELINE, name="baseline")
        run(tx, files(TABLES))
    else:
        run(tx, records.pending_migrations())
    for path in records.pending_migrations():
        tx.execute("schema.insert_migration", version=version(path), name=path.stem)
    run(tx, records.pending_functions())
    for path in records.pending_functions():
        tx.execute("schema.upsert_functions", name=path.stem, sha256=sha256(path))
    if records.is_new:
        tx.row("stats.refresh", from_history=False)


def files(folder: Path) -> list[Path]:
    """Return the SQL files of a folder, in the order in which they are applied."""
    return sorted(folder.glob("*.sql"))


def run(tx: Transaction, paths: list[Path]) -> None:
    """Run SQL files in order."""
    for path in paths:
        tx.run_script(path.read_text())


def name(path: Path) -> str:
    """Return the name of a file under sql/, such as functions/60_fold."""
    return f"{path.parent.name}/{path.stem}"


def version(path: Path) -> int:
    """Return the number that the name of a migration begins with."""
    return int(path.stem.split("_")[0])


@cache
def sha256(path: Path) -> str:
    """Return the hash of a file in lower-case hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
