"""The fast path: answer a read without Flask, if this process sent the same answer before and its
body is still cached in Redis, or if Flask answered the same read before, about another agent or
with another body.

Flask would route and validate such a request and build its headers again. The fast path admits the
request and calls the view with the same functions as Flask, and it has the same metrics and log
line. All other requests continue to Flask, and so do those that failed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Request, Response

from kamiyo_api import errors
from kamiyo_api.access import admission, authentication
from kamiyo_api.cache import answers
from kamiyo_api.cache.backend import LookupState
from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import Header, RequestState, Services, current_request, current_state
from kamiyo_api.observability import request_log
from kamiyo_api.observability.request_log import route_of
from kamiyo_api.policies import UNROUTED, Policy
from kamiyo_api.web import headers
from kamiyo_api.web.known_posts import arguments_in, post_of, record_post
from kamiyo_api.web.known_reads import Answer, Shape, read_of, record_read

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
        ways = WAYS.get(environ["REQUEST_METHOD"], ()) if headers.is_plain(environ) else ()
        answer = fast_answer(current_state(), self._services, ways) if ways else None
        if answer is None:
            return self._flask(environ, start)
        start("200 OK", answer.headers)
        return [answer.body]


def fast_answer(state: RequestState, services: Services, ways: Sequence[Way]) -> Answer | None:
    """Return the answer to a plain request by the first way that has one, and finish the request;
    None if Flask must answer. Flask also answers a request that is not admitted or that fails, in
    the error format."""
    try:
        answer = next(filter(None, (way(state, services) for way in ways)), None)
        if answer is not None:
            request_log.finish(state, answer.route, 200)
    except errors.ApiError:
        return None
    except Exception:
        log.exception("The fast path failed; Flask answers")
        return None
    return answer


def answer_sent_before(state: RequestState, services: Services) -> Answer | None:
    """Return the answer that was sent before to the same request; None if it is not cached any
    more."""
    sent = services.sent_answers.get(request_key(state.environ))
    if sent is None or time.monotonic() >= sent.until:
        return None
    hit = answers.prefetched_hit(state) if is_admitted(state, sent.policy, sent.cache_key) else None
    if hit is None:
        return None
    lookup, body = hit
    if headers.etag_of(body) != sent.etag:
        return None
    answers.record_result(state, lookup, LookupState.HIT)
    return Answer(sent.route, sent.headers, sent.stored or body)


def answer_of_known_read(state: RequestState, services: Services) -> Answer | None:
    """Return the answer of a view that Flask called before with the same query, from the cache or
    computed; None if the view fails, whose error Flask raises again."""
    found = read_of(state.environ)
    read = found and services.known_reads.get(found[0])
    if not found or not read or not is_admitted(state, read.policy, read.cache_key(found[1])):
        return None
    answer = answer_by(state, read.shape, partial(read.view, agent_uuid=found[1]))
    if answer is not None and state.cache_result is LookupState.HIT:
        record_answer(state, answer)
    return answer


def answer_of_known_post(state: RequestState, services: Services) -> Answer | None:
    """Return the answer of a view that Flask called before with another body; None if the body is
    invalid, or if the view fails."""
    key = post_of(state.environ)
    post = key and services.known_posts.get(key)
    if not post or authentication.cached_key(state.environ) is None:
        return None
    arguments = arguments_in(state.environ, post.schema)
    if arguments is None or not is_admitted(state, post.policy, None):
        return None
    return answer_by(state, post.shape, partial(post.view, arguments))


def answer_by(state: RequestState, shape: Shape, view: Callable[[], bytes]) -> Answer | None:
    """Return the answer with the body that a view returns; None if it fails."""
    try:
        body = view()
    except Exception as error:
        state.failure = error
        return None
    return shape.answer_with(body)


Way = Callable[[RequestState, Services], Answer | None]
WAYS: dict[str, tuple[Way, ...]] = {
    "GET": (answer_sent_before, answer_of_known_read),
    "POST": (answer_of_known_post,),
}


def is_admitted(state: RequestState, policy: Policy, cache_key: str | None) -> bool:
    """Admit a request; return False if its API key is not cached in this process or lacks the
    scope. Raises what admit() raises."""
    key = state.api_key or authentication.cached_key(state.environ)
    if key is None or not policy.admits(key):
        return False
    state.api_key = key
    admission.admit(state, policy, cache_key)
    return True


def raise_failure() -> None:
    """Raise the error of a view that the fast path called, so that Flask answers it."""
    failure = current_state().failure
    if failure is not None:
        raise failure


def record_response(response: Response) -> Response:
    """Record what Flask answered, if it can be sent again to any client as it is, or be made about
    another agent."""
    state, request = current_state(), current_request()
    # A page for people has what is cached in it.
    is_api = request.path.startswith(API_PREFIX)
    is_plain = is_api and state.method in WAYS and headers.is_plain(state.environ)
    if not is_plain or response.status_code != 200:
        return response
    answer = Answer(route_of(request), sent_headers(request, response), response.get_data())
    if state.method == "POST":
        record_post(state, request, answer)
        return response
    record_read(state, answer)
    if state.cache_result is LookupState.HIT:
        record_answer(state, answer)
    return response


def sent_headers(request: Request, response: Response) -> list[Header]:
    """Return the headers of a response as it is sent, without the Date header, which the server
    adds."""
    headers = response.get_wsgi_headers(request.environ).to_wsgi_list()
    return [each for each in headers if each[0] != "Date"]


def record_answer(state: RequestState, answer: Answer) -> None:
    """Record an answer that came from the cache."""
    key, by_name = request_key(state.environ), dict(answer.headers)
    is_other_body = "Content-Encoding" in by_name or state.derived_from is not None
    stored = answer.body if is_other_body else None
    if len(stored or b"") > MAX_COMPRESSED_BYTES or sum(map(len, key)) > MAX_REQUEST_KEY_LENGTH:
        return
    sent = SentAnswer(
        state.policy or UNROUTED,
        answer.route,
        state.lookup.key if state.lookup else "",
        state.derived_from or by_name["ETag"],
        answer.headers,
        stored,
        time.monotonic() + SENT_SECONDS,
    )
    state.services.sent_answers.put(key, sent)


def init_app(app: Flask, services: Services) -> None:
    """Wrap Flask in the fast path; call this before others register functions that change answers,
    so that record_response() runs after them."""
    app.before_request(raise_failure)
    app.after_request(record_response)
    app.wsgi_app = FastPath(app.wsgi_app, services)  # type: ignore[assignment, method-assign]
