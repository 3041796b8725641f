"""The OpenAPI document, and the redirect to the page that shows it."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, url_for
from werkzeug.sansio.response import Response

from kamiyo_api.policies import public
from kamiyo_api.web.openapi import api

blueprint = Blueprint("openapi", __name__)


@public()
def index() -> Response:
    """Redirect to the documentation; this is the start page if the explorer is turned off."""
    return redirect(url_for("docs.show"), 302)


@blueprint.get("/openapi.json")
@public()
def document() -> Response:
    """Return the OpenAPI 3.1 document."""
    return current_app.json.response(api.spec.to_dict())


def init_app(app: Flask) -> None:
    """Register the document."""
    app.register_blueprint(blueprint)
