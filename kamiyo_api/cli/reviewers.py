"""The commands that list, add and remove the reviewers the operator trusts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

import click
from flask.cli import AppGroup, with_appcontext

from kamiyo_api.cli.arguments import Wallet, open_file
from kamiyo_api.cli.failures import one_line_errors
from kamiyo_api.trust import trusted

LONGEST_LINE = 2_000
LINE = re.compile(r"(0x[0-9a-fA-F]{40})(?:[\s,;]+(.*))?")
ROW = "{:<42}  {:<10}  {:>7}  {:<8}  {}"
HEADER = ROW.format("ADDRESS", "ADDED", "AGENTS", "COUNTED", "NOTE")

trusted_reviewers = AppGroup(
    "trusted-reviewers", help="Manage the reviewers who always count in full."
)


def checked_note(
    context: click.Context, parameter: click.Parameter, note: str | None
) -> str | None:
    """Return a valid note. Raises BadParameter."""
    if note is not None and (len(note.encode()) > trusted.LONGEST_NOTE or "\0" in note):
        raise click.BadParameter(f"give at most {trusted.LONGEST_NOTE} bytes")
    return note


@trusted_reviewers.command("add")
@click.argument("address", type=Wallet())
@click.option("--note", callback=checked_note, help="Why; up to 1,000 bytes.")
@with_appcontext
@one_line_errors
def add_reviewer(address: str, note: str | None) -> None:
    """Trust the reviewer ADDRESS; the next refresh counts it."""
    added, _ = trusted.trust([(address, note)])
    click.echo(f"{'added' if added else 'was trusted already:'} {address}")


@trusted_reviewers.command("remove")
@click.argument("address", type=Wallet())
@with_appcontext
@one_line_errors
def remove_reviewer(address: str) -> None:
    """Stop trusting the reviewer ADDRESS. The next refresh counts it like any other."""
    if not trusted.distrust(address):
        raise click.ClickException(f"{address} is not trusted; see `flask trusted-reviewers list`")
    click.echo(f"removed {address}")


@trusted_reviewers.command("list")
@with_appcontext
@one_line_errors
def list_reviewers() -> None:
    """List the trusted reviewers, newest first."""
    click.echo(HEADER)
    for each in trusted.all_trusted():
        counted = "yes" if each["is_counted"] else "no"
        added = f"{each['added_at']:%Y-%m-%d}"
        row = (each["client_address"], added, each["agents"], counted, each["note"] or "")
        click.echo(ROW.format(*row).rstrip())


@trusted_reviewers.command("import")
@click.argument("path", metavar="FILE")
@with_appcontext
@one_line_errors
def import_reviewers(path: str) -> None:
    """Trust the reviewers in FILE, or - for standard input. A line is an address, then a note.

    Empty lines and those that begin with # are skipped. If one line is invalid, none is added.
    """
    with open_file(path, "rb") as file:
        given = list(reviewers_in(file))
    added, total = trusted.trust(given)
    click.echo(f"added {added} of {total}")


def reviewers_in(file: BinaryIO) -> Iterator[tuple[str, str | None]]:
    """Yield the addresses in a file with their notes. Raises ClickException."""
    for number, line in enumerate(iter(lambda: file.readline(LONGEST_LINE + 1), b""), 1):
        text = line.decode(errors="replace").strip()
        if not text or text.startswith("#"):
            continue
        found = LINE.fullmatch(text)
        note = found and found[2] and found[2].strip()
        too_long = len(line) > LONGEST_LINE or len((note or "").encode()) > trusted.LONGEST_NOTE
        if found is None or too_long or "\0" in text or number > trusted.MOST_IMPORTED:
            raise click.ClickException(
                f"line {number}: give an address, then a note of at most "
                f"{trusted.LONGEST_NOTE} bytes; nothing was kept"
            )
        yield found[1].lower(), note or None


@trusted_reviewers.command("suggest")
@with_appcontext
@one_line_errors
def suggest_reviewers() -> None:
    """Suggest wallets of keys in paid tiers. Look at the ratings of each before you add it."""
    for each in trusted.suggested():
        click.echo(f"{each['client_address']}  {each['agents']:>7} agents  {each['names']}")
