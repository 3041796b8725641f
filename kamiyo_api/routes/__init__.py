"""The HTTP endpoints, one blueprint per resource."""

from __future__ import annotations

from flask import Flask

from kamiyo_api.config import API_PREFIX
from kamiyo_api.routes import (
    agents,
    docs,
    feedback,
    health,
    keys,
    metadata,
    payments,
    stats,
    validations,
)
from kamiyo_api.web.openapi import api


def init_app(app: Flask) -> None:
    """Register every blueprint, in the order in which the documentation shows them."""
    for room in (agents, stats, feedback, payments, validations, metadata, keys):
        api.register_blueprint(room.blueprint, url_prefix=f"{API_PREFIX}{room.PREFIX}")
    api.register_blueprint(health.blueprint)
    docs.init_app(app)
