"""The schema: migrations, and the indexes that they create."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kamiyo_api import db, migrations
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import Finding, check, failing, ok, warning
from kamiyo_api.doctor.parts import Parts

MIGRATE = "flask migrate"
CREATE_TABLE = re.compile(r"\bcreate table (\w+) \((.*?)\n\);", re.DOTALL)
CONSTRAINT = re.compile(r"constraint (\w+)\s+((?:primary key|unique) \([^)]+\))")
CREATE_INDEX = re.compile(r"create ((?:unique )?index) (\w+)\s+(on [^;]+);")
DROP = re.compile(r"drop (?:index|constraint|table|materialized view) (?:if exists )?(\w+)")


@check("database", "The code expects the newest tables and functions, and fails without them.")
def pending_migrations(parts: Parts) -> Finding:
    """Migrations that this version brings and the database lacks, or the other way round."""
    ran = versions()
    brought = {migrations.version(path): path.stem for path in files()}
    missing = [name for version, name in brought.items() if version not in ran]
    if missing:
        return failing(f"{len(missing)} pending: {', '.join(missing)}", MIGRATE)
    newer = sorted(ran - brought.keys())
    if newer:
        figure = f"the database is newer than this code: it has {', '.join(map(str, newer))}"
        return warning(figure, commands.restart("kamiyo-api"))
    return ok(f"all {len(brought)} ran")


def versions() -> set[int]:
    """The versions that ran; none where nothing ever did."""
    if not db.rows("doctor.get_migrations_table")[0]["is_there"]:
        return set()
    return {row["version"] for row in db.rows("migrations.list")}


def files() -> list[Path]:
    """All migrations, in their order."""
    return sorted(migrations.MIGRATIONS.glob("*.sql"))


@check("database", "Without its index a query reads the whole table, and gets slow as that grows.")
def missing_indexes(parts: Parts) -> Finding:
    """Indexes that the migrations created and that are gone."""
    there = {row["index_name"] for row in db.rows("doctor.list_indexes")}
    created = created_indexes()
    missing = {name: made for name, made in created.items() if name not in there}
    if not missing:
        return ok(f"all {len(created)} are there")
    steps = "; ".join(commands.psql(made) for made in missing.values())
    return failing(f"{len(missing)} missing: {', '.join(missing)}", steps)


def created_indexes() -> dict[str, str]:
    """Every index that the migrations that ran left behind, and what makes it anew."""
    ran = versions()
    created: dict[str, str] = {}
    for path in files():
        if migrations.version(path) in ran:
            text = re.sub(r"--.*", "", path.read_text())
            # An index that a migration both drops and creates is one that it replaces.
            for name in DROP.findall(text):
                created.pop(name, None)
            created |= dict(indexes_in(text))
    return created


def indexes_in(text: str) -> Iterator[tuple[str, str]]:
    """The indexes that a migration creates, those behind constraints too."""
    for table, body in CREATE_TABLE.findall(text):
        for name, kind in CONSTRAINT.findall(body):
            yield name, f"alter table {table} add constraint {name} {kind}"
    for kind, name, rest in CREATE_INDEX.findall(text):
        yield name, f"create {kind} concurrently {name} {' '.join(rest.split())}"


@check("database", "PostgreSQL keeps an invalid index up to date and never reads it.")
def invalid_indexes(parts: Parts) -> Finding:
    """Indexes whose making was interrupted."""
    invalid = [row["index_name"] for row in db.rows("doctor.list_indexes") if not row["is_valid"]]
    if not invalid:
        return ok("none")
    steps = "; ".join(commands.psql(f"reindex index concurrently {name}") for name in invalid)
    return failing(f"{len(invalid)}: {', '.join(invalid)}", steps)


@check("database", "A delete that spreads along it reads the whole table for each row deleted.")
def unindexed_foreign_keys(parts: Parts) -> Finding:
    """Foreign keys with cascades and without an index."""
    found = db.rows("doctor.list_unindexed_foreign_keys")
    if not found:
        return ok("none")
    steps = "; ".join(
        commands.psql(f"create index concurrently on {row['table_name']} ({row['column_names']})")
        for row in found
    )
    names = ", ".join(row["constraint_name"] for row in found)
    return warning(f"{len(found)}: {names}", steps)


CHECKS = (pending_migrations, missing_indexes, invalid_indexes, unindexed_foreign_keys)
