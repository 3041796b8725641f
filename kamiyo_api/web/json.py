"""JSON of the API, by orjson, with times in UTC with Z."""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

# The errors of lists have positions as keys, which are numbers.
JSON_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


def timestamp(moment: dt.datetime) -> str:
    """Return a time as RFC 3339 in UTC with microseconds, always 27 characters."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class OrjsonProvider(JSONProvider):
    """Flask's JSON provider, by orjson."""

    def dumps(self, obj: Any, **_: Any) -> str:
        """Return an object as JSON."""
        return orjson.dumps(obj, self._default, JSON_OPTIONS).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        """Return the object of a JSON text."""
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Return a response with an object as JSON."""
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
    """Return an answer with a body that is JSON already."""
    return Response(body, content_type="application/json")
