"""The documentation: the OpenAPI document, the page that shows it, and the error codes."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, redirect, render_template, url_for
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.sansio.response import Response

from kamiyo_api.context import services
from kamiyo_api.error_codes import explained
from kamiyo_api.policies import public
from kamiyo_api.web.openapi import api

# Without a validator, which would send the document to another host.
CONFIG = {"app_name": "kamiyo-api", "validatorUrl": None}
blueprint = Blueprint("docs", __name__, template_folder="../templates")


@public()
def index() -> Response:
    """Redirect a browser to the documentation; this is the first page where no explorer is."""
    return redirect(url_for("swagger_ui.show"), 302)


@blueprint.get("/openapi.json")
@public()
def openapi() -> Response:
    """Return the OpenAPI 3.1 document."""
    return current_app.json.response(api.spec.to_dict())


@blueprint.get("/docs/errors")
@public()
def error_codes() -> str:
    """Return the page of all error codes, to which the "type" of an error leads."""
    codes = explained(services().config.max_content_length)
    return render_template("errors.html", codes=sorted(codes))


def init_app(app: Flask) -> None:
    """Register the pages; the one of the OpenAPI document loads nothing from other hosts."""
    app.register_blueprint(blueprint)
    ui = get_swaggerui_blueprint("/docs", "/openapi.json", config=CONFIG)
    app.register_blueprint(ui)
    public()(app.view_functions["swagger_ui.show"])
