"""Parse the arguments of requests: bodies and query strings, after a check of their size."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NoReturn

import marshmallow as ma
import orjson
from flask import Request, request
from gunicorn.http.errors import ParseException
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from kamiyo_api import errors
from kamiyo_api.context import current_state

MAX_CACHED_QUERY_BYTES = 500
# The reputation has the most: up to a hundred clients and two tags.
MAX_PARAMETERS = 128
# The number of brackets, braces, colons and commas. A registration file has up to 64 KiB; the rest
# of its body needs far fewer than the remainder.
MAX_JSON_STRUCTURE = 80_000


class ArgumentsParser(FlaskParser):
    """A parser of bodies and query strings that raises an ApiError for invalid or unknown
    fields."""

    def __init__(self) -> None:
        super().__init__()
        self.DEFAULT_UNKNOWN_BY_LOCATION = {"query": ma.RAISE, "json": ma.RAISE}

    def parse(self, argmap: Any, *args: Any, **options: Any) -> Any:
        """Return the arguments; a query string that was valid before comes from a cache."""
        if options.get("location") != "query":
            return self.read_body(argmap, **options)
        query = request.query_string
        refuse_too_many_parameters(query)
        if len(query) > MAX_CACHED_QUERY_BYTES:
            return super().parse(argmap, *args, **options)
        return dict(cached_query(argmap, query))

    def read_body(self, schema: ma.Schema, **options: Any) -> dict[str, Any]:
        """Return the arguments in the body of the current request, which is parsed once; each
        attempt of a write gets a copy."""
        state = current_state()
        if state.parsed_body is None:
            state.parsed_body = super().parse(schema, **options)
        return dict(state.parsed_body)

    def read_query(self, schema: ma.Schema) -> dict[str, Any]:
        """Return the arguments in the query string of the current request."""
        arguments: dict[str, Any] = super().parse(schema, request, location="query")
        return arguments

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """Return the JSON body; an empty body counts as missing.

        Raises RequestEntityTooLarge, UnsupportedMediaType, MalformedJson, InvalidInput.
        """
        body = whole_body(req)
        # Werkzeug truncates a body without Content-Length at the limit.
        if req.content_length is None and len(body) >= (req.max_content_length or len(body) + 1):
            raise RequestEntityTooLarge
        if not body:
            return missing
        if not req.is_json:
            raise errors.UnsupportedMediaType
        return json_of(body)

    def handle_error(
        self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: Any
    ) -> NoReturn:
        """Raise InvalidInput with the messages by field."""
        (by_field,) = error.messages_dict.values()
        raise errors.InvalidInput(errors=by_field)


def whole_body(req: Request) -> bytes:
    """Return the body of a request. Raises BadRequest if it is incomplete or its chunks are
    broken."""
    try:
        body = req.get_data(cache=True)
    except ParseException as error:
        raise BadRequest from error
    if len(body) < (req.content_length or 0):
        raise BadRequest
    return body


def json_of(body: bytes) -> Any:
    """Return a JSON body parsed. Raises InvalidInput, MalformedJson."""
    refuse_too_many_values(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise errors.MalformedJson(f"The body is not JSON: {error}") from error


def refuse_too_many_values(body: bytes) -> None:
    """Refuse JSON with more values than any valid body has, because to parse a megabyte of empty
    lists takes 50 ms and 30 MB. Raises InvalidInput."""
    if len(body) <= MAX_JSON_STRUCTURE:
        return
    if len(body) - len(body.translate(None, b"[{,:")) > MAX_JSON_STRUCTURE:
        raise errors.InvalidInput(errors={"_schema": ["Give fewer values: the body has too many."]})


def refuse_too_many_parameters(query: bytes) -> None:
    """Refuse a query string with more than MAX_PARAMETERS parameters. Raises InvalidInput."""
    if query.count(b"&") < MAX_PARAMETERS:
        return
    if len([each for each in query.split(b"&") if each]) > MAX_PARAMETERS:
        raise errors.InvalidInput(
            errors={"_schema": [f"Give at most {MAX_PARAMETERS} parameters."]}
        )


arguments_parser = ArgumentsParser()


@lru_cache(maxsize=10_000)
def cached_query(schema: ma.Schema, query: bytes) -> dict[str, Any]:
    """Return the arguments in the query string of the current request, which `query` must be, by a
    schema."""
    return arguments_parser.read_query(schema)
