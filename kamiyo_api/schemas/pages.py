"""Pages of lists, and the cursors of the next pages."""

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
from kamiyo_api.schemas import bounded
from kamiyo_api.schemas.choices import Choice

# Parameters that may differ from one page of a list to the next.
PAGE_PARAMETERS = ("limit", "cursor", "offset")
# The number of characters of a text shown in a list, and in the resource itself.
LISTED = 300
WHOLE = 2**31 - 1


class Page(bounded.Schema):
    """The size of a page, and the cursor at which it begins."""

    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=300),
        metadata={
            "description": "The next_cursor of the previous page, unchanged, with the same filters "
            "and the same sort."
        },
    )


def statuses(known: Mapping[str, str]) -> bounded.List:
    """Return the filter of a list by status, which may be repeated."""
    return bounded.List(
        Choice(known),
        max_length=len(known),
        load_default=None,
        metadata={"description": "May be repeated: lists rows with any of the statuses."},
    )


def truncated() -> fields.List[str]:
    """Return the field that names the shortened texts of a row in a list."""
    return fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": f"The fields that a list shortens to the first {LISTED} characters; "
            "empty if none is shortened, and in the resource itself."
        },
    )


def walk_of(name: str, query: Mapping[str, Any], of: str | None = None) -> bytes:
    """Return the walk that a cursor is valid for: the list, its owner, its filters and its sort.

    It omits filters that are not given, so new filters do not invalidate old cursors.
    """
    filters = {
        each: sorted(set(value)) if isinstance(value, list) else value
        for each, value in query.items()
        if each not in PAGE_PARAMETERS and value is not None
    }
    return json.dumps([name, of, filters], sort_keys=True, separators=(",", ":")).encode()


def encode_cursor(walk: bytes, *parts: Any) -> str:
    """Return the cursor at which the next page of a walk begins: after this row."""
    return services().cursors.sign(walk, parts)


def decode_cursor(walk: bytes, cursor: str, length: int) -> Sequence[Any]:
    """Return the parts of a cursor. Raises InvalidCursor if it is not of this walk."""
    parts = services().cursors.read(walk, cursor)
    if not isinstance(parts, list) or len(parts) != length:
        raise errors.InvalidCursor
    return parts


def a_time(value: Any) -> dt.datetime:
    """Return a time from a cursor. Raises InvalidCursor."""
    try:
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise errors.InvalidCursor from error


def a_day(value: Any) -> dt.date:
    """Return a day from a cursor. Raises InvalidCursor."""
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise errors.InvalidCursor from error


def a_number(value: Any, *, whole: bool) -> float | int | None:
    """Return a number or null from a cursor. Raises InvalidCursor."""
    kinds = int if whole else (int, float, type(None))
    if isinstance(value, bool) or not isinstance(value, kinds):
        raise errors.InvalidCursor
    if value is not None and abs(value) >= 2**62:
        raise errors.InvalidCursor
    return value


def a_count(value: Any) -> int:
    """Return a count from a cursor. Raises InvalidCursor."""
    if a_number(value, whole=True) < 0:  # type: ignore[operator]
        raise errors.InvalidCursor
    count: int = value
    return count


def a_uuid(value: Any) -> str:
    """Return a uuid from a cursor. Raises InvalidCursor."""
    try:
        return str(uuid.UUID(value))
    except (TypeError, ValueError, AttributeError) as error:
        raise errors.InvalidCursor from error


@dataclass(frozen=True)
class NewestFirst:
    """A page of a list in the order newest first: the name of the list, the id column of its
    rows, the query, and the owner of the list."""

    name: str
    key: str
    query: Mapping[str, Any]
    of: str

    @property
    def walk(self) -> bytes:
        """Return the walk that the cursors of this list are valid for."""
        return walk_of(self.name, self.query, self.of)

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of the database query. Raises InvalidCursor.

        It requests one row more than the page has, to find out if there is a next page.
        """
        cursor = self.query["cursor"]
        start = self.start(None if cursor is None else decode_cursor(self.walk, cursor, self.parts))
        return {**self.query, **start, "limit": self.query["limit"] + 1, "longest": LISTED}

    def answer(self, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Return the body, with a cursor if there are more rows than the limit."""
        limit = self.query["limit"]
        page = rows[:limit]
        cursor = None
        if len(rows) > limit:
            cursor = encode_cursor(self.walk, *self.place_of(page[-1]))
        return {self.name: page, "limit": limit, "next_cursor": cursor}

    # The types of the parts of a cursor.
    parts = 2

    def place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parts of the cursor after a row."""
        return row["created_at"].isoformat(), row[self.key]

    def start(self, parts: Sequence[Any] | None) -> dict[str, Any]:
        """Return the parameters for the start of the page. Raises InvalidCursor."""
        if parts is None:
            return {"after_time": None, "after_id": None}
        return {"after_time": a_time(parts[0]), "after_id": a_uuid(parts[1])}


class ByPlace(NewestFirst):
    """A page of a list in the order of the chain, newest first."""

    def place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parts of the cursor after a row."""
        return row["from_block"], row["from_log_index"]

    def start(self, parts: Sequence[Any] | None) -> dict[str, Any]:
        """Return the parameters for the start of the page. Raises InvalidCursor."""
        if parts is None:
            return {"before_block": None, "before_index": None}
        return {"before_block": a_count(parts[0]), "before_index": a_count(parts[1])}


class ByDay(NewestFirst):
    """A page of a list with one row per day, newest first."""

    parts = 1

    def place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parts of the cursor after a row."""
        return (row[self.key],)

    def start(self, parts: Sequence[Any] | None) -> dict[str, Any]:
        """Return the parameters for the start of the page. Raises InvalidCursor."""
        return {"before_day": None if parts is None else a_day(parts[0])}


class ByKey(NewestFirst):
    """A page of a list in the order of the keys."""

    parts = 1

    def place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parts of the cursor after a row."""
        return (row[self.key],)

    def start(self, parts: Sequence[Any] | None) -> dict[str, Any]:
        """Return the parameters for the start of the page. Raises InvalidCursor."""
        if parts is not None and not isinstance(parts[0], str):
            raise errors.InvalidCursor
        return {"after_key": None if parts is None else parts[0]}


class ByScore(NewestFirst):
    """A page of a list in the order of scores."""

    parts = 3

    def place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parts of the cursor after a row."""
        return row["score"], *super().place_of(row)

    def start(self, parts: Sequence[Any] | None) -> dict[str, Any]:
        """Return the parameters for the start of the page. Raises InvalidCursor."""
        score = None if parts is None else a_number(parts[0], whole=False)
        return super().start(parts and parts[1:]) | {"after_score": score}
