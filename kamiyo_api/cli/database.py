"""The commands that migrate the database and refresh the statistics."""

from __future__ import annotations

import time

import click
from flask.cli import with_appcontext

from kamiyo_api import db, errors
from kamiyo_api.cli.failures import explanation, one_line_errors
from kamiyo_api.db import schema
from kamiyo_api.trust import refresh


@click.command("migrate")
@with_appcontext
@one_line_errors
def migrate() -> None:
    """Migrate the database to the newest version."""
    try:
        applied = schema.migrate()
    except schema.SchemaTooOld as error:
        raise click.ClickException(str(error)) from error
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("the database is up to date")


@click.command("refresh-stats")
@click.option("--every", type=click.IntRange(min=1), help="Repeat, once every so many seconds.")
@click.option("--full", is_flag=True, help="Recount all of history, with the same result.")
@with_appcontext
@one_line_errors
def refresh_stats(every: int | None, full: bool) -> None:
    """Refresh the statistics. Show how long each view took."""
    if every is None:
        click.echo(refresh_once(full))
        return
    while True:
        began = time.monotonic()
        try:
            click.echo(refresh_once(full))
        except errors.ApiError as error:
            click.echo(f"refresh failed, will try again: {explanation(error)}", err=True)
        except db.ConnectionLost:
            click.echo("refresh failed, will try again: the connection was lost", err=True)
        time.sleep(max(0.0, every - (time.monotonic() - began)))


def refresh_once(full: bool) -> str:
    """Refresh once; return the line that reports it."""
    done = refresh.refresh_stats(from_history=full)
    if done is None:
        return "another refresh is running; nothing was done"
    seconds = (done["refreshed_at"] - done["as_of"]).total_seconds()
    return (
        f"refreshed in {seconds:.2f} s: "
        f"fold {done['fold_seconds']:.2f} s, "
        f"mv_erc8004_agent_reputation {done['reputation_seconds']:.2f} s, "
        f"mv_erc8004_agent_payment_stats {done['payment_seconds']:.2f} s, "
        f"search {done['search_seconds']:.2f} s"
    )
