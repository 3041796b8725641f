"""A Flask-Caching backend on Redis with leases: one reader computes what is not kept, and
only what no write has changed meanwhile is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from typing import Any, NamedTuple

from flask import Flask
from flask_caching.backends.rediscache import RedisCache
from redis.exceptions import NoScriptError

from kamiyo_api.redis.client import NoRedis, RedisClient, Script

CLEARED_AT_ONCE = 1000
KEPT_SECONDS = 86400
LEASE_SECONDS = 10
LEASE_MS = b"%d" % (LEASE_SECONDS * 1000)
PREFIX = "erc8004:"
GENERATION, REFRESH = "generation", "refresh"
# Stands for an answer that is too large to be kept, so that nobody waits for one who computes it.
LARGE = b"large"

# The names: value, lease, refresh, generation, version or none. The number of the newest refresh
# that the caller knows, its token, the lease in ms, and the holder that the caller waited for in
# vain, if any. A value begins with its stamp: the number of the refresh of its statistics, then
# the version and the generation under which it was computed. Answers the holder that is waited
# for. Who takes a lease over names those before in it, who may still keep what they compute.
FIND_FUNCTION = """
local function find(names, known_refresh, token, lease, given_up)
  local held = redis.call('mget', unpack(names))
  local kept, holder, newest = held[1], held[2], held[3] or ''
  if newest < known_refresh then
    newest = known_refresh
  end
  local function current(position)
    if held[position] then
      return held[position]
    end
    redis.call('set', names[position], token, 'EX', 86400)
    return token
  end
  local stamp = current(4)
  if names[5] then
    stamp = current(5) .. stamp
  end
  if kept and string.sub(kept, 1, 19) >= newest
      and string.sub(kept, 20, 19 + #stamp) == stamp and string.sub(stamp, 1, 4) ~= 'held' then
    return {string.sub(kept, 20 + #stamp), 'hit', stamp}
  end
  if string.sub(stamp, 1, 4) == 'held' or holder and string.sub(holder, 1, 4) == 'held' then
    return {'', 'held', stamp}
  end
  if not holder or holder == given_up then
    local holders = holder and string.sub(token .. ' ' .. holder, 1, 200) or token
    redis.call('set', names[2], holders, 'PX', lease)
    return {'', 'leased', stamp}
  end
  if string.find(holder, token, 1, true) == 1 then
    return {'', 'leased', stamp}
  end
  return {holder, 'busy', stamp}
end
"""

FIND = Script(f"{FIND_FUNCTION} return find(KEYS, unpack(ARGV))")

# KEYS: value, lease. ARGV: token, value, seconds.
KEEP = Script(
    """
if not string.find(redis.call('get', KEYS[2]) or '', ARGV[1], 1, true) then
  return 0
end
redis.call('del', KEYS[2])
redis.call('set', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
)

# How many writes hold a name: the drop of one must not end the hold of another.
HOLDERS_FUNCTION = """
local function holders(name)
  return tonumber(string.match(redis.call('get', name) or '', '^held:(%d+)$')) or 0
end
"""

# KEYS: what to delete, then what to hold. ARGV: how many of the first; the seconds that a hold
# lasts.
HOLD = Script(
    f"""
{HOLDERS_FUNCTION}
for i, name in ipairs(KEYS) do
  if i <= tonumber(ARGV[1]) then
    redis.call('del', name)
  else
    redis.call('set', name, 'held:' .. holders(name) + 1, 'EX', ARGV[2])
  end
end
"""
)

# KEYS: what to delete, then what to hold no longer. ARGV: how many of the first; 1 where we
# held the others, else 0. What nobody holds any more goes, too; whoever looks for it next makes
# it anew.
DROP = Script(
    f"""
{HOLDERS_FUNCTION}
for i, name in ipairs(KEYS) do
  local left = i > tonumber(ARGV[1]) and holders(name) - ARGV[2] or 0
  if left > 0 then
    redis.call('set', name, 'held:' .. left, 'KEEPTTL')
  else
    redis.call('del', name)
  end
end
"""
)

# KEYS: lease. ARGV: token.
RELEASE = Script(
    """
if string.find(redis.call('get', KEYS[1]) or '', ARGV[1], 1, true) then
  redis.call('del', KEYS[1])
end
return 0
"""
)

# KEYS: refresh. ARGV: its number, seconds. The refresh that ended last may say so first.
ADVANCE = Script(
    """
if (redis.call('get', KEYS[1]) or '') < ARGV[1] then
  redis.call('set', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
return 0
"""
)


class Found(NamedTuple):
    """What is kept under a key: `state` is hit; leased (compute it, then keep it under the
    stamp); busy (somebody else computes it, who is the value); held (a write is going on: keep
    nothing); or large (compute it, and keep nothing)."""

    value: bytes
    state: str
    stamp: bytes


class Known(NamedTuple):
    """A database: what the names of its answers begin with, and the number of its newest refresh;
    both empty until it was seen, before which nothing is cached. And the names of what Redis knows
    of both."""

    prefix: str
    refresh: str
    names: tuple[str, ...] = ()


def known(identity: str, refresh: str) -> Known:
    """What is known of a database that says this of itself."""
    prefix = f"{PREFIX}{identity}:"
    return Known(prefix, refresh, (prefix + REFRESH, prefix + GENERATION))


class CacheLookup(NamedTuple):
    """What is looked up in the cache: a key, of which resource, and the version that it is kept
    under, if any; of which database, of which no answer older than its newest refresh counts. The
    token makes a lease ours."""

    resource: str
    key: str
    version: str | None
    known: Known
    token: str


@lru_cache(maxsize=64)
def script_of(script: Script, prefix: str) -> Script:
    """A script under a name of its own for each database: a server that was restarted then
    knows it for none of them, whichever comes back first."""
    return Script(f"-- {prefix}\n{script.text}")


class LeasedRedisCache(RedisCache):
    """Redis under a prefix for each database, through the client that all share;
    RedisUnavailable leaves it."""

    def __init__(self, client: RedisClient | NoRedis, prefix: str) -> None:
        super().__init__(host=client, key_prefix=prefix)
        self._client = client
        self._prefix = prefix

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> LeasedRedisCache:
        """Make the backend; Flask-Caching calls it."""
        return cls(kwargs["client"], config["CACHE_KEY_PREFIX"])

    def find(self, lookup: CacheLookup, given_up: bytes | None = None) -> Found:
        """Return what is cached and still true, or a lease; that of a holder whom one gave up, if
        it is his yet."""
        names, arguments = self.names_and_arguments(lookup)
        if given_up is not None:
            arguments = (*arguments, given_up)
        return found(self.run(FIND, lookup, names, arguments))

    def names_and_arguments(self, lookup: CacheLookup) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """Return the names and arguments of the script's find()."""
        _, key, version, (prefix, refresh, own), token = lookup
        name = prefix + key
        if version:
            return (name, f"{name}:lease", *own, prefix + version), (refresh, token, LEASE_MS)
        return (name, f"{name}:lease", *own), (refresh, token, LEASE_MS)

    def run(
        self, script: Script, lookup: CacheLookup, names: Sequence[str], arguments: Sequence[Any]
    ) -> Any:
        """Run a script that finds; if Redis was restarted, after all that is kept was made
        stale: from its file it brings back what was deleted after the file was written."""
        prefix = lookup.known.prefix
        own = script_of(script, prefix)
        return self._client.run(own, names, arguments, partial(self._renew_if_restarted, prefix))

    def _renew_if_restarted(self, prefix: str) -> None:
        """Where Redis does not know the mark of this database, it knows none of its scripts."""
        mark = Script(f"return '{prefix}'")

        def work(redis: Any) -> None:
            try:
                redis.evalsha(mark.sha, 0)
            except NoScriptError:
                redis.delete(prefix + GENERATION)
                redis.eval(mark.text, 0)

        self._client.ask(work)

    def keep(self, lookup: CacheLookup, stamped: bytes, seconds: int) -> None:
        """Keep a stamped value, where the lease is still ours; unheard, as it only helps."""
        names = named(lookup.known.prefix, [lookup.key, f"{lookup.key}:lease"])
        self._client.run_unheard(KEEP, names, [lookup.token, stamped, seconds])

    def release(self, lookup: CacheLookup) -> None:
        """Give a lease back without keeping anything; unheard, as it ends by itself."""
        names = named(lookup.known.prefix, [f"{lookup.key}:lease"])
        self._client.run_unheard(RELEASE, names, [lookup.token])

    def hold(self, prefix: str, keys: Sequence[str], versions: Sequence[str], seconds: int) -> None:
        """Before a commit: forget what it will change, and keep nothing new of it for so long."""
        self._client.run(HOLD, affected(prefix, keys, versions), [len(keys), seconds])

    def drop(
        self, prefix: str, keys: Sequence[str], versions: Sequence[str], *, are_held: bool = False
    ) -> None:
        """Forget what changed, and let it be kept anew; unheard after a hold, which ends by
        itself."""
        run = self._client.run_unheard if are_held else self._client.run
        run(DROP, affected(prefix, keys, versions), [len(keys), int(are_held)])

    def advance(self, prefix: str, refresh: str) -> None:
        """Say that a refresh made everything of older ones stale."""
        self._client.run(ADVANCE, [prefix + REFRESH], [refresh, KEPT_SECONDS])

    def clear(self, prefix: str | None = None) -> bool:
        """Forget everything under the prefix, in steps that do not stop Redis; not for requests."""

        def work(redis: Any) -> None:
            found = []
            for name in redis.scan_iter(match=f"{prefix or self._prefix}*", count=CLEARED_AT_ONCE):
                found.append(name)
                if len(found) == CLEARED_AT_ONCE:
                    redis.unlink(*found)
                    found = []
            if found:
                redis.unlink(*found)

        self._client.ask(work)
        return True


def named(prefix: str, names: Sequence[str]) -> list[str]:
    """Names as Redis knows them."""
    return [prefix + name for name in names]


def affected(prefix: str, keys: Sequence[str], versions: Sequence[str]) -> list[str]:
    """What a write deletes and holds: keys, then their leases and the versions."""
    return named(prefix, [*keys, *(f"{key}:lease" for key in keys), *versions])


def found(answer: Sequence[Any]) -> Found:
    """What the script's find() answers."""
    value, state, stamp = answer
    return Found(value, "large" if value == LARGE else state.decode(), stamp)
