"""Headers that every answer carries, put on it where it leaves: past Flask's own, each of
which costs a search among all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CARRIED = "kamiyo.carried"

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


class Carrier:
    """Sends the security headers, what all answers of the API say, and what a request was
    given by carry(); none of them is one that a view sets."""

    def __init__(self, application: WSGIApplication, api_prefix: str) -> None:
        self._application = application
        self._api_prefix = api_prefix

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        carried = environ[CARRIED] = list(SECURITY)
        if environ["wsgi.url_scheme"] == "https":
            carried += BY_HTTPS
        if environ["PATH_INFO"].startswith(self._api_prefix):
            carried += OF_THE_API

        def start_carrying(
            status: str, headers: list[tuple[str, str]], *rest: Any
        ) -> Callable[..., object]:
            return start(status, headers + carried, *rest)

        return self._application(environ, start_carrying)


def carry(environ: WSGIEnvironment, *headers: tuple[str, str]) -> None:
    """Send headers with the answer to a request, whatever becomes of it."""
    environ[CARRIED].extend(headers)
