"""The schema: pending migrations, and the indexes of sql/tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kamiyo_api import db
from kamiyo_api.db import schema
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, failing, ok, warning

MIGRATE = "flask migrate"
UPGRADE_IN_STEPS = f"git checkout {schema.EARLIER_BUILD} && {MIGRATE}; git checkout - && {MIGRATE}"
CREATE_TABLE = re.compile(r"\bcreate table (\w+) \((.*?)\n\);", re.DOTALL)
CONSTRAINT = re.compile(r"constraint (\w+)\s+((?:primary key|unique) \([^)]+\))")
CREATE_INDEX = re.compile(r"create ((?:unique )?index) (\w+)\s+(on [^;]+);")


@check("database", "The code expects the newest tables and functions, and fails without them.")
def pending_migrations(components: Components) -> Finding:
    """Compare the schema files of this version with those applied to the database."""
    try:
        records = schema.read_records(db)
    except schema.SchemaTooOld as error:
        return failing(str(error), UPGRADE_IN_STEPS)
    pending = records.pending()
    if pending:
        return failing(f"{len(pending)} pending: {', '.join(pending)}", MIGRATE)
    newer = sorted(records.versions - known_versions())
    if newer:
        figure = f"the database is newer than this code: it has {', '.join(map(str, newer))}"
        return warning(figure, f"git pull && {commands.restart('kamiyo-api')}")
    return ok(f"up to date at {max(records.versions)}")


def known_versions() -> set[int]:
    """Return every version that a database of this code may have applied."""
    later = {schema.version(path) for path in schema.files(schema.MIGRATIONS)}
    return later | set(range(1, schema.BASELINE + 1))


@check("database", "Without its index a query reads the whole table and slows down as it grows.")
def missing_indexes(components: Components) -> Finding:
    """Check for indexes of sql/tables that the database does not have."""
    existing = {row["index_name"] for row in db.rows("doctor.list_indexes")}
    wanted = wanted_indexes()
    missing = {name: statement for name, statement in wanted.items() if name not in existing}
    if not missing:
        return ok(f"all {len(wanted)} are there")
    steps = "; ".join(commands.psql(statement) for statement in missing.values())
    return failing(f"{len(missing)} missing: {', '.join(missing)}", steps)


def wanted_indexes() -> dict[str, str]:
    """Return every index of sql/tables by name, each with the statement that recreates it."""
    texts = [path.read_text() for path in schema.files(schema.TABLES)]
    return dict(index for text in texts for index in indexes_in(text))


def indexes_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield the indexes that a file creates, those of constraints too."""
    text = re.sub(r"--.*", "", text)
    for table, body in CREATE_TABLE.findall(text):
        for name, kind in CONSTRAINT.findall(body):
            yield name, f"alter table {table} add constraint {name} {kind}"
    for kind, name, rest in CREATE_INDEX.findall(text):
        yield name, f"create {kind} concurrently {name} {' '.join(rest.split())}"


@check("database", "PostgreSQL updates an invalid index with each write and never reads it.")
def invalid_indexes(components: Components) -> Finding:
    """Check for indexes whose creation was interrupted."""
    invalid = [row["index_name"] for row in db.rows("doctor.list_indexes") if not row["is_valid"]]
    if not invalid:
        return ok("none")
    steps = "; ".join(commands.psql(f"reindex index concurrently {name}") for name in invalid)
    return failing(f"{len(invalid)}: {', '.join(invalid)}", steps)


@check("database", "Without an index a cascading delete reads the whole table for each row.")
def unindexed_foreign_keys(components: Components) -> Finding:
    """Check for foreign keys with cascades and without an index."""
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
