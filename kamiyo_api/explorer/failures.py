"""Errors of pages, in words: the same errors as those of the API, with the same status."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, NotFound

from kamiyo_api import errors
from kamiyo_api.config import API_PREFIX
from kamiyo_api.explorer.pages import blueprint
from kamiyo_api.web import problems

PROBLEM = "application/problem+json"
# Those that a page has its own words for.
HEADINGS = {
    404: "There is no such page",
    429: "Too many pages at once",
    503: "The service cannot look this up right now",
}
OTHER = "This cannot be shown"


def as_page(answer: Response) -> Response:
    """Return an answer with a problem as a page."""
    if answer.mimetype != PROBLEM:
        return answer
    problem: dict[str, Any] = answer.get_json()
    heading = HEADINGS.get(answer.status_code, OTHER)
    answer.set_data(render_template("explorer/failure.html", problem=problem, heading=heading))
    answer.content_type = "text/html; charset=utf-8"
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.errorhandler(errors.ApiError)
def show_api_error(error: errors.ApiError) -> Response:
    """Return an error of ours as a page."""
    return as_page(problems.answer_api_error(error))


@blueprint.errorhandler(HTTPException)
def show_http_error(error: HTTPException) -> Response:
    """Return an error of Flask as a page."""
    return as_page(problems.answer_http_error(error))


@blueprint.errorhandler(Exception)
def show_unexpected(error: Exception) -> Response:
    """Return a defect as a page."""
    return as_page(problems.answer_unexpected(error))


def show_unknown_path(error: NotFound) -> Response:
    """Return that a path leads nowhere, as a page to a browser, and to a program as a problem."""
    answer = problems.answer_http_error(error)
    return as_page(answer) if is_browser() else answer


def is_browser() -> bool:
    """Return whether a request outside of the API would rather have a page than JSON."""
    if request.path.startswith(API_PREFIX):
        return False
    kinds = ["application/json", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"


def init_app(app: Flask) -> None:
    """Show paths that lead nowhere to people."""
    app.register_error_handler(404, show_unknown_path)
