"""The blueprint of the explorer, and how its pages are rendered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response, make_response, render_template

from kamiyo_api.policies import public

View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("explorer", __name__, template_folder="templates")
visited = public(counts_visits=True)


def page(rule: str) -> Callable[[View], View]:
    """Serve a view to anyone, with a rate limit per IP address."""

    def decorate(view: View) -> View:
        return blueprint.get(rule)(visited(view))

    return decorate


def as_sent(value: Any) -> Any:
    """Return a value as a client of the API would read it from JSON."""
    return orjson.loads(orjson.dumps(value))


def rendered(template: str, **values: Any) -> Response:
    """Return a page that browsers revalidate before they show it again."""
    response = make_response(render_template(f"explorer/{template}", **values))
    response.headers["Cache-Control"] = "no-cache"
    return response
