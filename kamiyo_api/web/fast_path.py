"""The fast path, before Flask: an answer that was sent before and is still cached is sent again,
with the headers that it had then.

Flask would route, check and put together anew what is known of such a request. It is admitted as
Flask would admit it, and has the same metrics and log line. All else goes on to Flask.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response

from kamiyo_api import errors
from kamiyo_api.access import admission, authentication
from kamiyo_api.cache import answers
from kamiyo_api.cache.backend import LookupState
from kamiyo_api.context import RequestState, Services, current_request, current_state
from kamiyo_api.observability import request_log
from kamiyo_api.observability.request_log import route_of
from kamiyo_api.policies import UNROUTED, Policy
from kamiyo_api.web import headers

# With what is known of it, each takes 2 kB and its compressed body.
SENT_AT_MOST = 3_000
LONGEST_ADDRESS = 500
LONGEST_COMPRESSED = 8 * 1024

log = logging.getLogger(__name__)


class SentAnswer(NamedTuple):
    """An answer that came from the cache: the policy of its view, what was asked, how it was sent;
    of its body only the tag, unless that was compressed."""

    policy: Policy
    route: str
    cache_key: str
    etag: str
    headers: list[tuple[str, str]]
    compressed: bytes | None


# What the answer to a plain GET depends on: host, path, query string, accepted encodings. Flask
# refuses a host that cannot be one.
Address = tuple[str, str, str, str]


def address(environ: WSGIEnvironment) -> Address:
    """Return what a request asks for."""
    given = environ.get
    host, encodings = given("HTTP_HOST", ""), given("HTTP_ACCEPT_ENCODING", "")
    return host, environ["PATH_INFO"], given("QUERY_STRING", ""), encodings


class FastPath:
    """Wraps Flask: answers what it can, and hands on the rest."""

    def __init__(self, flask: WSGIApplication, services: Services) -> None:
        self._flask = flask
        self._services = services

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        sent = self._sent_before(environ)
        body = None if sent is None else answer_again(current_state(), sent)
        if sent is None or body is None:
            return self._flask(environ, start)
        start("200 OK", sent.headers)
        return [body]

    def _sent_before(self, environ: WSGIEnvironment) -> SentAnswer | None:
        is_plain = environ["REQUEST_METHOD"] == "GET" and headers.is_plain(environ)
        return self._services.sent_answers.get(address(environ)) if is_plain else None


def answer_again(state: RequestState, sent: SentAnswer) -> bytes | None:
    """Return the body that was sent before, and finish the request; None if Flask has to answer,
    be it with why the request is not admitted, in the one shape of errors."""
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
    """Admit a request, and return the body that was sent before; None if its key is not known in
    this process or lacks the scope, and if something else or nothing is cached."""
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
    return sent.compressed or body


def remember(response: Response) -> Response:
    """Note an answer that came from the cache, if the next client may have it as it is."""
    state = current_state()
    is_hit = state.cache_result is LookupState.HIT and response.status_code == 200
    if is_hit and state.method == "GET" and headers.is_plain(state.environ):
        asked, sent = address(state.environ), sent_now(current_request(), state, response)
        is_small = len(sent.compressed or b"") <= LONGEST_COMPRESSED
        if is_small and sum(map(len, asked)) <= LONGEST_ADDRESS:
            state.services.sent_answers.put(asked, sent)
    return response


def sent_now(request: Request, state: RequestState, response: Response) -> SentAnswer:
    """Return the answer to a request as it is sent; the server dates each anew."""
    sent = response.get_wsgi_headers(request.environ).to_wsgi_list()
    return SentAnswer(
        state.policy or UNROUTED,
        route_of(request),
        state.lookup.key if state.lookup else "",
        response.headers["ETag"],
        [each for each in sent if each[0] != "Date"],
        response.get_data() if "Content-Encoding" in response.headers else None,
    )


def init_app(app: Flask, services: Services) -> None:
    """Stand before Flask; call before what adds headers to answers, to see them all."""
    app.after_request(remember)
    app.wsgi_app = FastPath(app.wsgi_app, services)  # type: ignore[assignment, method-assign]
