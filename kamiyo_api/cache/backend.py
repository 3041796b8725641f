"""A Flask-Caching backend on Redis with leases: one reader computes an answer that is not cached,
and the answer is cached only if no write has changed it meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, NamedTuple

from flask import Flask
from flask_caching.backends.rediscache import RedisCache
from redis.exceptions import NoScriptError

from kamiyo_api.redis.client import NoRedis, RedisClient, Script
from kamiyo_api.redis.scripts import load

CLEAR_BATCH = 1000
# Redis answers nobody else while it deletes and holds so many keys: about 1 ms.
KEYS_AT_ONCE = 200
MARKER_SECONDS = 86400
LEASE_SECONDS = 10
LEASE_MS = b"%d" % (LEASE_SECONDS * 1000)
PREFIX = "erc8004:"
GENERATION, REFRESH = "generation", "refresh"
# Cached instead of an answer that is too large, so that no reader waits for another to compute it.
LARGE = b"large"

FIND = load("find", "lookup")
PUT = load("put")
HOLD = load("holders", "hold")
INVALIDATE = load("holders", "invalidate")
RELEASE = load("release")
ADVANCE = load("advance")


class LookupState(StrEnum):
    """The states of a lookup, also the label `result` of erc8004_cache_requests."""

    HIT = "hit"
    """The value is the answer."""
    LEASED = "leased"
    """Compute the answer, then cache it with the stamp."""
    BUSY = "busy"
    """Another reader, whose token is the value, computes the answer."""
    HELD = "held"
    """A write is in progress: compute the answer, and do not cache it."""
    LARGE = "large"
    """The answer is too large to be cached: compute it."""
    UNAVAILABLE = "away"
    """Redis is unavailable: compute the answer."""


STATES = {state.encode(): state for state in LookupState}


class LookupResult(NamedTuple):
    """The result of a lookup in the cache."""

    value: bytes
    state: LookupState
    stamp: bytes


class DatabaseVersion(NamedTuple):
    """A database: the prefix of its names in Redis and the number of its newest refresh, both empty
    until the database was reached, before which nothing is cached; and the names under which Redis
    stores its refresh and its generation."""

    prefix: str
    refresh: str
    names: tuple[str, ...] = ()


def database_version(identity: str, refresh: str) -> DatabaseVersion:
    """Return the version of the database with this identity and newest refresh."""
    prefix = f"{PREFIX}{identity}:"
    return DatabaseVersion(prefix, refresh, (prefix + REFRESH, prefix + GENERATION))


class CacheLookup(NamedTuple):
    """A lookup of a key in the cache: its resource, the name of the version that invalidates it, if
    any, and its database, of which no answer older than the newest refresh is valid. The token
    identifies the lease of this lookup."""

    resource: str
    key: str
    version: str | None
    database: DatabaseVersion
    token: str


@lru_cache(maxsize=64)
def script_of(script: Script, prefix: str) -> Script:
    """Return a script with a SHA of its own per database: after a restart, the server then
    knows the script of no database, whichever of them runs it first."""
    return Script(f"-- {prefix}\n{script.text}")


class LeasedRedisCache(RedisCache):
    """The cached answers in Redis, with a prefix per database; methods raise RedisUnavailable."""

    def __init__(self, client: RedisClient | NoRedis, prefix: str) -> None:
        super().__init__(host=client, key_prefix=prefix)
        self._client = client
        self._prefix = prefix

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> LeasedRedisCache:
        """Create the backend; Flask-Caching calls this."""
        return cls(kwargs["client"], config["CACHE_KEY_PREFIX"])

    def find(self, lookup: CacheLookup, abandoned: bytes | None = None) -> LookupResult:
        """Return the valid cached answer, or take a lease if there is none. If `abandoned` still
        holds the lease, take the lease over."""
        names, arguments = self.names_and_arguments(lookup)
        if abandoned is not None:
            arguments = (*arguments, abandoned)
        return lookup_result(self.run(FIND, lookup, names, arguments))

    def names_and_arguments(self, lookup: CacheLookup) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return the names and arguments of the script's find()."""
        _, key, version, (prefix, refresh, names), token = lookup
        name = prefix + key
        if version:
            return (name, f"{name}:lease", *names, prefix + version), (refresh, token, LEASE_MS)
        return (name, f"{name}:lease", *names), (refresh, token, LEASE_MS)

    def run(
        self, script: Script, lookup: CacheLookup, names: Sequence[str], arguments: Sequence[Any]
    ) -> Any:
        """Run a script that looks up an answer. If Redis was restarted, invalidate every answer
        first: the file that Redis loads may contain answers that were deleted after it was
        written."""
        prefix = lookup.database.prefix
        marked = script_of(script, prefix)
        renew = partial(self._renew_if_restarted, prefix)
        return self._client.run(marked, names, arguments, renew)

    def _renew_if_restarted(self, prefix: str) -> None:
        """Invalidate every answer of a database if Redis was restarted, that is, if it does
        not know the script that marks this database."""
        mark = Script(f"return '{prefix}'")

        def work(redis: Any) -> None:
            try:
                redis.evalsha(mark.sha, 0)
            except NoScriptError:
                redis.delete(prefix + GENERATION)
                redis.eval(mark.text, 0)

        self._client.call(work)

    def put(self, lookup: CacheLookup, stamped: bytes, seconds: int) -> None:
        """Cache a stamped value if the lease is still ours, without waiting for the reply."""
        names = prefixed(lookup.database.prefix, [lookup.key, f"{lookup.key}:lease"])
        self._client.run_without_reply(PUT, names, [lookup.token, stamped, seconds])

    def release(self, lookup: CacheLookup) -> None:
        """Release a lease without caching anything, without waiting for the reply."""
        names = prefixed(lookup.database.prefix, [f"{lookup.key}:lease"])
        self._client.run_without_reply(RELEASE, names, [lookup.token])

    def hold(self, prefix: str, keys: Sequence[str], versions: Sequence[str], seconds: int) -> None:
        """Delete keys before a commit, and let nothing be cached under them for so many seconds."""
        for part, names in parts_of(prefix, keys, versions):
            self._client.run(HOLD, names, [part, seconds])

    def invalidate(
        self, prefix: str, keys: Sequence[str], versions: Sequence[str], *, are_held: bool = False
    ) -> None:
        """Delete keys and renew versions, so that new answers can be cached. After a hold, do not
        wait for the reply, because the hold expires by itself."""
        run = self._client.run_without_reply if are_held else self._client.run
        for part, names in parts_of(prefix, keys, versions):
            run(INVALIDATE, names, [part, int(are_held)])

    def advance(self, prefix: str, refresh: str) -> None:
        """Invalidate the answers of all refreshes before this one."""
        self._client.run(ADVANCE, [prefix + REFRESH], [refresh, MARKER_SECONDS])

    def clear(self, prefix: str | None = None) -> bool:
        """Delete everything under the prefix, in steps that do not block Redis; not for
        requests."""

        def work(redis: Any) -> None:
            batch = []
            for name in redis.scan_iter(match=f"{prefix or self._prefix}*", count=CLEAR_BATCH):
                batch.append(name)
                if len(batch) == CLEAR_BATCH:
                    redis.unlink(*batch)
                    batch = []
            if batch:
                redis.unlink(*batch)

        self._client.call(work)
        return True


def prefixed(prefix: str, names: Sequence[str]) -> list[str]:
    """Return names with the prefix that they have in Redis."""
    return [prefix + name for name in names]


def parts_of(
    prefix: str, keys: Sequence[str], versions: Sequence[str]
) -> Iterator[tuple[int, list[str]]]:
    """Yield the names that a write deletes and holds, with the number of keys among them, in parts
    for which nobody waits long; the versions are in the first."""
    for start in range(0, max(len(keys), 1), KEYS_AT_ONCE):
        part = keys[start : start + KEYS_AT_ONCE]
        yield len(part), affected_names(prefix, part, versions if start == 0 else ())


def affected_names(prefix: str, keys: Sequence[str], versions: Sequence[str]) -> list[str]:
    """Return the names that a write deletes and holds: keys, then their leases and the versions."""
    return prefixed(prefix, [*keys, *(f"{key}:lease" for key in keys), *versions])


def lookup_result(reply: Sequence[Any]) -> LookupResult:
    """Return the result of a lookup from the reply of the script's find()."""
    value, state, stamp = reply
    return LookupResult(value, LookupState.LARGE if value == LARGE else STATES[state], stamp)
