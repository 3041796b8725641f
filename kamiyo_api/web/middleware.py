"""The outermost middleware: set the state of each request, and add the headers of every answer.

The headers are added here rather than by Flask, where adding one means a search among all others.
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

VALID_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")

SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    (
        "Content-Security-Policy",
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'",
    ),
)
API_HEADERS = (("Cache-Control", "private, no-cache"),)
HTTPS_HEADERS = (("Strict-Transport-Security", "max-age=31536000"),)


class StateMiddleware:
    """The WSGI middleware that sets the state of each request, and adds the headers of the state to
    its answer. Views set none of these headers."""

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
    """Wrap the application in StateMiddleware, and that in ProxyFix, which finds the client's
    address."""
    app.wsgi_app = StateMiddleware(app.wsgi_app, services)  # type: ignore[assignment, method-assign]
    hops = services.config.trusted_proxies
    if hops:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]


def headers_for(environ: WSGIEnvironment, request_id: str) -> list[Header]:
    """Return the headers of the answer to a request, whatever its status."""
    path = environ["PATH_INFO"]
    headers: list[Header] = [*SECURITY_HEADERS]
    if environ["wsgi.url_scheme"] == "https":
        headers += HTTPS_HEADERS
    if path.startswith(API_PREFIX):
        headers += API_HEADERS
    headers.append(("X-Request-ID", request_id))
    return headers


def request_id_of(environ: WSGIEnvironment) -> str:
    """Return the client's X-Request-ID if it is valid, else a new id."""
    sent: str | None = environ.get("HTTP_X_REQUEST_ID")
    return sent if sent is not None and VALID_REQUEST_ID.fullmatch(sent) else new_id()
