"""What requests send: bodies and query strings, read once their size allows it."""

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

LONGEST_KNOWN_QUERY = 500
# A reputation may be narrowed to a hundred clients and two tags.
MOST_PARAMETERS = 128
# A registration file has 64 KiB; what stands around it needs a fraction of the rest.
MOST_STRUCTURE = 80_000


class ArgumentsParser(FlaskParser):
    """Reads bodies and query strings; whatever is wrong or unknown leaves as an ApiError."""

    def __init__(self) -> None:
        super().__init__()
        self.DEFAULT_UNKNOWN_BY_LOCATION = {"query": ma.RAISE, "json": ma.RAISE}

    def parse(self, argmap: Any, *args: Any, **options: Any) -> Any:
        """Read the arguments; a query string that was valid before need not be read again."""
        query = request.query_string
        if options.get("location") == "query":
            refuse_too_many(query)
        if options.get("location") != "query" or len(query) > LONGEST_KNOWN_QUERY:
            return super().parse(argmap, *args, **options)
        return dict(known_query(argmap, query))

    def read_query(self, schema: ma.Schema) -> dict[str, Any]:
        """What the query string of the present request says."""
        arguments: dict[str, Any] = super().parse(schema, request, location="query")
        return arguments

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        """The JSON body; an empty one counts as missing."""
        body = whole_body(req)
        # Werkzeug cuts a body of unannounced length off at the limit.
        if req.content_length is None and len(body) >= (req.max_content_length or len(body) + 1):
            raise RequestEntityTooLarge
        if not body:
            return missing
        if not req.is_json:
            raise errors.UnsupportedMediaType
        refuse_too_much(body)
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise errors.MalformedJson(f"The body is not JSON: {error}") from error

    def handle_error(
        self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: Any
    ) -> NoReturn:
        """Answer 422 with what is wrong, by field."""
        (by_field,) = error.messages_dict.values()
        raise errors.InvalidInput(errors=by_field)


def whole_body(req: Request) -> bytes:
    """The body of a request. Raises BadRequest where not all of it came, or in broken chunks."""
    try:
        body = req.get_data(cache=True)
    except ParseException as error:
        raise BadRequest from error
    if len(body) < (req.content_length or 0):
        raise BadRequest
    return body


def refuse_too_much(body: bytes) -> None:
    """Refuse JSON of more values than any valid body has: to read a megabyte of empty lists
    takes 50 ms and 30 MB. Raises InvalidInput."""
    if len(body) <= MOST_STRUCTURE:
        return
    if len(body) - len(body.translate(None, b"[{,:")) > MOST_STRUCTURE:
        raise errors.InvalidInput(errors={"_schema": ["Give fewer values: the body has too many."]})


def refuse_too_many(query: bytes) -> None:
    """Refuse a query string of too many parameters. Raises InvalidInput."""
    if query.count(b"&") < MOST_PARAMETERS:
        return
    if len([each for each in query.split(b"&") if each]) > MOST_PARAMETERS:
        raise errors.InvalidInput(
            errors={"_schema": [f"Give at most {MOST_PARAMETERS} parameters."]}
        )


arguments_parser = ArgumentsParser()


@lru_cache(maxsize=10_000)
def known_query(schema: ma.Schema, query: bytes) -> dict[str, Any]:
    """What the query string of the present request, which this one is, says to a schema."""
    return arguments_parser.read_query(schema)
