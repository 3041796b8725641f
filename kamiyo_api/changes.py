"""What a transaction changes of what the cache keeps."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from kamiyo_api import db
from kamiyo_api.cache import SEARCH_VERSION, ERC8004Cache, agent_keys
from kamiyo_api.cache_backend import LEASE_SECONDS
from kamiyo_api.cache_state import backend, state
from kamiyo_api.redis_client import RedisAway


class Change:
    """What a transaction changes of what is kept: keys, and versions of what keys hold.

    Held before the commit, so that a process killed between commit and drop leaves nothing
    old behind; dropped after, and never only before: a reader between the two would cache
    the old row again.
    """

    def __init__(self, keys: Sequence[str], versions: Sequence[str]) -> None:
        self._keys, self._versions = keys, versions
        self._held_under: str | None = None

    def announce(self) -> None:
        """Forget it, and keep nothing new of it until the commit is over."""
        prefix = state().known.prefix
        if not prefix:
            return
        with suppress(RedisAway):
            backend().hold(prefix, self._keys, self._versions, LEASE_SECONDS)
            self._held_under = prefix

    def settle(self) -> None:
        """Let it be kept anew; once Redis is back, where it went away meanwhile, as the hold may
        have run out by then."""
        state().drop(self._keys, self._versions, self._held_under)


def agent(tx: db.Transaction, agent_uuid: str, *, search: bool = False) -> None:
    """Say that a transaction changes what is cached of an agent, and what searches find."""
    tx.changes.append(Change(agent_keys(agent_uuid), [SEARCH_VERSION] if search else []))


def everything(tx: db.Transaction) -> None:
    """Say that a transaction changes more than can be named: a bulk load."""
    tx.after_commit.append(ERC8004Cache().forget_all)
