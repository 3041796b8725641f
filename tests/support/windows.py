"""The windows of rate limits, as they stand in Redis."""

from __future__ import annotations

from redis import Redis


def let_end_in(redis: Redis, name: str, milliseconds: int) -> None:
    """Let the only window under a name end so soon."""
    ((field, value),) = redis.hgetall(name).items()
    end = now(redis) + milliseconds
    redis.hset(name, field, b"%d:%s" % (end, value.partition(b":")[2]))


def left_of(redis: Redis, name: str) -> int:
    """The milliseconds until the only window under a name ends."""
    (value,) = redis.hvals(name)
    return int(value.partition(b":")[0]) - now(redis)


def now(redis: Redis) -> int:
    """The time of Redis, in milliseconds."""
    seconds, microseconds = redis.time()
    return int(seconds) * 1000 + int(microseconds) // 1000
