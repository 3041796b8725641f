"""The command that explains a score, step by step."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import with_appcontext

from kamiyo_api import db
from kamiyo_api.cli.failures import one_line_errors
from kamiyo_api.trust.report import report_on

SHOWN = 100
COLUMNS = "client_address", "voice", "rating_count", "net_usdc", "weight"


@click.command("explain-trust")
@click.argument("agent", type=click.UUID)
@with_appcontext
@one_line_errors
def explain_trust(agent: Any) -> None:
    """Explain the score of an agent, step by step.

    The table of voices is as of the last refresh, everything else as of now.
    """
    report = report_on(str(agent))
    if report is None:
        raise click.ClickException(f"there is no agent {agent}")
    for line in [*voices(str(agent)), "", *steps(report), "", *report["sentences"].values()]:
        click.echo(line)
    for code in report["caveats"]:
        click.echo(f"caveat {code}")
    for unknown in report["not_computed"]:
        click.echo(f"not computed {unknown['code']}: {unknown['reason']}")


def voices(agent_uuid: str) -> list[str]:
    """Return the table of the voices with the most weight."""
    rows = db.rows("trust.list_voices", agent_uuid=agent_uuid, limit=SHOWN + 1)
    lines = ["  ".join(COLUMNS)]
    for row in rows[:SHOWN]:
        figures = "  ".join(str(row[name]) for name in COLUMNS)
        lines.append(f"{figures}  {', '.join(standing(row))}")
    if len(rows) > SHOWN:
        lines.append(f"and others: only the {SHOWN} with the most weight are shown")
    return lines


def standing(row: db.Row) -> list[str]:
    """Return the labels of a reviewer."""
    words = {"is_trusted": "trusted", "is_reciprocal": "reciprocal"}
    found = [word for name, word in words.items() if row[name]]
    return [*found, "established" if row["is_established"] else "new"]


def steps(report: db.Row) -> list[str]:
    """Return the steps from the sums to the score."""
    if report["score"] is None:
        return []
    backed, weight = report["backed_reviewers"], report["unpaid_weight"]
    mean, unpaid = report["backed_mean"] or 0, report["unpaid_mean"] or 0
    imagined = max(2, backed / 8)
    return [
        f"B = {backed}, the sum of the weights; S = B x {mean}, the sum of weight x voice",
        f"U = {weight}, the weight of all unpaid voices; their mean is {unpaid}",
        f"i = max(2, B / 8) = {imagined:g}",
        f"score  = (100 + S + U x {unpaid}) / (2 + B + U) = {report['score']}",
        f"middle = (100 + S) / (2 + B) = {report['score_middle']}",
        f"low    = S / (B + i) = {report['score_low']}",
        f"high   = (S + 100 x i) / (B + i) = {report['score_high']}",
    ]
