"""The commands that create, list, revoke and rotate API keys."""

from __future__ import annotations

import datetime as dt

import click
from flask.cli import AppGroup, with_appcontext

from kamiyo_api.access import keys
from kamiyo_api.cli.arguments import Duration, Wallet
from kamiyo_api.cli.failures import one_line_errors

SCOPES = ("read", "write", "payments", "admin")
TIERS = ("free", "pro", "team", "enterprise")

ROW = "{:<15}  {:<8} {:<10} {:<26} {:<42} {:<33}  {}"
HEADER = ROW.format("PREFIX", "STATUS", "TIER", "SCOPES", "WALLET", "EXPIRES", "NAME")

api_keys = AppGroup("api-keys", help="Create, list, revoke and rotate API keys.")


@api_keys.command("create")
@click.option("--name", required=True, help="The name of its user; up to 100 characters.")
@click.option("--tier", type=click.Choice(TIERS), default="free", show_default=True)
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True)
@click.option("--wallet", type=Wallet(), help="The address that a write key acts for.")
@click.option("--expires", type=Duration(), help="When the key expires, such as 90d.")
@click.option("--secret-only", is_flag=True, help="Print only the secret.")
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
    click.echo(HEADER)
    for key in keys.list_all():
        expires = key["expires_at"].isoformat(timespec="seconds") if key["expires_at"] else "never"
        scopes, wallet = ",".join(key["scopes"]), key["wallet_address"] or "-"
        row = (key["key_prefix"], key["status"], key["tier"], scopes, wallet)
        click.echo(ROW.format(*row, f"expires {expires}", key["name"]))


def prefix_of(key: str) -> str:
    """Return the prefix of the one key with a prefix or a name. Raises ClickException."""
    found = keys.find(key)
    if not found:
        raise click.ClickException(
            f"no active key has the prefix {key} or this name; see `flask api-keys list`"
        )
    if len(found) > 1:
        raise click.ClickException(
            f"{len(found)} keys are named {key}: {', '.join(found)}; give the prefix of one"
        )
    return found[0]


@api_keys.command("revoke")
@click.argument("key")
@click.option("--only", is_flag=True, help="Do not revoke the keys that it replaced.")
@with_appcontext
@one_line_errors
def revoke_key(key: str, only: bool) -> None:
    """Revoke a key, and the keys that it replaced by rotation. KEY is its prefix or its name."""
    key_prefix = prefix_of(key)
    revoked = keys.revoke(key_prefix, with_predecessors=not only)
    if not revoked:
        raise click.ClickException(f"no active key has the prefix {key_prefix}; see the list")
    for prefix in revoked:
        click.echo(f"revoked {prefix}")
    for prefix in keys.successors(key_prefix):
        click.echo(f"{prefix}, which replaced it, still works.", err=True)


@api_keys.command("rotate")
@click.argument("key")
@click.option("--grace", type=Duration(), default="24h", show_default=True)
@with_appcontext
@one_line_errors
def rotate_key(key: str, grace: dt.timedelta) -> None:
    """Replace a key; the old one stays valid for the grace period. KEY is its prefix or its name.

    A replaced key can be replaced again during its grace period: each new key expires when the
    first one would have.
    """
    key_prefix = prefix_of(key)
    secret = keys.rotate(key_prefix, grace)
    if secret is None:
        raise click.ClickException(f"no active key has the prefix {key_prefix}; see the list")
    click.echo(secret)
    click.echo(f"{key_prefix} works for another {grace}; then only the new key does.", err=True)
    for prefix in keys.successors(key_prefix)[1:]:
        click.echo(f"{prefix}, from an earlier rotation, works, too.", err=True)
