"""The `flask` commands: parse, call, echo."""

from __future__ import annotations

import datetime as dt
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, BinaryIO

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext

from kamiyo_api import db, errors, importing, keys, migrations, stats
from kamiyo_api.demo import load as demo

DURATION = re.compile(r"(\d{1,6})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
SCOPES = ("read", "write", "payments", "admin")
TIERS = ("free", "pro", "team", "enterprise")

api_keys = AppGroup("api-keys", help="Create, list, revoke and rotate API keys.")


class Duration(click.ParamType):
    """A whole number with a unit, such as 90d, 24h, 30m or 45s."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.timedelta:
        match = DURATION.fullmatch(str(value))
        if match is None:
            self.fail(f"{value!r} is not a duration such as 90d, 24h or 30m", param, ctx)
        return dt.timedelta(**{UNITS[match[2]]: int(match[1])})


class Wallet(click.ParamType):
    """An address, taken in any case, given on in lower case."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not re.fullmatch(r"0x[0-9a-fA-F]{40}", str(value)):
            self.fail(f"{value!r} is not an address (0x and 40 hex digits)", param, ctx)
        return str(value).lower()


def one_line_errors(command: Callable[..., None]) -> Callable[..., None]:
    """Let an error of ours end a command with one line on stderr and exit code 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except errors.ApiError as error:
            raise click.ClickException(explained(error)) from error
        except db.ConnectionLost as error:
            broke = "the connection to the database broke; nothing was kept, try again"
            raise click.ClickException(broke) from error

    return run


def explained(error: errors.ApiError) -> str:
    """What an error means to who types commands."""
    if isinstance(error, errors.DatabaseUnavailable):
        cause = " ".join(str(error.__cause__).split())
        return f"the database does not answer ({cause}); check DATABASE_URL"
    return error.detail


@click.command("migrate")
@with_appcontext
@one_line_errors
def migrate() -> None:
    """Bring the database to the newest version."""
    applied = migrations.migrate()
    for name in applied:
        click.echo(f"applied {name}")
    if not applied:
        click.echo("the database is up to date")


@click.command("refresh-stats")
@click.option("--every", type=click.IntRange(min=1), help="Go on, once in so many seconds.")
@with_appcontext
@one_line_errors
def refresh_stats(every: int | None) -> None:
    """Refresh the statistics and say how long each view took."""
    if every is None:
        click.echo(refreshed())
        return
    while True:
        began = time.monotonic()
        try:
            click.echo(refreshed())
        except errors.ApiError as error:
            click.echo(f"refresh failed, will try again: {explained(error)}", err=True)
        time.sleep(max(0.0, every - (time.monotonic() - began)))


def refreshed() -> str:
    """Refresh once; the line that says so."""
    done = stats.refresh()
    if done is None:
        return "another refresh is running; nothing was done"
    seconds = (done["refreshed_at"] - done["as_of"]).total_seconds()
    return (
        f"refreshed in {seconds:.2f} s: "
        f"mv_erc8004_agent_reputation {done['reputation_seconds']:.2f} s, "
        f"mv_erc8004_agent_payment_stats {done['payment_seconds']:.2f} s, "
        f"search {done['search_seconds']:.2f} s"
    )


@click.command("import-agents")
@click.argument("file")
@click.option("--rejects", metavar="FILE", help="Keep the refused lines here, with the reasons.")
@with_appcontext
@one_line_errors
def import_agents(file: str, rejects: str | None) -> None:
    """Import the agents of FILE: JSON Lines, plain or gzip, or - for stdin."""
    if rejects and os.path.exists(rejects) and os.path.realpath(rejects) == os.path.realpath(file):
        raise click.UsageError("--rejects would overwrite the file that is imported")
    size = os.path.getsize(file) if os.path.isfile(file) else 0
    with (
        opened(file, "rb") as source,
        opened(rejects or os.devnull, "wb") as kept,
        progress("importing", size) as advance,
    ):
        try:
            done = importing.import_agents(source, refusals_to(kept), advance)
        except importing.ImportFailed as failure:
            raise click.ClickException(f"{file} {failure}") from failure
    click.echo(
        f"read {done.read} lines: {done.inserted} inserted, {done.updated} updated, "
        f"{done.unchanged} unchanged, {done.rejected} rejected, in {done.seconds:.2f} s"
    )


@contextmanager
def opened(path: str, mode: str) -> Iterator[BinaryIO]:
    """A file, or stdin or stdout for -; one line where it cannot be opened."""
    if path == "-":
        yield (sys.stdin if mode == "rb" else sys.stdout).buffer
        return
    try:
        file = open(path, mode)  # noqa: SIM115
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from error
    with file:
        yield file


def refusals_to(kept: BinaryIO) -> Callable[[importing.Refused], None]:
    """Say which line was refused and why, and keep it."""

    def refuse(refused: importing.Refused) -> None:
        click.echo(f"line {refused.number} refused: {refused.reason}", err=True)
        kept.write(refused.as_json())

    return refuse


@contextmanager
def progress(label: str, length: int) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal, nothing elsewhere."""
    hidden = not (length and sys.stderr.isatty())
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield bar.update


@click.command("demo-data")
@click.option("--agents", type=click.IntRange(min=1), default=2000, show_default=True)
@click.option("--feedback", type=click.IntRange(min=0), default=20000, show_default=True)
@click.option("--payments", type=click.IntRange(min=0), default=5000, show_default=True)
@click.option("--seed", type=click.IntRange(min=0), default=8004, show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing where there are agents already.")
@with_appcontext
@one_line_errors
def demo_data(agents: int, feedback: int, payments: int, seed: int, if_empty: bool) -> None:
    """Load made-up agents, feedback and payments; the same for the same seed."""
    if if_empty and not demo.is_empty():
        click.echo("there are agents already; no demo data was loaded")
        return
    began = time.monotonic()
    size = demo.Size(agents, feedback, payments, seed)
    with progress("loading", agents + feedback + payments) as advance:
        try:
            demo.load(size, advance)
        except demo.AlreadyLoaded as error:
            raise click.ClickException(str(error)) from error
    click.echo(
        f"loaded {agents} agents, {feedback} feedback and {payments} payments "
        f"in {time.monotonic() - began:.1f} s; flask refresh-stats counts them"
    )


@api_keys.command("create")
@click.option("--name", required=True, help="Whose key it is; up to 100 characters.")
@click.option("--tier", type=click.Choice(TIERS), default="free", show_default=True)
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True)
@click.option("--wallet", type=Wallet(), help="The address that a write key acts for.")
@click.option("--expires", type=Duration(), help="When the key ends, such as 90d.")
@click.option("--secret-only", is_flag=True, help="Print nothing but the secret.")
@with_appcontext
@one_line_errors
def create_key(
    name: str,
    tier: str,
    scopes: tuple[str, ...],
    wallet: str | None,
    expires: dt.timedelta | None,
    secret_only: bool,
) -> None:
    """Create a key and print its secret, once."""
    if "write" in scopes and "admin" not in scopes and wallet is None:
        raise click.UsageError("a write key acts for one address; name it with --wallet 0x…")
    if not 1 <= len(name) <= 100:
        raise click.UsageError("--name takes 1 to 100 characters")
    secret = keys.create(name, tier, scopes, wallet, expires)
    click.echo(secret)
    if not secret_only:
        click.echo("Keep it: it is stored only as a hash and cannot be shown again.", err=True)


@api_keys.command("list")
@with_appcontext
@one_line_errors
def list_keys() -> None:
    """List all keys, newest first."""
    for key in keys.list_all():
        expires = key["expires_at"].isoformat(timespec="seconds") if key["expires_at"] else "never"
        click.echo(
            f"{key['key_prefix']}  {key['status']:<8} {key['tier']:<10} "
            f"{','.join(key['scopes']):<26} {key['wallet_address'] or '-':<42} "
            f"expires {expires}  {key['name']}"
        )


@api_keys.command("revoke")
@click.argument("key_prefix")
@with_appcontext
@one_line_errors
def revoke_key(key_prefix: str) -> None:
    """Revoke the key that begins with KEY_PREFIX, as the list shows it."""
    if not keys.revoke(key_prefix):
        raise click.ClickException(f"no active key has the prefix {key_prefix}; see the list")
    click.echo(f"revoked {key_prefix}")


@api_keys.command("rotate")
@click.argument("key_prefix")
@click.option("--grace", type=Duration(), default="24h", show_default=True)
@with_appcontext
@one_line_errors
def rotate_key(key_prefix: str, grace: dt.timedelta) -> None:
    """Replace the key that begins with KEY_PREFIX; the old one lives on for the grace."""
    secret = keys.rotate(key_prefix, grace)
    if secret is None:
        raise click.ClickException(f"no active key has the prefix {key_prefix}; see the list")
    click.echo(secret)
    click.echo(f"{key_prefix} works for another {grace}; then only the new key does.", err=True)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (migrate, refresh_stats, import_agents, demo_data, api_keys):
        app.cli.add_command(command)
