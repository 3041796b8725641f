"""The fast path: send an answer again, without Flask, if this process sent it before and the same
body is still cached in Redis.

Flask would route and validate such a request and build its headers again. The fast path admits the
request with the same function as Flask, and it has the same metrics and log line. All other
requests continue to Flask.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response

from kamiyo_api import errors
from kamiyo_api.access import admission, authentication
from kamiyo_api.cache import answers
from kamiyo_api.cache.backend import LookupState
from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import RequestState, Services, current_request, current_state
from kamiyo_api.observability import request_log
from kamiyo_api.observability.request_log import route_of
from kamiyo_api.policies import UNROUTED, Policy
from kamiyo_api.web import headers

# Each takes 2 kB and the body that it stores, if any.
MAX_SENT_ANSWERS = 3_000
MAX_REQUEST_KEY_LENGTH = 500
MAX_COMPRESSED_BYTES = 8 * 1024
SENT_SECONDS = 60.0

log = logging.getLogger(__name__)


class SentAnswer(NamedTuple):
    """An answer that came from the cache: the policy of its view, its route, cache key and headers.
    Of the body it has only the entity tag, unless it was compressed or made of what is cached; then
    the tag is that of the cached body. From `until` on, Flask
    answers once more, because a name in the query string may mean another chain by then."""

    policy: Policy
    route: str
    cache_key: str
    etag: str
    headers: list[tuple[str, str]]
    stored: bytes | None
    until: float


# What the answer to a plain GET depends on: host, path, query string, accepted encodings. The host
# is included because Flask refuses an invalid one.
RequestKey = tuple[str, str, str, str]


def request_key(environ: WSGIEnvironment) -> RequestKey:
    """Return the key of a request among the answers that were sent."""
    get = environ.get
    host, encodings = get("HTTP_HOST", ""), get("HTTP_ACCEPT_ENCODING", "")
    return host, environ["PATH_INFO"], get("QUERY_STRING", ""), encodings


class FastPath:
    """The WSGI application that answers a request on the fast path if possible, and else calls
    Flask."""

    def __init__(self, flask: WSGIApplication, services: Services) -> None:
        self._flask = flask
        self._services = services

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        sent = self._sent_answer(environ)
        body = None if sent is None else body_to_send(current_state(), sent)
        if sent is None or body is None:
            return self._flask(environ, start)
        start("200 OK", sent.headers)
        return [body]

    def _sent_answer(self, environ: WSGIEnvironment) -> SentAnswer | None:
        is_plain = environ["REQUEST_METHOD"] == "GET" and headers.is_plain(environ)
        sent = self._services.sent_answers.get(request_key(environ)) if is_plain else None
        return sent if sent is not None and time.monotonic() < sent.until else None


def body_to_send(state: RequestState, sent: SentAnswer) -> bytes | None:
    """Return the body that was sent before, and finish the request; None if Flask must answer.
    Flask also answers a request that is not admitted, in the error format."""
    try:
        body = admitted_body(state, sent)
        if body is not None:
            request_log.finish(state, sent.route, 200)
    except errors.ApiError:
        return None
    except Exception:
        log.exception("The fast path failed; Flask answers")
        return None
    return body


def admitted_body(state: RequestState, sent: SentAnswer) -> bytes | None:
    """Admit a request, and return the body that was sent before; None if its API key is not cached
    in this process or lacks the scope, or if that body is not cached any more."""
    key = authentication.cached_key(state.environ)
    if key is None or not sent.policy.admits(key):
        return None
    state.api_key = key
    admission.admit(state, sent.policy, sent.cache_key)
    hit = answers.prefetched_hit(state)
    if hit is None:
        return None
    lookup, body = hit
    if headers.etag_of(body) != sent.etag:
        return None
    answers.record_result(state, lookup, LookupState.HIT)
    return sent.stored or body


def record_answer(response: Response) -> Response:
    """Record an answer that came from the cache, if it can be sent again to any client as it is."""
    state = current_state()
    is_hit = state.cache_result is LookupState.HIT and response.status_code == 200
    # A page for people has what is cached in it.
    is_api = current_request().path.startswith(API_PREFIX)
    if is_hit and is_api and state.method == "GET" and headers.is_plain(state.environ):
        key, sent = request_key(state.environ), sent_answer(current_request(), state, response)
        is_small = len(sent.stored or b"") <= MAX_COMPRESSED_BYTES
        if is_small and sum(map(len, key)) <= MAX_REQUEST_KEY_LENGTH:
            state.services.sent_answers.put(key, sent)
    return response


def sent_answer(request: Request, state: RequestState, response: Response) -> SentAnswer:
    """Return the record of an answer as it is sent, without the Date header, which the server
    adds."""
    sent_headers = response.get_wsgi_headers(request.environ).to_wsgi_list()
    is_other_body = "Content-Encoding" in response.headers or state.derived_from is not None
    return SentAnswer(
        state.policy or UNROUTED,
        route_of(request),
        state.lookup.key if state.lookup else "",
        state.derived_from or response.headers["ETag"],
        [each for each in sent_headers if each[0] != "Date"],
        response.get_data() if is_other_body else None,
        time.monotonic() + SENT_SECONDS,
    )


def init_app(app: Flask, services: Services) -> None:
    """Wrap Flask in the fast path; call this before others register functions that change answers,
    so that record_answer() runs after them."""
    app.after_request(record_answer)
    app.wsgi_app = FastPath(app.wsgi_app, services)  # type: ignore[assignment, method-assign]
