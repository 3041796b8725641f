"""A Flask-Caching backend on Redis with leases: one reader computes what is not kept, and
only what no write has changed meanwhile is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import Flask
from flask_caching.backends.rediscache import RedisCache

from kamiyo_api.redis_client import RedisClient, Script

CLEARED_AT_ONCE = 1000
KEPT_SECONDS = 86400
LEASE_SECONDS = 10

# The names: value, lease, as_of, generation, version or none. The newest as_of that the
# caller knows, its token, the lease in ms. A value begins with its stamp: the as_of of its
# statistics, then the version and the generation under which it was computed.
FIND_FUNCTION = """
local function find(names, known_as_of, token, lease)
  local held = redis.call('mget', unpack(names))
  local kept, holder, newest = held[1], held[2], held[3] or ''
  if newest < known_as_of then
    newest = known_as_of
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
  if kept and string.sub(kept, 1, 27) >= newest
      and string.sub(kept, 28, 27 + #stamp) == stamp and string.sub(stamp, 1, 4) ~= 'held' then
    return {string.sub(kept, 28 + #stamp), 'hit', stamp}
  end
  if string.sub(stamp, 1, 4) == 'held' then
    return {'', 'held', stamp}
  end
  if not holder then
    redis.call('set', names[2], token, 'PX', lease)
  end
  if not holder or holder == token then
    return {'', 'leased', stamp}
  end
  return {'', string.sub(holder, 1, 4) == 'held' and 'held' or 'busy', stamp}
end
"""

FIND = Script(f"{FIND_FUNCTION} return find(KEYS, ARGV[1], ARGV[2], ARGV[3])")

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
if redis.call('get', KEYS[1]) == ARGV[1] then
  redis.call('del', KEYS[1])
end
return 0
"""
)


class Found(NamedTuple):
    """What is kept under a key: `state` is hit; leased (compute it, then keep it under the
    stamp); busy (somebody else computes it); or held (a write is going on: keep nothing)."""

    value: bytes
    state: str
    stamp: bytes


class Question(NamedTuple):
    """What is asked of the cache: a key, of which resource, and the version that it is kept
    under, if any; no answer older than as_of counts. The token makes a lease ours."""

    resource: str
    key: str
    version: str | None
    as_of: str
    token: str


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

    def find(self, question: Question) -> Found:
        """What is kept and still true, or a lease."""
        names, arguments = self.asking(question)
        return found(self._client.run(FIND, names, arguments, self.renew_generation))

    def asking(self, question: Question) -> tuple[list[str], tuple[str, str, int]]:
        """The names and arguments of the script's find()."""
        prefix, key = self._prefix, question.key
        names = [prefix + key, f"{prefix}{key}:lease", f"{prefix}as_of", f"{prefix}generation"]
        if question.version:
            names.append(prefix + question.version)
        return names, (question.as_of, question.token, LEASE_SECONDS * 1000)

    def renew_generation(self) -> None:
        """Make all that is kept stale, as a server that does not know our script was restarted:
        from its file it brings back what was deleted after the file was written."""
        self._client.ask(lambda redis: redis.delete(f"{self._prefix}generation"))

    def keep(self, key: str, token: str, stamped: bytes, seconds: int) -> None:
        """Keep a stamped value, where the lease is still ours; unheard, as it only helps."""
        names = self._named([key, f"{key}:lease"])
        self._client.run_unheard(KEEP, names, [token, stamped, seconds])

    def release(self, key: str, token: str) -> None:
        """Give a lease back without keeping anything; unheard, as it ends by itself."""
        self._client.run_unheard(RELEASE, self._named([f"{key}:lease"]), [token])

    def hold(self, keys: Sequence[str], versions: Sequence[str], seconds: int) -> None:
        """Before a commit: forget what it will change, and keep nothing new of it for so long."""
        self._client.run(HOLD, self._affected(keys, versions), [len(keys), seconds])

    def drop(self, keys: Sequence[str], versions: Sequence[str], *, are_held: bool = False) -> None:
        """Forget what changed, and let it be kept anew; unheard after a hold, which ends by
        itself."""
        run = self._client.run_unheard if are_held else self._client.run
        run(DROP, self._affected(keys, versions), [len(keys), int(are_held)])

    def _affected(self, keys: Sequence[str], versions: Sequence[str]) -> list[str]:
        return self._named([*keys, *(f"{key}:lease" for key in keys), *versions])

    def advance(self, as_of: str) -> None:
        """Say that a refresh made everything older than this as_of stale."""
        self._client.ask(lambda redis: redis.set(f"{self._prefix}as_of", as_of, ex=KEPT_SECONDS))

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


def found(answer: Sequence[Any]) -> Found:
    """What the script's find() answers."""
    value, state, stamp = answer
    return Found(value, state.decode(), stamp)
