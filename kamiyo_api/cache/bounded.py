"""What a process remembers of the requests before, which must not grow without end."""

from __future__ import annotations

from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class BoundedDict(dict[Key, Value]):
    """A dict that forgets all it holds before it would hold too much."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._most = most

    def note(self, key: Key, value: Value) -> None:
        """Remember a value."""
        if len(self) >= self._most and key not in self:
            self.clear()
        self[key] = value
