"""The POST requests that only read and that Flask answered before, such as those for a decision:
the fast path parses the body of another one by the same schema, and calls the same view."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, NamedTuple
from wsgiref.types import WSGIEnvironment

import marshmallow as ma
from flask import Request, current_app

from kamiyo_api import errors
from kamiyo_api.context import RequestState
from kamiyo_api.policies import Policy
from kamiyo_api.web.arguments import json_of
from kamiyo_api.web.known_reads import Answer, Shape, shape_of

MAX_KNOWN_POSTS = 100
MAX_POST_KEY_LENGTH = 500
MAX_BODY_BYTES = 8 * 1024
# Flask finds the chain that these mean.
OF_CHAIN = ("chain", "network")

# What the answer depends on besides the body: host, path, accepted encodings.
PostKey = tuple[str, str, str]


class KnownPost(NamedTuple):
    """A POST request that only reads: the policy of its view, the schema of its body, the view, and
    the shape of its answers."""

    policy: Policy
    schema: ma.Schema
    view: Callable[[dict[str, Any]], bytes]
    shape: Shape


def post_of(environ: WSGIEnvironment) -> PostKey | None:
    """Return the key of a request with a short JSON body and nothing else that its answer may
    depend on; None for other requests."""
    get = environ.get
    length = get("CONTENT_LENGTH", "")
    is_short = length.isascii() and length.isdecimal() and 0 < int(length) <= MAX_BODY_BYTES
    is_json = get("CONTENT_TYPE") == "application/json" and not get("QUERY_STRING")
    if not is_short or not is_json or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    return get("HTTP_HOST", ""), environ["PATH_INFO"], get("HTTP_ACCEPT_ENCODING", "")


def arguments_in(environ: WSGIEnvironment, schema: ma.Schema) -> dict[str, Any] | None:
    """Return the arguments in the body of a request; None if it is invalid or names a chain, which
    is for Flask. The body can be read again."""
    length = int(environ["CONTENT_LENGTH"])
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = BytesIO(body)
    try:
        arguments: dict[str, Any] = schema.load(json_of(body), unknown=ma.RAISE)
    except (errors.ApiError, ma.ValidationError):
        return None
    is_whole = len(body) == length
    names_chain = any(arguments.get(name) is not None for name in OF_CHAIN)
    return arguments if is_whole and not names_chain else None


def record_post(state: RequestState, request: Request, answer: Answer) -> None:
    """Record a POST request that Flask answered, if it only reads."""
    key, view, policy = post_of(state.environ), state.view, state.policy
    function = current_app.view_functions[request.endpoint or ""]
    schema = getattr(function, "body_schema", None)
    if key is None or view is None or policy is None or schema is None:
        return
    is_read = policy.budget == "read" and not policy.is_transactional
    if is_read and sum(map(len, key)) <= MAX_POST_KEY_LENGTH:
        post = KnownPost(policy, schema, view.func, shape_of(state.environ, answer))
        state.services.known_posts.put(key, post)
