"""Flask's extensions and how this application bends them: JSON, OpenAPI, arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Any, NoReturn

import marshmallow as ma
import orjson
from flask import Flask, Request, Response, make_response, request
from flask.json.provider import JSONProvider
from flask_smorest import Api, Blueprint
from flask_smorest.utils import prepare_response
from gunicorn.http.errors import ParseException
from webargs import missing
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, HTTPException, RequestEntityTooLarge
from werkzeug.routing import BaseConverter, UUIDConverter

from kamiyo_api import errors, problems
from kamiyo_api.config import API_PREFIX, VERSION
from kamiyo_api.context import current_request
from kamiyo_api.idempotency import writing
from kamiyo_api.policies import Policy, policy_of
from kamiyo_api.schemas import bounds
from kamiyo_api.schemas.problem import Problem

LONGEST_KNOWN_QUERY = 500
# A reputation may be narrowed to a hundred clients and two tags.
MOST_PARAMETERS = 128
# A registration file has 64 KiB; what stands around it needs a fraction of the rest.
MOST_STRUCTURE = 80_000


def timestamp(moment: dt.datetime) -> str:
    """A time as the API writes it: RFC 3339 in UTC, always 27 characters."""
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# Lists of inputs answer their errors by position: numbers as keys.
JSON_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


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


class Identifier(UUIDConverter):
    """A UUID in a path as the text that keys, queries and answers have: in lower case."""

    def to_python(self, value: str) -> str:  # type: ignore[override]
        return value.lower()


class AnyText(BaseConverter):
    """The rest of a path as it is: slashes, line breaks and all."""

    part_isolating = False
    regex = r"(?s:.+)"
    # Behind every rule that says more of the path.
    weight = 200


class ArgumentsParser(FlaskParser):
    """Reads bodies and query strings; whatever is wrong or unknown leaves as an ApiError."""

    DEFAULT_UNKNOWN_BY_LOCATION: Mapping[str, str] = {"query": ma.RAISE, "json": ma.RAISE}

    def parse(self, argmap: ma.Schema, *args: Any, **options: Any) -> Any:
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


class ApiBlueprint(Blueprint):
    """A blueprint whose schemas document the answers; the queries already yield their fields,
    so nothing is dumped through the schemas again."""

    ARGUMENTS_PARSER = arguments_parser

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        """Register a view, documented and wrapped by the policy that it declared."""
        if view_func is not None:
            policy = policy_of(view_func)
            view_func = documented_as(self.doc(**security_of(policy)), view_func)
            if not takes_query(view_func):
                view_func = without_query(view_func)
            if policy.is_transactional:
                view_func = writing(view_func)
        super().add_url_rule(rule, endpoint, view_func, **options)

    def arguments(self, schema: type[bounds.Schema], **options: Any) -> Callable[..., Any]:
        """Read arguments by a schema, which is made once: to make one costs more than to use it."""
        decorate: Callable[..., Any] = super().arguments(schema(), **options)
        return decorate

    def response(self, status_code: int, schema: Any = None, **kwargs: Any) -> Callable[..., Any]:
        """Document what a view answers, and send it with this status unless it gives its own;
        bytes are ready-made JSON."""
        documented = super().response(status_code, schema, **kwargs)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def answer(*args: Any, **view_kwargs: Any) -> Response:
                result = view(*args, **view_kwargs)
                if isinstance(result, bytes):
                    return json_answer(result)
                if isinstance(result, Response):
                    return result
                response: Response = make_response("" if result is None else result)
                if not isinstance(result, tuple):
                    response.status_code = status_code
                return response

            return documented_as(documented, answer)

        return decorate


def documented_as(document: Callable[..., Any], view: Callable[..., Any]) -> Callable[..., Any]:
    """A view with what a decorator of flask-smorest notes of it, without its wrapper, which
    would do once more what ours does."""
    view._apidoc = document(view)._apidoc  # type: ignore[attr-defined]
    return view


def security_of(policy: Policy) -> dict[str, Any]:
    """Return what a policy requires of the key, as OpenAPI says it."""
    if policy.scope is None:
        return {"security": []}
    return {"security": [{"apiKey": []}], "x-required-scope": policy.scope}


def takes_query(view: Callable[..., Any]) -> bool:
    """Whether a view declared what may stand in the query string."""
    declared = view._apidoc.get("arguments", {}).get("parameters", [])  # type: ignore[attr-defined]
    return any(parameter["in"] == "query" for parameter in declared)


def without_query(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse every parameter, as a view with a query refuses those that it does not know."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        asked = current_request()
        is_ours = asked.query_string and asked.path.startswith(API_PREFIX)
        if is_ours:
            refuse_too_many(asked.query_string)
        if is_ours and asked.args:
            raise errors.InvalidInput(errors={name: ["Unknown field."] for name in asked.args})
        return view(*args, **kwargs)

    return answer


class ProblemApi(Api):
    """OpenAPI whose errors have our one shape."""

    ERROR_SCHEMA = Problem

    def handle_http_exception(self, error: HTTPException) -> Response:
        return problems.answer_http_error(error)

    def _register_responses(self) -> None:
        response = {"description": "The error, as RFC 9457 has it.", "schema": Problem}
        prepare_response(response, self.spec, "application/problem+json")
        for name in ("DEFAULT_ERROR", "UNPROCESSABLE_ENTITY", "UNPROCESSABLE_CONTENT"):
            self.spec.components.response(name, response, lazy=True)


api = ProblemApi(
    spec_kwargs={
        "title": "kamiyo-api",
        "version": VERSION,
        "openapi_version": "3.1.0",
        "info": {
            "description": (
                "Trust for AI agents (ERC-8004): identity, feedback, validations, x402 payments, "
                "statistics and trust levels, over all chains."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
    }
)


def init_app(app: Flask) -> None:
    """Bind the extensions to the application."""
    app.json = OrjsonProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.converters["uuid"] = Identifier
    app.url_map.converters["text"] = AnyText
    api.init_app(app)
    api.spec.components.security_scheme("apiKey", {"type": "http", "scheme": "bearer"})
