"""Objects and lists from clients, refused by their size before any of their items is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

import marshmallow as ma
from marshmallow import fields, utils, validate

from kamiyo_api.schemas.likeness import nearest

MAX_MEMBERS = 100
MOST_HINTS = 5
UNKNOWN = "Unknown field."


class Schema(ma.Schema):
    """An object, or a query string, from a client. Every input schema derives from this one."""

    def load(self, data: Any, **options: Any) -> Any:
        """Validate an object. Raises ValidationError, at once if it has too many fields."""
        if isinstance(data, Mapping) and len(data) > MAX_MEMBERS:
            raise ma.ValidationError(f"Give at most {MAX_MEMBERS} fields.")
        return super().load(data, **options)

    def handle_error(self, error: ma.ValidationError, *args: Any, **options: Any) -> None:
        """Add the most similar known field to the error about an unknown field."""
        messages = error.messages
        if isinstance(messages, dict):
            unknown = (name for name, each in messages.items() if each == [UNKNOWN])
            messages.update(hints(unknown, self.load_fields))


def hints(unknown: Iterable[Any], known: Iterable[str]) -> dict[str, list[str]]:
    """Return the messages for the first unknown names that resemble a known one."""
    near = {name: nearest(str(name), known, 1) for name in islice(unknown, MOST_HINTS)}
    return {name: [f"{UNKNOWN} Did you mean {each[0]}?"] for name, each in near.items() if each}


class List(fields.List[Any]):
    """A list from a client of at most max_length items."""

    def __init__(self, inner: fields.Field[Any], *, max_length: int, **kwargs: Any) -> None:
        self.length = validate.Length(max=max_length)
        super().__init__(inner, validate=self.length, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if utils.is_sequence_but_not_string(value):
            self.length(value)
        return super()._deserialize(value, *args, **kwargs)
