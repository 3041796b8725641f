"""Making, rotating and revoking API keys; the secret is seen once and never stored."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from operator import itemgetter

from kamiyo_api import db
from kamiyo_api.access.authentication import hash_of

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

    The new key ends when the operator said that the old one would, whatever the grace of an
    earlier rotation. Returns the new secret, or None where no active key has this prefix.
    """
    secret = new_secret()
    # Without a time limit: the old key changes once the writes under way with it are over.
    with db.transaction(limited=False) as tx:
        # Locked first: a key that is being revoked gets no successor.
        tx.row("keys.get_for_update", key_prefix=key_prefix[:PREFIX_LENGTH])
        made = tx.execute(
            "keys.insert_rotated",
            key=hash_of(secret),
            key_prefix=secret[:PREFIX_LENGTH],
            old_key_prefix=key_prefix[:PREFIX_LENGTH],
        )
        tx.execute("keys.update_rotated", key_prefix=key_prefix[:PREFIX_LENGTH], grace=grace)
    return secret if made else None


def revoke(key_prefix: str, *, with_predecessors: bool = True) -> list[str]:
    """Revoke a key, and the keys that it replaced by rotation.

    Returns the prefixes of those that were active, newest first. Once this returns, nothing
    more is written with them.
    """
    with db.transaction(limited=False) as tx:
        revoked = tx.rows(
            "keys.update_revoked",
            key_prefix=key_prefix[:PREFIX_LENGTH],
            with_predecessors=with_predecessors,
        )
    newest_first = sorted(revoked, key=itemgetter("created_at"), reverse=True)
    return [row["key_prefix"] for row in newest_first]


def successors(key_prefix: str) -> list[str]:
    """The prefixes of the keys that replaced a key and work, newest first."""
    rows = db.rows("keys.list_successors", key_prefix=key_prefix[:PREFIX_LENGTH])
    return [row["key_prefix"] for row in rows]


def list_all() -> list[db.Row]:
    """All keys, newest first, without their hashes."""
    return db.rows("keys.list")
