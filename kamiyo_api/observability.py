"""What each request says of itself: its id, on every answer."""

from __future__ import annotations

import re
import uuid

from flask import Flask, Response, g, has_request_context, request

SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def request_id() -> str:
    """The id of the present request: the client's X-Request-ID if it is sane, else a new one."""
    if not has_request_context():
        return "none"
    if "request_id" not in g:
        given = request.headers.get("X-Request-ID", "")
        g.request_id = given if SANE_REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    identifier: str = g.request_id
    return identifier


def answer_with_request_id(response: Response) -> Response:
    """Send the request id with every answer."""
    response.headers["X-Request-ID"] = request_id()
    return response


def init_app(app: Flask) -> None:
    """Register the request id."""
    app.after_request(answer_with_request_id)
