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

from flask import Flask, Response

from kamiyo_api import auth, cache, headers, limits, observability
from kamiyo_api.bounded import Bounded
from kamiyo_api.present import extension, notes, present

# With what is known of it, each takes 2 kB and its compressed body.
SENT_AT_MOST = 3_000
LONGEST_ADDRESS = 500
LONGEST_COMPRESSED = 8 * 1024

log = logging.getLogger(__name__)


class Sent(NamedTuple):
    """An answer that came from the cache: who may have it, what was asked, how it was sent; of
    its body only the tag, unless that was compressed."""

    scope: str
    route: str
    resource: str
    key: str
    etag: str
    headers: list[tuple[str, str]]
    compressed: bytes | None


# What the answer to a plain GET depends on: host, path, query string, accepted encodings. Flask
# refuses a host that cannot be one.
Address = tuple[str, str, str, str]


def address(environ: WSGIEnvironment) -> Address:
    """What a request asks for."""
    given = environ.get
    host, encodings = given("HTTP_HOST", ""), given("HTTP_ACCEPT_ENCODING", "")
    return host, environ["PATH_INFO"], given("QUERY_STRING", ""), encodings


class Entrance:
    """Wraps Flask: answers what it can, and hands on the rest with what was found of it."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._flask: WSGIApplication = app.wsgi_app
        self._sent: Bounded[Address, Sent] = app.extensions["sent"]

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with self._app.app_context():
            noted = notes()
            observability.begin(environ, noted)
            sent = self._sent_before(environ)
            body = None if sent is None else finished(sent, environ, noted)
            if sent is None or body is None:
                return self._flask(environ, start)
            start("200 OK", sent.headers)
            return [body]

    def _sent_before(self, environ: WSGIEnvironment) -> Sent | None:
        is_plain = environ["REQUEST_METHOD"] == "GET" and headers.is_plain(environ)
        return self._sent.get(address(environ)) if is_plain else None


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
    return sent.compressed or body


def remember(response: Response) -> Response:
    """Note an answer that came from the cache, where the next client may have it as it is."""
    request, noted = present()
    is_hit = noted.get("cache_result") == "hit" and response.status_code == 200
    if is_hit and request.method == "GET" and headers.is_plain(request.environ):
        asked, sent = address(request.environ), sent_now(response)
        is_small = len(sent.compressed or b"") <= LONGEST_COMPRESSED
        if is_small and sum(map(len, asked)) <= LONGEST_ADDRESS:
            extension("sent").note(asked, sent)
    return response


def sent_now(response: Response) -> Sent:
    """The answer to the present request; the server dates each anew."""
    request, noted = present()
    sent = response.get_wsgi_headers(request.environ).to_wsgi_list()
    return Sent(
        noted["scope"],
        request.url_rule.rule,  # type: ignore[union-attr]
        noted["asked"].resource,
        noted["asked"].key,
        response.headers["ETag"],
        [each for each in sent if each[0] != "Date"],
        response.get_data() if "Content-Encoding" in response.headers else None,
    )


def init_app(app: Flask) -> None:
    """Stand before Flask; call before what adds headers, to see them all, and inside what
    carries those of each request."""
    app.extensions["sent"] = Bounded(SENT_AT_MOST)
    app.after_request(remember)
    app.wsgi_app = Entrance(app)  # type: ignore[assignment, method-assign]
