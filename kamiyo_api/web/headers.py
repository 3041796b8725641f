"""Entity tags, compression and CORS headers of answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from wsgiref.types import WSGIEnvironment

from flask import Flask, Response, current_app
from flask_compress import Compress
from flask_compress.flask_compress import _choose_algorithm, _compress_data
from flask_cors import CORS

from kamiyo_api.config import API_PREFIX, Config
from kamiyo_api.config_parsing import origin_pattern
from kamiyo_api.context import current_request

VARY = "Authorization, Accept-Encoding"
EXPOSED_HEADERS = [
    "ETag",
    "Idempotency-Replayed",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
]

# RFC 9110, section 13.1, and Range, as WSGI names them.
CONDITIONS = frozenset(
    {
        "HTTP_IF_MATCH",
        "HTTP_IF_NONE_MATCH",
        "HTTP_IF_MODIFIED_SINCE",
        "HTTP_IF_UNMODIFIED_SINCE",
        "HTTP_IF_RANGE",
        "HTTP_RANGE",
    }
)

NOT_PLAIN = CONDITIONS | {"HTTP_ORIGIN", "HTTP_UPGRADE"}

MIN_COMPRESSED_BYTES = 1024

compress = Compress()


def add_etag(response: Response) -> Response:
    """Add Vary and ETag, and answer conditional requests (RFC 9110, section 13)."""
    request = current_request()
    if not request.path.startswith(API_PREFIX):
        return response
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, {VARY}" if vary else VARY
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        response.headers.add("ETag", etag_of(response.get_data()))
        if not CONDITIONS.isdisjoint(request.environ):
            response.make_conditional(request)
    return response


def etag_of(body: bytes) -> str:
    """Return the entity tag of a body; a weak one, because the body may be sent compressed."""
    return f'W/"{hashlib.sha1(body, usedforsecurity=False).hexdigest()}"'


def is_plain(environ: WSGIEnvironment) -> bool:
    """Return whether a request has no condition, no Origin and no Upgrade header."""
    return NOT_PLAIN.isdisjoint(environ)


def compress_response(response: Response) -> Response:
    """Compress a body if the client accepts that."""
    request = current_request()
    if "HTTP_ACCEPT_ENCODING" not in request.environ and "Vary" in response.headers:
        return response
    return compress.after_request(response)


def compression_for(accepted: str | None) -> tuple[str, Callable[[bytes], bytes]] | None:
    """Return the encoding in which compress_response() sends a long body to a client that accepts
    these, and its function; None if it sends it as it is."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    encoding = accepted and _choose_algorithm(compress.enabled_algorithms, accepted)
    return (encoding, lambda body: _compress_data(app, body, encoding)) if encoding else None


def allow_origins(app: Flask, origins: Sequence[str]) -> None:
    """Allow scripts of these origins to read answers; "*" allows all origins."""
    is_for_all = list(origins) == ["*"]
    CORS(
        app,
        origins="*" if is_for_all else [origin_pattern(each) for each in origins],
        expose_headers=EXPOSED_HEADERS,
        # Send "*" rather than the origin of the request.
        send_wildcard=is_for_all,
        # Do not show the allowed origins to a request without an Origin header.
        always_send=is_for_all,
    )


def init_app(app: Flask, config: Config) -> None:
    """Register the functions that change answers; the last registered runs first."""
    app.config["COMPRESS_MIN_SIZE"] = MIN_COMPRESSED_BYTES
    app.config["COMPRESS_MIMETYPES"] = [
        "application/json",
        "application/problem+json",
        "text/html",
        "text/css",
        "text/javascript",
    ]
    app.config["COMPRESS_ALGORITHM"] = ["zstd", "br", "gzip"]
    app.config["COMPRESS_REGISTER"] = False
    compress.init_app(app)
    app.after_request(compress_response)
    app.after_request(add_etag)
    if config.cors_origins:
        allow_origins(app, config.cors_origins)
