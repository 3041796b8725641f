"""PostgreSQL itself: whether it answers, its size, its settings, its connections."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.findings import Finding, PartAway, check, failing, graded, ok, warning
from kamiyo_api.doctor.parts import Parts
from kamiyo_api.doctor.wording import share, size, span

CROWDED = 0.8
FULL = 0.95
SLOW_ANSWER = 0.5
# At 2,100 million PostgreSQL stops to take writes; its own vacuum steps in at 200 million.
TRANSACTIONS_WARNING = 500_000_000
TRANSACTIONS_FAILING = 1_500_000_000


@check("database", "Without PostgreSQL nothing can be answered but what is cached.", is_root=True)
def database(parts: Parts) -> Finding:
    """Whether PostgreSQL answers, and takes writes."""
    try:
        told = parts.database
    except PartAway as away:
        return away.finding
    figure = f"PostgreSQL {told.version}, {told.name}, answered in {span(told.seconds)}"
    if told.is_replica:
        return failing(
            f"{figure}, but is a replica and takes no writes", commands.psql("select pg_promote()")
        )
    return graded(told.seconds, SLOW_ANSWER, 5, figure, commands.end_idle())


@check("database", "What takes no writes answers reads and refuses the rest, and looks well.")
def database_writes(parts: Parts) -> Finding:
    """Whether PostgreSQL takes writes: by what it says of itself, and what the service found."""
    told = db.rows("doctor.get_writes")[0]
    if told["is_replica"]:
        return failing("it is a replica", commands.psql("select pg_promote()"))
    if told["is_read_only"]:
        source = told["source"]
        return failing(f"default_transaction_read_only is on, by {source}", writing(told))
    with suppress(PartAway):
        found = parts.service.checks.get("writable", "ok")
        if found != "ok":
            return failing(f"{parts.service.url} says: {found}", commands.show_data_directory())
    return ok("takes writes, as far as the service knows")


def writing(told: dict[str, Any]) -> str:
    """What makes the server take writes again, by what stops it."""
    name = "default_transaction_read_only"
    if told["source"] in ("client", "session", "environment variable"):
        return f"sudoedit {commands.ENVIRONMENT}  # take {name} out of DATABASE_URL"
    if told["source"] in ("database", "user", "database user"):
        owner = {"database": f"database {told['database']}"}.get(
            told["source"], f"role {told['user_name']}"
        )
        cured = commands.psql(f"alter {owner} reset {name}")
        return f"PGOPTIONS='-c {name}=off' {cured}"
    set_off = commands.psql(f"alter system set {name} = off")
    return f"{set_off}; {commands.psql('select pg_reload_conf()')}"


@check("database", "Once all connections are taken, nobody gets in: not even a repair.")
def connections(parts: Parts) -> Finding:
    """Connections in use, of those that the server allows."""
    told = db.rows("doctor.get_connections")[0]
    most = told["most"] - told["reserved"]
    figure = f"{share(told['connections'], most)} in use, {told['idle']} idle for 5 minutes"
    cure = commands.end_idle()
    return graded(told["connections"] / most, CROWDED, FULL, figure, cure)


@check(
    "database",
    "What all workers may open together must fit, or requests fail when it gets busy.",
)
def connection_budget(parts: Parts) -> Finding:
    """Workers times pool, against what the server allows."""
    told = db.rows("doctor.get_connections")[0]
    config = commands.config()
    of_worker = config.database_pool_size + config.database_max_overflow
    wanted, most = config.web_concurrency * of_worker, told["most"] - told["reserved"]
    figure = f"{config.web_concurrency} workers with {of_worker} each = {wanted}, of {most} allowed"
    if wanted <= CROWDED * most:
        return ok(figure)
    fitting = max(1, int(CROWDED * most / config.web_concurrency / 2))
    sizes = f"DATABASE_POOL_SIZE={fitting}", f"DATABASE_MAX_OVERFLOW={fitting}"
    cure = commands.set_and_restart(*sizes)
    return failing(figure, cure) if wanted > most else warning(figure, cure)


@check("database", "A setting that is off here loses data in a crash, or lets tables rot.")
def database_settings(parts: Parts) -> Finding:
    """The settings of the server that nobody should switch off."""
    told = {row["name"]: row["setting"] for row in db.rows("doctor.list_server_settings")}
    off = [name for name, setting in told.items() if setting == "off"]
    if not off:
        return ok(f"{', '.join(told)} are on")
    return warning(f"off: {', '.join(off)}", commands.switch_on(off))


@check("database", "A full disk stops every write, and a server out of transaction ids, too.")
def database_size(parts: Parts) -> Finding:
    """The size of the database, and the age of its oldest transaction id."""
    told = db.rows("doctor.get_size")[0]
    figure = f"{size(told['bytes'])}, oldest transaction id {told['transactions']:,} behind"
    return graded(
        told["transactions"],
        TRANSACTIONS_WARNING,
        TRANSACTIONS_FAILING,
        figure,
        commands.psql("vacuum (freeze, skip_locked)"),
    )


CHECKS = (
    database,
    database_writes,
    connections,
    connection_budget,
    database_settings,
    database_size,
)
