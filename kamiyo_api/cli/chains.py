"""The commands that read chains."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import click
from flask import current_app
from flask.cli import AppGroup, with_appcontext

from kamiyo_api import db
from kamiyo_api.chains import require_chain
from kamiyo_api.cli.arguments import Blocks, Wallet
from kamiyo_api.cli.failures import one_line_errors

if TYPE_CHECKING:
    from kamiyo_api.indexer.journal import Cursor
    from kamiyo_api.indexer.reader import ChainReader

AUDIT_EXIT_CODES = {"equal": 0, "unasked": 1, "different": 3}

# The commands import the indexer themselves, so that other commands start faster.


@click.command("index-chain")
@click.argument("name")
@click.option("--once", is_flag=True, help="Read up to the newest block, then exit.")
@click.option("--from-block", type=click.IntRange(min=0), help="The first block to read.")
@click.option("--to-block", type=click.IntRange(min=0), help="The last block to read.")
@click.option("--finality", help="When a block is final: finalized, safe, or after N blocks.")
@click.option(
    "--max-range", type=click.IntRange(1, 1_000_000), help="The maximum number of blocks at once."
)
@click.option("--skip", type=Blocks(), help="Skip a final block, or FROM-TO, then exit.")
@click.option("--rebuild", is_flag=True, help="Project the stored logs again, then exit.")
@with_appcontext
@one_line_errors
def index_chain(
    name: str,
    once: bool,
    from_block: int | None,
    to_block: int | None,
    finality: str | None,
    max_range: int | None,
    skip: tuple[int, int] | None,
    rebuild: bool,
) -> None:
    """Read the chain NAME and follow it. Continue where it stopped."""
    from kamiyo_api.indexer.chains import reader_of
    from kamiyo_api.indexer.failures import Stop
    from kamiyo_api.indexer.following import follow
    from kamiyo_api.indexer.journal import Journal
    from kamiyo_api.indexer.projecting import project_again, project_checked

    chain = require_chain(name, db).name
    try:
        if rebuild:
            click.echo(f"{chain}: projected {project_again(chain)} logs again")
            return
        if skip is not None:
            Journal(chain).give_up(*skip, "given up on by the operator")
            click.echo(
                f"{chain}: the blocks {skip[0]} to {skip[1]} are not read; that stays visible"
            )
            return
        reader = reader_of(chain, until=to_block, largest_range=max_range)
        with bar_of(chain, to_block) as report:
            follow(
                reader,
                once=once,
                until=to_block,
                report=report,
                project=project_checked,
                from_block=from_block,
                finality=finality,
            )
    except Stop as stop:
        raise click.ClickException(f"{chain}: {stop}") from stop
    click.echo(summary_of(chain, reader.cursor))


@click.command("index-chains")
@with_appcontext
@one_line_errors
def index_chains() -> None:
    """Read and follow all chains that have a URL. Set it as RPC_URL_NAME."""
    from kamiyo_api.indexer.chains import chains_with_urls
    from kamiyo_api.indexer.supervising import follow_all

    names = chains_with_urls()
    if names:
        click.echo(f"reading {', '.join(names)}")
    else:
        # An exit would stop the other processes of a Procfile.
        click.echo("no chain has a URL, so there is nothing to read; set RPC_URL_BASE", err=True)
    follow_all(cast(Any, current_app)._get_current_object(), names)


chains = AppGroup("chains", help="Add chains to the service.")


@chains.command("add")
@click.argument("name")
@click.argument("chain_id", type=click.IntRange(1, 2**63 - 1))
@click.option("--testnet", is_flag=True, help="A testnet, with the registries of testnets.")
@click.option("--identity-registry", type=Wallet(), help="If it is not the default one.")
@click.option("--reputation-registry", type=Wallet(), help="If it is not the default one.")
@click.option("--validation-registry", type=Wallet(), multiple=True, help="One or several.")
@click.option("--first-block", type=click.IntRange(min=0), help="Its first block to read.")
@with_appcontext
@one_line_errors
def add(
    name: str,
    chain_id: int,
    testnet: bool,
    identity_registry: str | None,
    reputation_registry: str | None,
    validation_registry: tuple[str, ...],
    first_block: int | None,
) -> None:
    """Add the chain NAME with its CHAIN_ID."""
    from kamiyo_api.indexer.adding import NewChain, NotAdded, add_chain
    from kamiyo_api.indexer.chains import setting_of

    registries = (identity_registry, reputation_registry, validation_registry)
    try:
        add_chain(NewChain(name, chain_id, testnet, *registries, first_block))
    except NotAdded as reason:
        raise click.ClickException(str(reason)) from reason
    click.echo(f"added {name}, eip155:{chain_id}; set {setting_of(name)} to read it")


@click.command("audit-chain")
@click.argument("name")
@click.option(
    "--sample",
    type=click.IntRange(1, 100_000),
    default=100,
    show_default=True,
    help="The number of agents to compare.",
)
@with_appcontext
@one_line_errors
def audit_chain(name: str, sample: int) -> None:
    """Compare the data of the chain NAME with its contracts.

    Exits with 0 if all answers are equal, 3 if one differs, 1 if the provider does not answer.
    """
    from kamiyo_api.indexer.audit import PATIENCE, audit, lines_of
    from kamiyo_api.indexer.chains import providers_of
    from kamiyo_api.indexer.failures import Stop

    chain = require_chain(name, db).name
    try:
        result = audit(chain, providers_of(chain, PATIENCE), sample)
    except Stop as stop:
        raise click.ClickException(f"{chain}: {stop}") from stop
    click.echo("\n".join(lines_of(chain, result)), err=result.outcome == "unasked")
    sys.exit(AUDIT_EXIT_CODES[result.outcome])


@contextmanager
def bar_of(chain: str, until: int | None) -> Iterator[Callable[[ChainReader], None]]:
    """Show a progress bar on a terminal, in blocks; yield the function that advances it."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=1, label=chain, file=sys.stderr, hidden=hidden) as bar:

        def report(reader: ChainReader) -> None:
            cursor, tip = reader.cursor, reader.tip
            if cursor is None:
                return
            end = cursor.head_block if tip is None else tip.head.number
            end = end if until is None else min(end, until)
            bar.length = max(end - cursor.from_block + 1, 1)
            bar.update(cursor.read_block - cursor.from_block + 1 - bar.pos)

        yield report


def summary_of(chain: str, cursor: Cursor | None) -> str:
    """Return the line about the progress of a chain."""
    if cursor is None:
        return f"{chain}: nothing was read"
    return (
        f"{chain}: read to block {cursor.read_block}, final to {cursor.final_block}, "
        f"checked to {cursor.checked_block}"
    )
