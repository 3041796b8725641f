"""The views of the documentation; they look like the explorer, and are served without it too."""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, render_template, request

from kamiyo_api.context import services
from kamiyo_api.documentation.examples import example_of
from kamiyo_api.documentation.operations import reference
from kamiyo_api.documentation.samples import samples
from kamiyo_api.error_codes import explained
from kamiyo_api.policies import public
from kamiyo_api.schemas.keys import SCOPES

# What a Host header may be to stand in a line for the shell.
HOST = re.compile(r"https?://[\w.:\[\]-]+/", re.ASCII)
LOCAL = "http://127.0.0.1:8000/"

blueprint = Blueprint("docs", __name__, template_folder="templates")


@blueprint.get("/docs/")
@public(counts_visits=True)
def show() -> Response:
    """Show every operation with its scope, its parameters and an example that runs."""
    described, found, url = reference(), samples(), service_url()
    operations = [each for group in described.groups for each in group.operations]
    examples = {each.id: example_of(each, found, url) for each in operations}
    return rendered("docs.html", reference=described, examples=examples, scopes=SCOPES)


@blueprint.get("/docs/errors")
@public()
def error_codes() -> Response:
    """Show all error codes; the "type" of an error leads here."""
    codes = explained(services().config.max_content_length)
    return rendered("errors.html", codes=sorted(codes))


def service_url() -> str:
    """Return the URL at which the client reached the service, without the last slash."""
    url = request.host_url
    return (url if HOST.fullmatch(url) else LOCAL).rstrip("/")


def rendered(template: str, **values: object) -> Response:
    """Return a page, which browsers show again only after asking."""
    explored = services().config.explorer
    page = render_template(f"documentation/{template}", explored=explored, **values)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    return response
