"""Pages of lists, and the cursors that say where the next one begins."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from kamiyo_api import errors
from kamiyo_api.context import services
from kamiyo_api.schemas import bounds

# What may differ from one page of a walk to the next.
OF_ONE_PAGE = ("limit", "cursor", "offset")
# How many characters of a text are shown in a row of a list, and where it stands alone.
LISTED = 300
WHOLE = 2**31 - 1


class Page(bounds.Schema):
    """How much of a list to answer, and from where on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=300),
        metadata={
            "description": "The next_cursor of the page before, unchanged, with the same filters "
            "and the same sort."
        },
    )


def truncated() -> fields.List[str]:
    """Make the member that names what was cut in a row of a list."""
    return fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": f"The members of which a list shows the first {LISTED} characters "
            "only; empty where nothing was cut, as in the resource itself."
        },
    )


def walk_of(name: str, query: Mapping[str, Any], of: str | None = None) -> bytes:
    """Return what a cursor is bound to: the list, whose it is, its filters and its sort.

    A filter that is not given has no part in it, so that one may be added to the API.
    """
    asked = {
        each: sorted(set(value)) if isinstance(value, list) else value
        for each, value in query.items()
        if each not in OF_ONE_PAGE and value is not None
    }
    return json.dumps([name, of, asked], sort_keys=True, separators=(",", ":")).encode()


def encode_cursor(walk: bytes, *parts: Any) -> str:
    """Return the cursor of a walk that says: from the row after this one on."""
    return services().cursors.sign(walk, parts)


def decode_cursor(walk: bytes, cursor: str, length: int) -> Sequence[Any]:
    """Return what a cursor says. Raises InvalidCursor where none of this walk says it."""
    parts = services().cursors.read(walk, cursor)
    if not isinstance(parts, list) or len(parts) != length:
        raise errors.InvalidCursor
    return parts


def a_time(value: Any) -> dt.datetime:
    """A time from a cursor. Raises InvalidCursor."""
    try:
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise errors.InvalidCursor from error


def a_number(value: Any, *, whole: bool) -> float | int | None:
    """A number or null from a cursor. Raises InvalidCursor."""
    kinds = int if whole else (int, float, type(None))
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise errors.InvalidCursor
    if value is not None and abs(value) >= 2**62:
        raise errors.InvalidCursor
    return value


def a_count(value: Any) -> int:
    """A count from a cursor. Raises InvalidCursor."""
    if a_number(value, whole=True) < 0:  # type: ignore[operator]
        raise errors.InvalidCursor
    count: int = value
    return count


def a_uuid(value: Any) -> str:
    """A uuid from a cursor. Raises InvalidCursor."""
    try:
        return str(uuid.UUID(value))
    except (TypeError, ValueError, AttributeError) as error:
        raise errors.InvalidCursor from error


@dataclass(frozen=True)
class NewestFirst:
    """A page of a list that shows the newest first: its name, the id of its rows, what is asked
    of it, and whose list it is."""

    name: str
    key: str
    query: Mapping[str, Any]
    of: str

    @property
    def walk(self) -> bytes:
        """What the cursors of this list are bound to."""
        return walk_of(self.name, self.query, self.of)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the query: what is asked, and one row more than the page,
        which tells if there is a next. Raises InvalidCursor."""
        start: dict[str, Any] = {"after_time": None, "after_id": None}
        if self.query["cursor"] is not None:
            moment, identifier = decode_cursor(self.walk, self.query["cursor"], 2)
            start = {"after_time": a_time(moment), "after_id": a_uuid(identifier)}
        return {**self.query, **start, "limit": self.query["limit"] + 1, "longest": LISTED}

    def answer(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the body, with a cursor where more than the limit was found."""
        limit = self.query["limit"]
        page = rows[:limit]
        cursor = None
        if len(rows) > limit:
            last = page[-1]
            cursor = encode_cursor(self.walk, last["created_at"].isoformat(), last[self.key])
        return {self.name: page, "limit": limit, "next_cursor": cursor}
