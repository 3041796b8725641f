"""The documentation of the API as pages: every operation with an example, and every error code."""

from __future__ import annotations

from flask import Flask

from kamiyo_api.documentation.pages import blueprint


def init_app(app: Flask) -> None:
    """Register the pages."""
    app.register_blueprint(blueprint)
