"""The documentation: the OpenAPI document, the page that shows it, and the error codes."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Flask, current_app, redirect, render_template, url_for
from flask_swagger_ui import get_swaggerui_blueprint
from werkzeug.sansio.response import Response

from kamiyo_api import errors
from kamiyo_api.context import services
from kamiyo_api.policies import public
from kamiyo_api.web import problems
from kamiyo_api.web.openapi import api

# Without a validator, which would send the document to another host.
CONFIG = {"app_name": "kamiyo-api", "validatorUrl": None}
blueprint = Blueprint("docs", __name__, template_folder="../templates")


@blueprint.get("/")
@public()
def index() -> Response:
    """Redirect a browser to the documentation."""
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
    return render_template("errors.html", codes=sorted(explained_codes()))


def explained_codes() -> set[tuple[int, str, str]]:
    """Return the status, code and meaning of every error, of ours and of HTTP's."""
    limit = services().config.max_content_length
    of_http = {
        (status, code, detail.format(limit=limit))
        for status, (code, detail) in problems.HTTP_CODES.items()
    }
    of_ours = {(each.status, each.code, each().detail) for each in coded(errors.ApiError)}
    own_codes = {code for _, code, _ in of_ours}
    return of_ours | {each for each in of_http if each[1] not in own_codes}


def coded(root: type[errors.ApiError]) -> Iterator[type[errors.ApiError]]:
    """Yield the subclasses of an error that have a code of their own."""
    for each in root.__subclasses__():
        if each.code != errors.ApiError.code:
            yield each
        yield from coded(each)


def init_app(app: Flask) -> None:
    """Register the pages; the one of the OpenAPI document loads nothing from other hosts."""
    app.register_blueprint(blueprint)
    ui = get_swaggerui_blueprint("/docs", "/openapi.json", config=CONFIG)
    app.register_blueprint(ui)
    public()(app.view_functions["swagger_ui.show"])
