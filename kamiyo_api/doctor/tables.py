"""Tables and statements: missing planner statistics, dead rows, slow statements."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, graded, ok, unknown, warning
from kamiyo_api.doctor.wording import beginning, share

# Small tables are read as a whole, with or without statistics.
WORTH_ANALYZING = 1000
BLOATED = 0.3
WORTH_VACUUMING = 10_000
SLOW_MILLISECONDS = 500
PRELOAD = "alter system set shared_preload_libraries = pg_stat_statements"
CREATE_EXTENSION = "create extension pg_stat_statements"


@check(
    "database",
    "The planner can only guess about a table that was never analyzed, and chooses slow plans.",
)
def unanalyzed_tables(components: Components) -> Finding:
    """Check for large tables without planner statistics."""
    tables = db.rows("doctor.list_tables")
    found = [
        row["table_name"]
        for row in tables
        if row["live"] >= WORTH_ANALYZING and not row["is_analyzed"]
    ]
    if not found:
        return ok(f"none of {len(tables)}")
    return warning(f"{len(found)}: {', '.join(found)}", "flask doctor --fix")


@check("database", "Queries read dead rows along with the live ones, so a bloated table is slow.")
def bloated_tables(components: Components) -> Finding:
    """Check for tables with more dead rows than vacuum can remove."""
    tables = db.rows("doctor.list_tables")
    found = [
        row
        for row in tables
        if row["dead"] >= WORTH_VACUUMING and row["dead"] > BLOATED * (row["dead"] + row["live"])
    ]
    if not found:
        return ok(f"none of {len(tables)}")
    figure = ", ".join(
        f"{row['table_name']} {share(row['dead'], row['dead'] + row['live'])} rows dead"
        for row in found
    )
    steps = "; ".join(commands.psql(f"vacuum (analyze) {row['table_name']}") for row in found)
    return warning(figure, steps)


@check("database", "A slow statement slows down every request that uses it.")
def slow_statements(components: Components) -> Finding:
    """Check for slow statements of the service, if pg_stat_statements counts them."""
    extension = db.rows("doctor.get_statement_statistics")[0]
    if not extension["is_loaded"]:
        figure = "not measured: pg_stat_statements is not loaded"
        restart = commands.restart("postgresql")
        return unknown(figure, f"{commands.psql_as_superuser(PRELOAD)}; {restart}")
    if not extension["is_shown"]:
        return unknown(
            "not measured: no extension here", commands.psql_as_superuser(CREATE_EXTENSION)
        )
    found = db.rows("doctor.list_slow_statements", milliseconds=SLOW_MILLISECONDS)
    if not found:
        return ok(f"none above {SLOW_MILLISECONDS} ms on average")
    slowest = found[0]
    figure = (
        f"{len(found)} above {SLOW_MILLISECONDS} ms on average, the slowest "
        f"{slowest['milliseconds']:.0f} ms in {slowest['calls']} calls: "
        f"{beginning(slowest['query'])}"
    )
    return graded(slowest["milliseconds"], 0, 10 * SLOW_MILLISECONDS, figure, "flask doctor --fix")


CHECKS = (unanalyzed_tables, bloated_tables, slow_statements)
