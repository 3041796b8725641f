"""Errors of pages: the errors of the API, with the same status, as HTML."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, render_template, request
from werkzeug.exceptions import HTTPException, NotFound

from kamiyo_api import errors
from kamiyo_api.config import API_PREFIX
from kamiyo_api.explorer.pages import blueprint
from kamiyo_api.web import problems

PROBLEM = "application/problem+json"
HEADINGS = {
    404: "Page not found",
    429: "Too many requests",
    503: "The service is temporarily unavailable",
}
OTHER = "This page cannot be shown"


def as_page(answer: Response) -> Response:
    """Return an error answer as a page."""
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
    """Return 404 as a page to a browser, and as a problem to a program."""
    answer = problems.answer_http_error(error)
    return as_page(answer) if is_browser() else answer


def is_browser() -> bool:
    """Return whether a request outside the API prefers HTML to JSON."""
    if request.path.startswith(API_PREFIX):
        return False
    kinds = ["application/json", "text/html"]
    return request.accept_mimetypes.best_match(kinds) == "text/html"


def init_app(app: Flask) -> None:
    """Register the page for unknown paths."""
    app.register_error_handler(404, show_unknown_path)
