"""The first of ours that a request meets: it gets its state, and its answer the headers that
every answer carries.

The headers are added here, past Flask's own, each of which costs a search among all others.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import STATE, Header, RequestState, Services
from kamiyo_api.ids import new_id

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

SECURITY = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    # The page that shows the OpenAPI document starts itself by a script in the page.
    (
        "Content-Security-Policy",
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; frame-ancestors 'none'",
    ),
)
OF_THE_API = (("Cache-Control", "private, no-cache"),)
BY_HTTPS = (("Strict-Transport-Security", "max-age=31536000"),)


class StateMiddleware:
    """Gives each request its state; sends the headers of the state with its answer, none of which
    is one that a view sets."""

    def __init__(self, application: WSGIApplication, services: Services) -> None:
        self._application = application
        self._services = services

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        request_id = request_id_of(environ)
        headers = headers_for(environ, request_id)

        def start_with_headers(status: str, own: list[Header], *rest: Any) -> Callable[..., object]:
            return start(status, own + headers, *rest)

        method = environ["REQUEST_METHOD"].upper()
        state = RequestState(self._services, environ, method, request_id, started, headers)
        token = STATE.set(state)
        try:
            return self._application(environ, start_with_headers)
        finally:
            STATE.reset(token)


def init_app(app: Flask, services: Services) -> None:
    """Stand before all else of ours, and behind what says who the client is."""
    app.wsgi_app = StateMiddleware(app.wsgi_app, services)  # type: ignore[assignment, method-assign]
    hops = services.config.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def headers_for(environ: WSGIEnvironment, request_id: str) -> list[Header]:
    """Return the headers that every answer to such a request carries."""
    headers: list[Header] = list(SECURITY)
    if environ["wsgi.url_scheme"] == "https":
        headers += BY_HTTPS
    if environ["PATH_INFO"].startswith(API_PREFIX):
        headers += OF_THE_API
    headers.append(("X-Request-ID", request_id))
    return headers


def request_id_of(environ: WSGIEnvironment) -> str:
    """Return the client's X-Request-ID if it is sane, else a new id."""
    given: str | None = environ.get("HTTP_X_REQUEST_ID")
    return given if given is not None and SANE_REQUEST_ID.fullmatch(given) else new_id()
