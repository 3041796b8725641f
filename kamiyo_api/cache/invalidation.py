"""What a transaction makes untrue of what the cache holds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from kamiyo_api import db
from kamiyo_api.cache.answers import ERC8004Cache
from kamiyo_api.cache.backend import LEASE_SECONDS
from kamiyo_api.cache.prefetch import SEARCH_VERSION, agent_keys
from kamiyo_api.context import services
from kamiyo_api.redis.client import RedisUnavailable


class Change:
    """What a transaction changes of what is cached: keys, and versions of what keys hold.

    Held before the commit, so that a process killed between commit and drop leaves nothing
    old behind; dropped after, and never only before: a reader between the two would cache
    the old row again.
    """

    def __init__(self, keys: Sequence[str], versions: Sequence[str]) -> None:
        self._keys, self._versions = keys, versions
        self._held_under: str | None = None

    def before_commit(self) -> None:
        """Forget it, and cache nothing new of it until the commit is over."""
        own = services()
        prefix = own.cache_state.known.prefix
        if not prefix:
            return
        with suppress(RedisUnavailable):
            own.cache.hold(prefix, self._keys, self._versions, LEASE_SECONDS)
            self._held_under = prefix

    def after_commit(self) -> None:
        """Let it be cached anew; once Redis is back, if it went away meanwhile, as the hold may
        have run out by then."""
        services().cache_state.drop(self._keys, self._versions, self._held_under)


def invalidate_agent(tx: db.Transaction, agent_uuid: str, *, search: bool = False) -> None:
    """Invalidate what is cached of an agent, and of searches, around the commit."""
    tx.changes.append(Change(agent_keys(agent_uuid), [SEARCH_VERSION] if search else []))


def invalidate_all(tx: db.Transaction) -> None:
    """Invalidate everything after the commit: a bulk load changes more than can be named."""
    tx.after_commit.append(ERC8004Cache().forget_all)
