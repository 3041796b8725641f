"""Cursors: where the next page of a list begins."""

from __future__ import annotations

import base64
import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any

import marshmallow as ma
import orjson
from marshmallow import fields, validate

from kamiyo_api import errors


class Page(ma.Schema):
    """How much of a list to answer, and from where on."""

    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=100))
    cursor = fields.String(
        load_default=None,
        validate=validate.Length(max=300),
        metadata={"description": "The next_cursor of the page before."},
    )


def encode_cursor(*parts: Any) -> str:
    """The cursor that says: from the row after this one on."""
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode_cursor(cursor: str, length: int) -> Sequence[Any]:
    """What a cursor says. Raises InvalidCursor where it is none of ours."""
    try:
        parts = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), "-_", True))
    except ValueError as error:
        raise errors.InvalidCursor from error
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


def newest_first(query: dict[str, Any], agent_uuid: str) -> dict[str, Any]:
    """The parameters of a newest-first list: what is asked, and one row more than the page,
    which tells if there is a next. Raises InvalidCursor."""
    start = {"after_time": None, "after_id": None}
    if query["cursor"] is not None:
        moment, identifier = decode_cursor(query["cursor"], 2)
        start = {"after_time": a_time(moment), "after_id": a_uuid(identifier)}
    return query | start | {"agent_uuid": agent_uuid, "limit": query["limit"] + 1}


def answer(name: str, rows: Sequence[dict[str, Any]], limit: int, key: str) -> dict[str, Any]:
    """The body of a newest-first list, and the cursor where more than the limit was found."""
    page = rows[:limit]
    cursor = None
    if len(rows) > limit:
        cursor = encode_cursor(page[-1]["created_at"].isoformat(), page[-1][key])
    return {name: page, "limit": limit, "next_cursor": cursor}
