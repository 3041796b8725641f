"""The reviewers the operator trusts; the next refresh counts them."""

from __future__ import annotations

from collections.abc import Iterable

from kamiyo_api import db

LONGEST_NOTE = 1_000
MOST_IMPORTED = 100_000


def trust(reviewers: Iterable[tuple[str, str | None]]) -> tuple[int, int]:
    """Trust reviewers, given by address and note; return how many are new, and how many there
    were."""
    given = list(reviewers)
    with db.transaction(limited=False) as tx:
        done = tx.rows(
            "reviewers.upsert_trusted",
            addresses=[address for address, _ in given],
            notes=[note for _, note in given],
        )[0]
    return done["added"], done["given"]


def distrust(address: str) -> bool:
    """Trust a reviewer no more; return whether it was trusted."""
    with db.transaction() as tx:
        return tx.row("reviewers.delete_trusted", address=address) is not None


def all_trusted() -> list[db.Row]:
    """Return the reviewers the operator trusts, those added last first."""
    return db.rows("reviewers.list_trusted")


def suggested() -> list[db.Row]:
    """Return the wallets of keys in paid tiers that are not trusted: who pays may be worth a look,
    but a bought trusted reviewer is what no rule can see, so the operator decides."""
    return db.rows("reviewers.list_suggested")
