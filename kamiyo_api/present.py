"""The present request, for what runs in each: flask's own names look it up at every use."""

from __future__ import annotations

from typing import Any

from flask import Request, g, request


def present() -> tuple[Request, dict[str, Any]]:
    """The present request, and what was noted of it in flask.g, by name."""
    return request._get_current_object(), vars(g)  # type: ignore[attr-defined]
