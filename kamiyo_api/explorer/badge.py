"""The badge of an agent: an image of its score with the interval, to embed on other sites."""

from __future__ import annotations

import orjson
from flask import Response, render_template, request

from kamiyo_api.explorer.agent import stats_of
from kamiyo_api.explorer.pages import page
from kamiyo_api.explorer.words import why_unknown
from kamiyo_api.web.headers import etag_of

FRESH = "public, max-age=300"


@page("/badge/<uuid:agent_uuid>.svg")
def show_badge(agent_uuid: str) -> Response:
    """Return the badge of an agent."""
    stats = orjson.loads(stats_of(agent_uuid))
    image = render_template(
        "explorer/badge.svg", stats=stats, unknown=why_unknown(stats["caveats"])
    )
    response = Response(image, mimetype="image/svg+xml")
    response.headers["Cache-Control"] = FRESH
    response.headers["ETag"] = etag_of(image.encode())
    response.make_conditional(request)
    return response
