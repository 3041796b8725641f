"""JSON as the API writes it: by orjson, times in UTC with Z."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

# Lists of inputs answer their errors by position: numbers as keys.
JSON_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def timestamp(moment: dt.datetime) -> str:
    """A time as the API writes it: RFC 3339 in UTC, always 27 characters."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class OrjsonProvider(JSONProvider):
    """JSON by orjson; times in UTC with Z."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj, self._default, JSON_OPTIONS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        body = self._prepare_response_obj(args, kwargs)
        return Response(
            orjson.dumps(body, self._default, JSON_OPTIONS),
            mimetype="application/json",
        )

    @staticmethod
    def _default(value: Any) -> str:
        if isinstance(value, dt.datetime):
            return timestamp(value)
        raise TypeError(f"{type(value).__name__} has no JSON form")


def json_answer(body: bytes | str) -> Response:
    """An answer whose JSON is ready-made."""
    return Response(body, content_type="application/json")
