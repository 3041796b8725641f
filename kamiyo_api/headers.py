"""What every answer carries beside its body: caching, security, compression, other origins."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_compress import Compress
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from kamiyo_api.config import Config
from kamiyo_api.extensions import API_PREFIX

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # The page that shows the OpenAPI document starts itself by a script in the page.
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; frame-ancestors 'none'"
    ),
}
READABLE_BY_SCRIPTS = [
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-ID",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
]

compress = Compress()


def secure(response: Response) -> Response:
    """Send the security headers; Strict-Transport-Security where the client came by HTTPS."""
    response.headers.extend(SECURITY)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def tag(response: Response) -> Response:
    """Let a client ask for a body again only if it changed (RFC 9110, section 13)."""
    if not request.path.startswith(API_PREFIX):
        return response
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Authorization")
    if request.method in ("GET", "HEAD") and response.status_code == 200:
        response.add_etag(weak=True)
        response.make_conditional(request)
    return response


def init_app(app: Flask, config: Config) -> None:
    """Register what works on answers; the last registered runs first."""
    app.config["COMPRESS_MIN_SIZE"] = 1024
    app.config["COMPRESS_MIMETYPES"] = [
        "application/json",
        "application/problem+json",
        "text/html",
        "text/css",
        "text/javascript",
    ]
    app.config["COMPRESS_ALGORITHM"] = ["zstd", "br", "gzip"]
    compress.init_app(app)
    app.after_request(secure)
    app.after_request(tag)
    if config.cors_origins:
        CORS(app, origins=list(config.cors_origins), expose_headers=READABLE_BY_SCRIPTS)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
