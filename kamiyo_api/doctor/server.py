"""The server of PostgreSQL: whether it answers, its size, its settings, its connections."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import (
    ComponentUnavailable,
    Finding,
    check,
    failing,
    graded,
    ok,
    warning,
)
from kamiyo_api.doctor.wording import share, size, span

CROWDED = 0.8
FULL = 0.95
SLOW_ANSWER = 0.5
# At 2,100 million PostgreSQL refuses writes; autovacuum prevents that from 200 million on.
TRANSACTIONS_WARNING = 500_000_000
TRANSACTIONS_FAILING = 1_500_000_000


@check("database", "Without PostgreSQL the service returns only cached answers.", is_root=True)
def database(components: Components) -> Finding:
    """Check whether PostgreSQL answers and accepts writes."""
    try:
        server = components.database
    except ComponentUnavailable as error:
        return error.finding
    figure = f"PostgreSQL {server.version}, {server.name}, answered in {span(server.seconds)}"
    if server.is_replica:
        return failing(
            f"{figure}, but is a replica and takes no writes",
            commands.psql_as_superuser("select pg_promote()"),
        )
    return graded(server.seconds, SLOW_ANSWER, 5, figure, commands.end_idle())


@check("database", "A server that accepts no writes still answers reads, so it looks healthy.")
def database_writes(components: Components) -> Finding:
    """Check whether PostgreSQL accepts writes, by its settings and by the health of the service."""
    state = db.rows("doctor.get_writes")[0]
    if state["is_replica"]:
        return failing("it is a replica", commands.psql_as_superuser("select pg_promote()"))
    if state["is_read_only"]:
        source = state["source"]
        return failing(f"default_transaction_read_only is on, by {source}", allow_writes(state))
    with suppress(ComponentUnavailable):
        found = components.service.checks.get("writable", "ok")
        if found != "ok":
            return failing(
                f"{components.service.url} says: {found}", commands.show_data_directory()
            )
    return ok("takes writes, as far as the service knows")


def allow_writes(state: dict[str, Any]) -> str:
    """Return the command that makes the server accept writes, for the cause."""
    name = "default_transaction_read_only"
    if state["source"] in ("client", "session", "environment variable"):
        return commands.edit_settings(f"take {name} out of DATABASE_URL")
    if state["source"] in ("database", "user", "database user"):
        owner = {"database": f"database {state['database']}"}.get(
            state["source"], f"role {state['user_name']}"
        )
        reset = commands.psql_as_superuser(f"alter {owner} reset {name}")
        return f"PGOPTIONS='-c {name}=off' {reset}"
    set_off = commands.psql_as_superuser(f"alter system set {name} = off")
    return f"{set_off}; {commands.psql_as_superuser('select pg_reload_conf()')}"


@check("database", "If all connections are in use, nobody can connect, not even to fix it.")
def connections(components: Components) -> Finding:
    """Check how many of the connections that the server allows are in use."""
    counts = db.rows("doctor.get_connections")[0]
    allowed = counts["most"] - counts["reserved"]
    figure = f"{share(counts['connections'], allowed)} in use, {counts['idle']} idle for 5 minutes"
    fix = commands.end_idle()
    return graded(counts["connections"] / allowed, CROWDED, FULL, figure, fix)


@check(
    "database",
    "If all workers together may open more connections than allowed, requests fail under load.",
)
def connection_budget(components: Components) -> Finding:
    """Check whether the server allows the connections of all workers."""
    counts = db.rows("doctor.get_connections")[0]
    config = commands.config()
    per_worker = config.database_pool_size + config.database_max_overflow
    wanted, allowed = config.web_concurrency * per_worker, counts["most"] - counts["reserved"]
    figure = (
        f"{config.web_concurrency} workers with {per_worker} each = {wanted}, of {allowed} allowed"
    )
    if wanted <= CROWDED * allowed:
        return ok(figure)
    fitting = max(1, int(CROWDED * allowed / config.web_concurrency / 2))
    sizes = f"DATABASE_POOL_SIZE={fitting}", f"DATABASE_MAX_OVERFLOW={fitting}"
    fix = commands.set_and_restart(*sizes)
    return failing(figure, fix) if wanted > allowed else warning(figure, fix)


@check(
    "database", "A setting that is off here loses data in a crash, or lets dead rows accumulate."
)
def database_settings(components: Components) -> Finding:
    """Check the settings of the server that must stay on."""
    settings = {row["name"]: row["setting"] for row in db.rows("doctor.list_server_settings")}
    off = [name for name, setting in settings.items() if setting == "off"]
    if not off:
        return ok(f"{', '.join(settings)} are on")
    return warning(f"off: {', '.join(off)}", commands.switch_on(off))


@check(
    "database", "A full disk stops every write, and so does a server without free transaction ids."
)
def database_size(components: Components) -> Finding:
    """Check the size of the database, and the age of its oldest transaction id."""
    row = db.rows("doctor.get_size")[0]
    figure = f"{size(row['bytes'])}, oldest transaction id {row['transactions']:,} behind"
    return graded(
        row["transactions"],
        TRANSACTIONS_WARNING,
        TRANSACTIONS_FAILING,
        figure,
        commands.psql_as_superuser("vacuum (freeze, skip_locked)"),
    )


CHECKS = (
    database,
    database_writes,
    connections,
    connection_budget,
    database_settings,
    database_size,
)
