"""A dict of limited size, for what a process caches between requests."""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedDict(dict[Key, Value]):
    """A dict that clears itself before it would exceed its maximum size."""

    def __init__(self, max_size: int) -> None:
        super().__init__()
        self._max_size = max_size

    def put(self, key: Key, value: Value) -> None:
        """Set a value; clear the dict first if it is full."""
        if len(self) >= self._max_size and key not in self:
            self.clear()
        self[key] = value
