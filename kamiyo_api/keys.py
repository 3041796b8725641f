"""Making, rotating and revoking API keys; the secret is seen once and never stored."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence

from kamiyo_api import db
from kamiyo_api.auth import hash_of

PREFIX_LENGTH = len("kamiyo_") + 8


def new_secret() -> str:
    """A secret of 256 random bits."""
    return "kamiyo_" + secrets.token_urlsafe(32)


def create(
    name: str,
    tier: str,
    scopes: Sequence[str],
    wallet_address: str | None,
    lifetime: dt.timedelta | None,
) -> str:
    """Store a new key and return its secret; a lifetime of None never ends."""
    secret = new_secret()
    with db.transaction() as tx:
        tx.execute(
            "keys.insert",
            key=hash_of(secret),
            key_prefix=secret[:PREFIX_LENGTH],
            name=name,
            tier=tier,
            scopes=sorted(set(scopes)),
            wallet_address=wallet_address,
            lifetime=lifetime,
        )
    return secret


def rotate(key_prefix: str, grace: dt.timedelta) -> str | None:
    """Make a new key with the rights of an old one, which lives on for the grace.

    Returns the new secret, or None where no active key has this prefix.
    """
    secret = new_secret()
    with db.transaction() as tx:
        made = tx.execute(
            "keys.insert_rotated",
            key=hash_of(secret),
            key_prefix=secret[:PREFIX_LENGTH],
            old_key_prefix=key_prefix[:PREFIX_LENGTH],
        )
        tx.execute("keys.update_expiry", key_prefix=key_prefix[:PREFIX_LENGTH], grace=grace)
    return secret if made else None


def revoke(key_prefix: str) -> bool:
    """Revoke a key; False where no active key has this prefix."""
    with db.transaction() as tx:
        return tx.execute("keys.update_revoked", key_prefix=key_prefix[:PREFIX_LENGTH]) == 1


def list_all() -> list[db.Row]:
    """All keys, newest first, without their hashes."""
    return db.rows("keys.list")
