"""Create, rotate and revoke API keys. A secret is shown once and never stored."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from kamiyo_api import db
from kamiyo_api.access.authentication import hash_of

PREFIX_LENGTH = len("kamiyo_") + 8


def new_secret() -> str:
    """Return a new secret of 256 random bits."""
    return "kamiyo_" + secrets.token_urlsafe(32)


def create(
    name: str,
    tier: str,
    scopes: Sequence[str],
    wallet_address: str | None,
    lifetime: dt.timedelta | None,
) -> str:
    """Store a new key and return its secret. With a lifetime of None, the key never expires."""
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
    """Store a new key with the rights of an old one, which stays valid for the grace period.

    The new key expires when the operator said that the old one would, regardless of the grace
    period of an earlier rotation. Return the new secret, or None if no active key has this prefix.
    """
    secret = new_secret()
    # Without a time limit: the old key changes after the writes in progress with it have ended.
    with db.transaction(limited=False) as tx:
        # Lock the old key first: a key that is being revoked gets no successor.
        tx.row("keys.get_for_update", key_prefix=key_prefix[:PREFIX_LENGTH])
        inserted = tx.execute(
            "keys.insert_rotated",
            key=hash_of(secret),
            key_prefix=secret[:PREFIX_LENGTH],
            old_key_prefix=key_prefix[:PREFIX_LENGTH],
        )
        tx.execute("keys.update_rotated", key_prefix=key_prefix[:PREFIX_LENGTH], grace=grace)
    return secret if inserted else None


def revoke(key_prefix: str, *, with_predecessors: bool = True) -> list[str]:
    """Revoke a key, and the keys that it replaced by rotation.

    Return the prefixes of those that were active, newest first. After that, no write with any of
    them can succeed.
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
    """Return the prefixes of the active keys that replaced a key, newest first."""
    rows = db.rows("keys.list_successors", key_prefix=key_prefix[:PREFIX_LENGTH])
    return [row["key_prefix"] for row in rows]


def find(prefix_or_name: str) -> list[str]:
    """Return the prefix of the key that begins so, else those of the active keys of this name: the
    newest of each key that was replaced by rotation."""
    found = list_all()
    prefix = prefix_or_name[:PREFIX_LENGTH]
    if any(key["key_prefix"] == prefix for key in found):
        return [prefix]
    newest: dict[Any, str] = {}
    for key in found:
        if key["name"] == prefix_or_name and key["status"] == "active":
            newest.setdefault(key["family_id"], key["key_prefix"])
    # The list is limited; a prefix is looked up by itself.
    is_prefix = not newest and prefix.startswith("kamiyo_") and len(prefix) == PREFIX_LENGTH
    return [prefix] if is_prefix else list(newest.values())


def list_all() -> list[db.Row]:
    """Return all keys, newest first, without their hashes."""
    return db.rows("keys.list")
