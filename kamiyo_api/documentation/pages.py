"""The documentation pages; they use the layout of the explorer, even if it is turned off."""

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

# The URLs that are safe to show in a shell command.
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
    """Show all error codes; the "type" of an error links here."""
    codes = explained(services().config.max_content_length)
    return rendered("errors.html", codes=sorted(codes))


def service_url() -> str:
    """Return the URL of the service as the client used it, without a trailing slash."""
    url = request.host_url
    return (url if HOST.fullmatch(url) else LOCAL).rstrip("/")


def rendered(template: str, **values: object) -> Response:
    """Return a page that browsers revalidate before they show it again."""
    explored = services().config.explorer
    page = render_template(f"documentation/{template}", explored=explored, **values)
    response = make_response(page)
    response.headers["Cache-Control"] = "no-cache"
    return response
