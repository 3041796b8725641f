"""A Flask-Caching backend on Redis with leases: one reader computes what is not kept, and
only what no write has changed meanwhile is kept."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_caching.backends.rediscache import RedisCache

from kamiyo_api.redis_client import RedisClient, Script

HELD = "held"
CLEARED_AT_ONCE = 1000
KEPT_SECONDS = 86400

# KEYS: value, lease, as_of, generation, version or none. ARGV: the newest as_of that the
# caller knows, its token, the lease in ms. A value begins with its stamp: the as_of of its
# statistics, then the version and the generation under which it was computed.
FIND = Script(
    """
local newest = redis.call('get', KEYS[3]) or ''
if newest < ARGV[1] then
  newest = ARGV[1]
end
local function current(key)
  local text = redis.call('get', key)
  if not text then
    text = ARGV[2]
    redis.call('set', key, text, 'EX', 86400)
  end
  return text
end
local stamp = current(KEYS[4])
if KEYS[5] then
  stamp = current(KEYS[5]) .. stamp
end
local kept = redis.call('get', KEYS[1])
if kept and string.sub(kept, 1, 27) >= newest
    and string.sub(kept, 28, 27 + #stamp) == stamp and string.sub(stamp, 1, 4) ~= 'held' then
  return {string.sub(kept, 28 + #stamp), 'hit', stamp}
end
if string.sub(stamp, 1, 4) == 'held' then
  return {'', 'held', stamp}
end
if redis.call('set', KEYS[2], ARGV[2], 'NX', 'PX', ARGV[3]) then
  return {'', 'leased', stamp}
end
if redis.call('get', KEYS[2]) == 'held' then
  return {'', 'held', stamp}
end
return {'', 'busy', stamp}
"""
)

# KEYS: value, lease. ARGV: token, value, seconds.
KEEP = Script(
    """
if redis.call('get', KEYS[2]) ~= ARGV[1] then
  return 0
end
redis.call('del', KEYS[2])
redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
)

# KEYS: lease. ARGV: token.
RELEASE = Script(
    """
if redis.call('get', KEYS[1]) == ARGV[1] then
  redis.call('del', KEYS[1])
end
return 0
"""
)


@dataclass(frozen=True)
class Found:
    """What is kept under a key: `state` is hit; leased (compute it, then keep it under the
    stamp); busy (somebody else computes it); or held (a write is going on: keep nothing)."""

    value: bytes
    state: str
    stamp: bytes


class LeasedRedisCache(RedisCache):
    """Redis under a prefix, asked through the client that all share; RedisAway leaves it."""

    def __init__(self, client: RedisClient, prefix: str) -> None:
        super().__init__(host=client, key_prefix=prefix)
        self._client = client
        self._prefix = prefix

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> LeasedRedisCache:
        """What Flask-Caching calls to make the backend."""
        return cls(app.extensions["redis"], config["CACHE_KEY_PREFIX"])

    def find(self, key: str, version_key: str | None, as_of: str, token: str, lease: int) -> Found:
        """What is kept under a key and not older than as_of, or a lease of so many seconds."""
        versions = [version_key] if version_key else []
        names = self._named([key, f"{key}:lease", "as_of", "generation", *versions])

        def work(redis: Any) -> Any:
            return FIND(names, [as_of, token, lease * 1000], redis, self._renew_generation)

        value, state, stamp = self._client.ask(work)
        return Found(value, state.decode(), stamp)

    def _renew_generation(self, redis: Any) -> None:
        """Make all that is kept stale, as a server that does not know our script was restarted:
        from its file it brings back what was deleted after the file was written."""
        redis.set(f"{self._prefix}generation", secrets.token_hex(16), ex=KEPT_SECONDS)

    def keep(self, key: str, token: str, stamped: bytes, seconds: int) -> bool:
        """Keep a stamped value, where the lease is still ours."""
        names = self._named([key, f"{key}:lease"])
        return bool(self._client.ask(lambda redis: KEEP(names, [token, stamped, seconds], redis)))

    def release(self, key: str, token: str) -> None:
        """Give a lease back without keeping anything."""
        self._client.ask(lambda redis: RELEASE(self._named([f"{key}:lease"]), [token], redis))

    def hold(self, keys: Sequence[str], versions: Sequence[str], seconds: int) -> None:
        """Before a commit: forget what it will change, and keep nothing new of it for so long."""
        with_leases = {f"{key}:lease": HELD for key in keys}
        self._write(keys, {**with_leases, **dict.fromkeys(versions, HELD)}, seconds)

    def drop(self, keys: Sequence[str], versions: dict[str, str]) -> None:
        """After a commit: forget what it changed, and let it be kept anew."""
        self._write([*keys, *(f"{key}:lease" for key in keys)], versions, KEPT_SECONDS)

    def _write(self, deleted: Sequence[str], made: dict[str, str], seconds: int) -> None:
        def work(redis: Any) -> None:
            pipeline = redis.pipeline(transaction=True)
            if deleted:
                pipeline.delete(*self._named(deleted))
            for name, value in made.items():
                pipeline.set(self._prefix + name, value, ex=seconds)
            pipeline.execute()

        self._client.ask(work)

    def advance(self, as_of: str) -> None:
        """Say that a refresh made everything older than this as_of stale."""
        self._write([], {"as_of": as_of}, KEPT_SECONDS)

    def clear(self) -> bool:
        """Forget everything under the prefix, in steps that do not stop Redis; not for requests."""

        def work(redis: Any) -> None:
            found = []
            for name in redis.scan_iter(match=f"{self._prefix}*", count=CLEARED_AT_ONCE):
                found.append(name)
                if len(found) == CLEARED_AT_ONCE:
                    redis.unlink(*found)
                    found = []
            if found:
                redis.unlink(*found)

        self._client.ask(work)
        return True

    def _named(self, names: Sequence[str]) -> list[str]:
        return [self._prefix + name for name in names]
