"""Ways to clear the cache."""

from __future__ import annotations

from kamiyo_api.cache.answers import ERC8004Cache


def by_command(redis):
    """Clear the cache as `flask clear-cache` does."""
    ERC8004Cache().clear()


def by_keys(redis):
    """Delete the keys that KEYS lists."""
    for key in redis.keys("erc8004:*"):
        redis.delete(key)


def by_scan(redis):
    """Delete the keys that SCAN lists."""
    for key in redis.scan_iter("erc8004:*"):
        redis.delete(key)


def by_flush(redis):
    """Delete all that Redis holds."""
    redis.flushall()
