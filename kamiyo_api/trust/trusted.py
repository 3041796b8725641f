"""The reviewers the operator trusts; the next refresh counts them."""

from __future__ import annotations

from collections.abc import Iterable

from kamiyo_api import db

LONGEST_NOTE = 1_000
MOST_IMPORTED = 100_000


def trust(reviewers: Iterable[tuple[str, str | None]]) -> tuple[int, int]:
    """Trust reviewers, given by address and note; return the numbers of new and of all given
    ones."""
    given = list(reviewers)
    with db.transaction(limited=False) as tx:
        done = tx.rows(
            "reviewers.upsert_trusted",
            addresses=[address for address, _ in given],
            notes=[note for _, note in given],
        )[0]
    return done["added"], done["given"]


def distrust(address: str) -> bool:
    """Stop trusting a reviewer; return whether it was trusted."""
    with db.transaction() as tx:
        return tx.row("reviewers.delete_trusted", address=address) is not None


def all_trusted() -> list[db.Row]:
    """Return the reviewers the operator trusts, newest first."""
    return db.rows("reviewers.list_trusted")


def suggested() -> list[db.Row]:
    """Return the wallets of keys in paid tiers that are not trusted. The operator decides about
    them, since no rule can detect a trusted reviewer who was bought."""
    return db.rows("reviewers.list_suggested")
