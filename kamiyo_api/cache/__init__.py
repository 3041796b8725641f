"""The cache of answers in Redis: lookups, leases and invalidation."""

from __future__ import annotations

from kamiyo_api.cache.answers import ERC8004Cache

__all__ = ["ERC8004Cache"]
