"""The command that fetches the registration files of agents."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import click
from flask.cli import with_appcontext

from kamiyo_api import db, errors
from kamiyo_api.cli.failures import explanation, one_line_errors
from kamiyo_api.context import services
from kamiyo_api.indexer.files.queue import THREADS, expect_gateways, resolve_some
from kamiyo_api.indexer.files.resolving import Resolver

IDLE_SECONDS = 1.0
RETRY_SECONDS = 5.0


@click.command("resolve-files")
@click.option("--once", is_flag=True, help="Stop when no file is due.")
@with_appcontext
@one_line_errors
def resolve_files(once: bool) -> None:
    """Fetch the registration files that are due. Check that they name their agents.

    Several may run at once: each fetches different files.
    """
    resolver = Resolver.of_config(services().config)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as pool:
        expect_gateways(services().config)
        while True:
            outcomes = resolve_due(resolver, pool, keeps_on=not once)
            if outcomes:
                click.echo(summary(outcomes))
            elif once:
                return
            else:
                time.sleep(IDLE_SECONDS)


def resolve_due(resolver: Resolver, pool: ThreadPoolExecutor, *, keeps_on: bool) -> Counter[str]:
    """Resolve some files. If the database does not answer, wait for the next try, or raise the
    error if there is none."""
    try:
        return resolve_some(resolver, pool)
    except (errors.ApiError, db.ConnectionLost) as error:
        if not keeps_on:
            raise
        reason = explanation(error) if isinstance(error, errors.ApiError) else "connection lost"
        click.echo(f"nothing was stored, will try again: {reason}", err=True)
        time.sleep(RETRY_SECONDS)
        return Counter()


def summary(outcomes: Counter[str]) -> str:
    """Return the line that reports some files."""
    return ", ".join(f"{outcome} {count}" for outcome, count in outcomes.most_common())
