"""The parts of the OpenAPI document that operations share: headers, errors, the API key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from apispec import APISpec
from flask_smorest.utils import prepare_response

from kamiyo_api import error_codes
from kamiyo_api.schemas.keys import SCOPES
from kamiyo_api.schemas.problem import Problem

PROBLEM = "application/problem+json"
DEFAULT_ERROR = "DEFAULT_ERROR"
SECURITY_SCHEME = "apiKey"


class ErrorResponse(NamedTuple):
    """The answer with an error of one status: its name in the document, and when it comes."""

    name: str
    when: str


ERRORS: Mapping[int, ErrorResponse] = {
    400: ErrorResponse("BadRequest", "The request is malformed, or names what does not exist."),
    401: ErrorResponse("Unauthorized", "There is no valid API key in the request."),
    403: ErrorResponse("Forbidden", "The API key may not do this."),
    404: ErrorResponse("NotFound", "There is nothing with this id."),
    409: ErrorResponse("Conflict", "The request does not fit the current state."),
    413: ErrorResponse("ContentTooLarge", "The body is too large."),
    415: ErrorResponse("UnsupportedMediaType", "The body is not declared as JSON."),
    422: ErrorResponse("InvalidInput", "Fields or parameters are not valid; `errors` says which."),
    429: ErrorResponse("TooManyRequests", "A limit is exceeded; wait as Retry-After says."),
    500: ErrorResponse("InternalError", "The service has a defect; nothing was changed."),
    503: ErrorResponse("Unavailable", "The service cannot answer now; try again later."),
}
# The errors of HTTP that any operation may answer with, and that servers in front of it make.
OF_HTTP = "Another error of HTTP, such as a request that is too long or too slow."

COUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": "string"}
HEADERS: Mapping[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "The id of the request, which finds it in the log: the one that the "
        "client sent in this header, else a new one.",
        "schema": TEXT,
    },
    "X-RateLimit-Limit": {
        "description": "How many requests the tightest window of the key allows.",
        "schema": COUNT,
    },
    "X-RateLimit-Remaining": {
        "description": "How many of them are left in that window.",
        "schema": COUNT,
    },
    "X-RateLimit-Reset": {
        "description": "When that window ends, in seconds since 1970.",
        "schema": COUNT,
    },
    "Retry-After": {"description": "How many seconds to wait.", "schema": COUNT},
    "WWW-Authenticate": {"description": "How to send a key (RFC 6750).", "schema": TEXT},
    "ETag": {
        "description": "The version of the body; send it as If-None-Match to get 304, without a "
        "body, until it changes.",
        "schema": TEXT,
    },
    "Link": {
        "description": 'The URL of the next page, with rel="next" (RFC 8288); absent on the last.',
        "schema": TEXT,
    },
    "Location": {"description": "The path of what was created.", "schema": TEXT},
    "Idempotency-Replayed": {
        "description": "true if this is the first answer again, and nothing was done.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
RATE_LIMIT = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
# Headers of the answers with an error, beside X-Request-ID.
ERROR_HEADERS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: (*RATE_LIMIT, "Retry-After"),
    503: (*RATE_LIMIT, "Retry-After"),
}

IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Makes it safe to send the request again: within 24 hours, the same key and "
    "request get the first answer. Send a new uuid with each new request.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "required": False,
    "description": "The ETag of the answer that the client has; if it is still current, the "
    "answer is 304, without a body.",
    "schema": TEXT,
}


def register(spec: APISpec) -> None:
    """Add the shared parts to a document; a header or an error only if an operation has it."""
    spec.components.security_scheme(SECURITY_SCHEME, security_scheme())
    for name, header in HEADERS.items():
        spec.components.header(name, header, lazy=True)
    register_error(spec, DEFAULT_ERROR, OF_HTTP, {}, ())
    for status, (name, when) in ERRORS.items():
        headers = ERROR_HEADERS.get(status, RATE_LIMIT)
        register_error(spec, name, when, problems(status), headers)


def register_error(
    spec: APISpec, name: str, when: str, examples: dict[str, Any], headers: tuple[str, ...]
) -> None:
    """Add the answer with an error to a document."""
    response = {
        "description": when,
        "schema": Problem,
        "headers": refer_to("X-Request-ID", *headers),
    }
    if examples:
        response["examples"] = examples
    prepare_response(response, spec, PROBLEM)
    spec.components.response(name, response, lazy=True)


def refer_to(*headers: str) -> dict[str, str]:
    """Return the headers of an answer, which apispec replaces by references."""
    return {name: name for name in headers}


def problems(status: int) -> dict[str, Any]:
    """Return an example of each error of one status."""
    codes = [code for code, each in error_codes.statuses().items() if each == status]
    meanings = error_codes.meanings()
    return {
        code: {
            "summary": code,
            "value": {
                "type": f"/docs/errors#{code}",
                "title": code.replace("_", " ").capitalize(),
                "status": status,
                "detail": meanings[code],
                "code": code,
                "request_id": "6a7acb2dba4d4fb7b5c4581b17a5e9b8",
            },
        }
        for code in codes
    }


def security_scheme() -> dict[str, str]:
    """Return how a key is sent, and what its scopes allow."""
    scopes = "\n".join(f"- `{scope}`: {allows}" for scope, allows in SCOPES.items())
    return {
        "type": "http",
        "scheme": "bearer",
        "description": "Send the API key as `Authorization: Bearer YOUR_API_KEY`. "
        "Each operation says which scope it needs, also in `x-required-scope`. "
        f"A key has one or more scopes:\n\n{scopes}",
    }
