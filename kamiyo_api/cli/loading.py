"""The commands that import files and load demo data."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click
from flask.cli import with_appcontext

from kamiyo_api.cli.arguments import open_file
from kamiyo_api.cli.failures import one_line_errors
from kamiyo_api.demo import load as demo
from kamiyo_api.demo.population import Size
from kamiyo_api.importer.agents import AGENTS
from kamiyo_api.importer.feedback import FEEDBACK
from kamiyo_api.importer.files import ImportFailed, RejectedLine
from kamiyo_api.importer.metadata import METADATA
from kamiyo_api.importer.payments import PAYMENTS
from kamiyo_api.importer.staging import Kind, import_lines
from kamiyo_api.importer.validations import VALIDATIONS

KINDS = {
    "agents": AGENTS,
    "feedback": FEEDBACK,
    "payments": PAYMENTS,
    "validations": VALIDATIONS,
    "metadata": METADATA,
}


def import_command(things: str, kind: Kind) -> click.Command:
    """Return the command that imports a kind of lines, such as `flask import-agents`."""

    @click.command(
        f"import-{things}",
        help=f"Import {things} from JSON Lines. FILE is plain or gzip, or - for standard input.",
    )
    @click.argument("file")
    @click.option(
        "--rejects", metavar="FILE", help="Save the rejected lines here, with the reasons."
    )
    @with_appcontext
    @one_line_errors
    def command(file: str, rejects: str | None) -> None:
        import_one(kind, file, rejects)

    return command


def import_one(kind: Kind, file: str, rejects: str | None) -> None:
    """Import a file, show the rejected lines, and print the summary."""
    if rejects and os.path.exists(rejects) and os.path.realpath(rejects) == os.path.realpath(file):
        raise click.UsageError("--rejects would overwrite the file that is imported")
    size = os.path.getsize(file) if os.path.isfile(file) else 0
    with (
        open_file(file, "rb") as source,
        open_file(rejects or os.devnull, "wb") as rejects_file,
        progress("importing", size) as advance,
    ):
        try:
            done = import_lines(kind, source, report_to(rejects_file), advance)
        except ImportFailed as failure:
            raise click.ClickException(f"{file} {failure}") from failure
    click.echo(
        f"read {done.read} lines: {done.inserted} inserted, {done.updated} updated, "
        f"{done.unchanged} unchanged, {done.older} older, {done.rejected} rejected, "
        f"in {done.seconds:.2f} s"
    )


import_commands = [import_command(things, kind) for things, kind in KINDS.items()]


def report_to(rejects_file: BinaryIO) -> Callable[[RejectedLine], None]:
    """Return a function that shows a rejected line with the reason, and saves it."""

    def report(line: RejectedLine) -> None:
        click.echo(f"line {line.number} refused: {line.reason}", err=True)
        rejects_file.write(line.as_json())

    return report


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal, nothing elsewhere; yield the function that advances it."""
    hidden = not (length and sys.stderr.isatty())
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update


@click.command("demo-data")
@click.option("--agents", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--feedback", type=click.IntRange(min=0), default=20000, show_default=True)
@click.option("--payments", type=click.IntRange(min=0), default=5000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=8004, show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing if there are agents already.")
@with_appcontext
@one_line_errors
def demo_data(agents: int, feedback: int, payments: int, seed: int, if_empty: bool) -> None:
    """Load demo data of the last months. The same seed gives the same data on the same day."""
    if if_empty and not demo.is_empty():
        click.echo("there are agents already; no demo data was loaded")
        return
    began = time.monotonic()
    size = Size(agents, feedback, payments, seed)
    with progress("loading", agents + feedback + payments) as advance:
        try:
            demo.load(size, advance)
        except demo.AlreadyLoaded as error:
            raise click.ClickException(str(error)) from error
    click.echo(
        f"loaded {agents} agents, {feedback} feedback and {payments} payments "
        f"in {time.monotonic() - began:.1f} s; flask refresh-stats counts them"
    )
