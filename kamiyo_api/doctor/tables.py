"""Tables and statements: what the planner knows, what vacuum left, what is slow."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import Finding, check, graded, ok, unknown, warning
from kamiyo_api.doctor.parts import Parts
from kamiyo_api.doctor.wording import begun, share

# Small tables are read whole, whatever the planner knows of them.
WORTH_ANALYZING = 1000
BLOATED = 0.3
WORTH_VACUUMING = 10_000
SLOW_MILLISECONDS = 500
PRELOAD = "alter system set shared_preload_libraries = pg_stat_statements"
CREATE_EXTENSION = "create extension pg_stat_statements"


@check("database", "Of a table that was never analyzed the planner guesses, and guesses wrong.")
def unanalyzed_tables(parts: Parts) -> Finding:
    """Large tables that the planner knows nothing of."""
    tables = db.rows("doctor.list_tables")
    found = [
        row["table_name"]
        for row in tables
        if row["live"] >= WORTH_ANALYZING and not row["is_analyzed"]
    ]
    if not found:
        return ok(f"none of {len(tables)}")
    return warning(f"{len(found)}: {', '.join(found)}", "flask doctor --fix")


@check("database", "Dead rows are read with the living, so a bloated table is slow for its size.")
def bloated_tables(parts: Parts) -> Finding:
    """Tables in which vacuum does not keep up."""
    tables = db.rows("doctor.list_tables")
    found = [
        row
        for row in tables
        if row["dead"] >= WORTH_VACUUMING and row["dead"] > BLOATED * (row["dead"] + row["live"])
    ]
    if not found:
        return ok(f"none of {len(tables)}")
    told = ", ".join(
        f"{row['table_name']} {share(row['dead'], row['dead'] + row['live'])} rows dead"
        for row in found
    )
    steps = "; ".join(commands.psql(f"vacuum (analyze) {row['table_name']}") for row in found)
    return warning(told, steps)


@check("database", "A statement that is slow on average makes every request slow that runs it.")
def slow_statements(parts: Parts) -> Finding:
    """Statements of ours that take long on average, where pg_stat_statements counts them."""
    told = db.rows("doctor.get_statement_statistics")[0]
    if not told["is_loaded"]:
        figure = "not measured: pg_stat_statements is not loaded"
        restart = commands.restart("postgresql")
        return unknown(figure, f"{commands.psql(PRELOAD)}; {restart}")
    if not told["is_shown"]:
        return unknown("not measured: no extension here", commands.psql(CREATE_EXTENSION))
    found = db.rows("doctor.list_slow_statements", milliseconds=SLOW_MILLISECONDS)
    if not found:
        return ok(f"none above {SLOW_MILLISECONDS} ms on average")
    slowest = found[0]
    figure = (
        f"{len(found)} above {SLOW_MILLISECONDS} ms on average, the slowest "
        f"{slowest['milliseconds']:.0f} ms in {slowest['calls']} calls: {begun(slowest['query'])}"
    )
    return graded(slowest["milliseconds"], 0, 10 * SLOW_MILLISECONDS, figure, "flask doctor --fix")


CHECKS = (unanalyzed_tables, bloated_tables, slow_statements)
