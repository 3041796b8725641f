"""Invalidate cached answers around the commit of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from kamiyo_api import db
from kamiyo_api.cache.answers import ERC8004Cache
from kamiyo_api.cache.backend import LEASE_SECONDS
from kamiyo_api.cache.prefetch import SEARCH_VERSION, agent_keys
from kamiyo_api.context import services
from kamiyo_api.redis.client import RedisUnavailable


class Invalidation:
    """The keys and versions that a transaction invalidates.

    They are held before the commit, so that a process that is killed after the commit leaves no
    stale answer behind, and invalidated after it, because a reader in between would cache the
    old row again.
    """

    def __init__(self, keys: Sequence[str], versions: Sequence[str]) -> None:
        self._keys, self._versions = keys, versions
        self._held_under: str | None = None

    def before_commit(self) -> None:
        """Delete the cached answers, and let none be cached until the commit is over."""
        current = services()
        prefix = current.cache_state.database.prefix
        if not prefix:
            return
        with suppress(RedisUnavailable):
            current.cache.hold(prefix, self._keys, self._versions, LEASE_SECONDS)
            self._held_under = prefix

    def after_commit(self) -> None:
        """Invalidate the answers, and allow new ones to be cached. If Redis is unavailable,
        do so once it is back, because the hold may have expired by then."""
        services().cache_state.invalidate(self._keys, self._versions, self._held_under)


def invalidate_agent(tx: db.Transaction, agent_uuid: str, *, search: bool = False) -> None:
    """Invalidate the cached answers about an agent, and those of searches if `search` is true,
    around the commit."""
    tx.commit_hooks.append(Invalidation(agent_keys(agent_uuid), [SEARCH_VERSION] if search else []))


def invalidate_all(tx: db.Transaction) -> None:
    """Invalidate every cached answer after the commit, for bulk loads."""
    tx.after_commit.append(ERC8004Cache().invalidate_all)


def know_database() -> None:
    """Learn which database this process changes, whose cached answers a transaction is to
    invalidate. Requests do so; whatever else invalidates must do so before the transaction."""
    services().cache_state.current_database()
