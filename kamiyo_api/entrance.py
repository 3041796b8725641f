"""The way in, before Flask: each request gets its context and its id here, and an answer that
was sent before and is still kept is sent again, with the headers that it had then.

Flask would route, check and put together anew what is known of such a request. What it still
needs is done by what does it in Flask's hooks: its key is found, it is counted, which brings
along what is kept, and it gets its metrics and its log line. All else goes on to Flask.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, current_app, g

from kamiyo_api import auth, cache, headers, limits, observability
from kamiyo_api.bounded import Bounded
from kamiyo_api.present import present

# Each takes about 2 kB.
SENT_AT_MOST = 5_000
LONGEST_ADDRESS = 500
OK_TO_GET = ("GET", 200)

log = logging.getLogger(__name__)


class Sent(NamedTuple):
    """An answer that came from the cache: who may have it, what was asked, how it was sent."""

    scope: str
    route: str
    resource: str
    key: str
    etag: str
    is_short: bool
    headers: list[tuple[str, str]]


class SentAnswers(Bounded[tuple[str, str, str], Sent]):
    """The answers that this process sent from the cache, without their bodies, by address."""

    def find(self, environ: WSGIEnvironment) -> Sent | None:
        """What was sent to a request like this one."""
        if environ["REQUEST_METHOD"] != "GET":
            return None
        sent = self.get(address(environ))
        return sent if sent and headers.is_for_all(environ, sent.is_short) else None


class Entrance:
    """Wraps Flask: answers what it can, and hands on the rest with what was found of it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._flask: WSGIApplication = app.wsgi_app
        self._sent: SentAnswers = app.extensions["sent"]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with self._app.app_context():
            noted = vars(g)
            observability.begin(environ, noted)
            sent = self._sent.find(environ)
            body = None if sent is None else finished(sent, environ, noted)
            if sent is None or body is None:
                return self._flask(environ, start)
            start("200 OK", sent.headers)
            return [body]


def address(environ: WSGIEnvironment) -> tuple[str, str, str]:
    """What a request asks for, and of whom: Flask refuses a host that cannot be one."""
    host = environ.get("HTTP_HOST", "")
    return host, environ["PATH_INFO"], environ.get("QUERY_STRING", "")


def finished(sent: Sent, environ: WSGIEnvironment, noted: dict[str, Any]) -> bytes | None:
    """The body that was sent before, for a request that is over with it; None where Flask has
    to answer, be it with what failed here, in the one shape of errors."""
    try:
        body = body_again(sent, environ, noted)
        if body is not None:
            observability.finish(noted, "GET", sent.route, 200)
    except Exception:
        log.exception("The entrance failed; Flask answers")
        return None
    return body


def body_again(sent: Sent, environ: WSGIEnvironment, noted: dict[str, Any]) -> bytes | None:
    """Count a request, and find the body that was sent to it before; None where its key is not
    at hand, lacks the scope or is used up, and where something else or nothing is kept."""
    key = auth.key_at_hand(environ)
    if key is None or not key.has(sent.scope):
        return None
    noted["api_key"] = key
    question = cache.question(sent.resource, sent.key)
    limits.charge(environ, noted, limits.budgets_of_key(key)["read"], question)
    body = cache.hit_ahead()
    if not body or headers.etag_of(body) != sent.etag:
        return None
    cache.note_result(question, "hit")
    return body


def remember(response: Response) -> Response:
    """Note an answer that came from the cache, where the next client may have it as it is."""
    request, noted = present()
    if noted.get("cache_result") == "hit" and (request.method, response.status_code) == OK_TO_GET:
        is_short = headers.is_short(response)
        asked = address(request.environ)
        if headers.is_for_all(request.environ, is_short) and len("".join(asked)) <= LONGEST_ADDRESS:
            current_app.extensions["sent"].note(asked, sent_now(response, is_short))
    return response


def sent_now(response: Response, is_short: bool) -> Sent:
    """The answer to the present request."""
    request, noted = present()
    return Sent(
        noted["scope"],
        request.url_rule.rule,  # type: ignore[union-attr]
        noted["asked"].resource,
        noted["asked"].key,
        response.headers["ETag"],
        is_short,
        response.get_wsgi_headers(request.environ).to_wsgi_list(),
    )


def init_app(app: Flask) -> None:
    """Stand before Flask; call before what adds headers, to see them all, and inside what
    carries those of each request."""
    app.extensions["sent"] = SentAnswers(SENT_AT_MOST)
    app.after_request(remember)
    app.wsgi_app = Entrance(app)  # type: ignore[assignment, method-assign]
