"""The stylesheet and the script, under URLs that contain their digests."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, url_for

from kamiyo_api import errors
from kamiyo_api.policies import public

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
FOREVER = "public, max-age=31536000, immutable"
# Separate from the pages, because the documentation uses it even if they are turned off.
blueprint = Blueprint("assets", __name__, template_folder="templates")


@blueprint.get("/assets/<digest>/<name>")
@public()
def asset(digest: str, name: str) -> Response:
    """Return a file of the explorer; its digest is part of its URL."""
    if name not in files() or digest != digest_of(name):
        raise errors.NotFound("This file has changed; reload the page.")
    response = Response(files()[name], mimetype=TYPES[Path(name).suffix])
    response.headers["Cache-Control"] = FOREVER
    return response


@cache
def files() -> dict[str, bytes]:
    """Return the files by name, as they were when the process first read them."""
    return {each.name: each.read_bytes() for each in FOLDER.iterdir() if each.suffix in TYPES}


@cache
def digest_of(name: str) -> str:
    """Return the digest of a file."""
    return hashlib.sha256(files()[name]).hexdigest()[:12]


def address_of(name: str) -> str:
    """Return the URL of a file."""
    return url_for("assets.asset", digest=digest_of(name), name=name)


def init_app(app: Flask) -> None:
    """Serve the files, and make their URLs available in templates."""
    app.register_blueprint(blueprint)
    app.add_template_global(address_of, "asset")
