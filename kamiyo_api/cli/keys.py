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

api_keys = AppGroup("api-keys", help="Create, list, revoke and rotate API keys.")


@api_keys.command("create")
@click.option("--name", required=True, help="Whose key it is; up to 100 characters.")
@click.option("--tier", type=click.Choice(TIERS), default="free", show_default=True)
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True)
@click.option("--wallet", type=Wallet(), help="The address that a write key acts for.")
@click.option("--expires", type=Duration(), help="When the key expires, such as 90d.")
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
@click.option("--only", is_flag=True, help="Do not revoke the keys that it replaced.")
@with_appcontext
@one_line_errors
def revoke_key(key_prefix: str, only: bool) -> None:
    """Revoke the key that begins with KEY_PREFIX, and the keys that it replaced by rotation."""
    revoked = keys.revoke(key_prefix, with_predecessors=not only)
    if not revoked:
        raise click.ClickException(f"no active key has the prefix {key_prefix}; see the list")
    for prefix in revoked:
        click.echo(f"revoked {prefix}")
    for prefix in keys.successors(key_prefix):
        click.echo(f"{prefix}, which replaced it, still works.", err=True)


@api_keys.command("rotate")
@click.argument("key_prefix")
@click.option("--grace", type=Duration(), default="24h", show_default=True)
@with_appcontext
@one_line_errors
def rotate_key(key_prefix: str, grace: dt.timedelta) -> None:
    """Replace the key that begins with KEY_PREFIX; the old one stays valid for the grace period.

    A replaced key can be replaced again during its grace period: each new key expires when the
    first one would have.
    """
    secret = keys.rotate(key_prefix, grace)
    if secret is None:
        raise click.ClickException(f"no active key has the prefix {key_prefix}; see the list")
    click.echo(secret)
    click.echo(f"{key_prefix} works for another {grace}; then only the new key does.", err=True)
    for prefix in keys.successors(key_prefix)[1:]:
        click.echo(f"{prefix}, from an earlier rotation, works, too.", err=True)
