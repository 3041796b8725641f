"""The HTTP endpoints, one blueprint per resource."""

from __future__ import annotations

from flask import Flask

from kamiyo_api.config import API_PREFIX
from kamiyo_api.routes import (
    agents,
    chains,
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
    for resource in (agents, stats, feedback, payments, validations, metadata, chains, keys):
        prefix = f"{API_PREFIX}{resource.PREFIX}"
        api.register_blueprint(resource.blueprint, url_prefix=prefix)
    api.register_blueprint(health.blueprint)
    docs.init_app(app)
