"""The followed chains: their lag, their projection and their audits."""

from __future__ import annotations

from collections.abc import Iterable

from kamiyo_api import db
from kamiyo_api.doctor import commands
from kamiyo_api.doctor.components import Components
from kamiyo_api.doctor.findings import Finding, check, failing, ok, warning
from kamiyo_api.doctor.wording import span

LAG_SECONDS = 900
PROJECTION_SECONDS = 600
AUDIT_SECONDS = 7 * 86400
NONE = "no chain is read"
DIFFERENCES = (
    "select d.function, d.agent_id, d.about, d.held, d.answered "
    "from erc8004_chain_audit_differences as d where d.chain = '{chain}' "
    "order by d.audited_at desc, d.place limit 20"
)


@check("database", "If the reading of a chain stops, answers about it become stale.")
def chain_reading(components: Components) -> Finding:
    """Check that the chains are read without lag."""
    rows = db.rows("chains.list_status")
    stopped = [row for row in rows if row["error_code"] is not None]
    if stopped:
        figure = "; ".join(
            f"{row['chain']}: {row['error_code']}: {row['error_detail']}" for row in stopped
        )
        return failing(figure, f"flask index-chain {stopped[0]['chain']} --once")
    behind = [row for row in rows if row["lag_seconds"] > LAG_SECONDS]
    if behind:
        figure = "; ".join(
            f"{row['chain']} is {span(row['lag_seconds'])} and {row['lag_blocks']} blocks behind"
            for row in behind
        )
        return warning(figure, f"flask index-chain {behind[0]['chain']} --once")
    gaps = [f"{row['gap_count']} of {row['chain']}" for row in rows if row["gap_count"]]
    without = f", but for gaps: {', '.join(gaps)}" if gaps else ""
    return ok(f"{named(rows)} up to now{without}" if rows else NONE)


@check("database", "Data of a chain shows in answers only after its projection.")
def chain_projection(components: Components) -> Finding:
    """Check that all checked blocks are projected."""
    rows = db.rows("chains.list_status")
    behind = [row for row in rows if row["projection_lag_seconds"] > PROJECTION_SECONDS]
    if behind:
        figure = "; ".join(
            f"{row['unprojected_blocks']} blocks of {row['chain']} wait for "
            f"{span(row['projection_lag_seconds'])}"
            for row in behind
        )
        return warning(figure, f"flask index-chain {behind[0]['chain']} --once")
    return ok(f"{named(rows)} shown as checked" if rows else NONE)


@check("database", "Only the contracts prove that the stored data of a chain is correct.")
def chain_audit(components: Components) -> Finding:
    """Check the results of the last audits."""
    rows = db.rows("chains.list_status")
    different = [row for row in rows if row["differences"]]
    if different:
        figure = "; ".join(
            f"{row['chain']} differs from its contracts in {row['differences']} answers"
            for row in different
        )
        fix = commands.psql(DIFFERENCES.format(chain=different[0]["chain"]))
        return failing(figure, fix)
    old = [row for row in rows if (row["audit_age_seconds"] or 0) > AUDIT_SECONDS]
    if old:
        figure = "; ".join(
            f"{row['chain']} was audited {span(row['audit_age_seconds'])} ago" for row in old
        )
        return warning(figure, f"flask audit-chain {old[0]['chain']}")
    unaudited = [row for row in rows if row["audit_age_seconds"] is None]
    if unaudited:
        fix = f"flask audit-chain {unaudited[0]['chain']}"
        return warning(f"{named(unaudited)} never audited", fix)
    return ok(f"{named(rows)} equal to the contracts" if rows else NONE)


def named(rows: Iterable[db.Row]) -> str:
    """Return the names of chains."""
    return ", ".join(row["chain"] for row in rows)


CHECKS = (chain_reading, chain_projection, chain_audit)
