"""The HTTP endpoints, one blueprint per resource."""

from __future__ import annotations

from flask import Flask

from kamiyo_api.config import API_PREFIX
from kamiyo_api.routes import (
    agents,
    chains,
    decisions,
    feedback,
    health,
    index,
    keys,
    lookup,
    metadata,
    on_chain,
    openapi,
    payments,
    reviewers,
    stats,
    trust,
    validations,
)
from kamiyo_api.web.openapi import api

# In the order in which the documentation shows them.
RESOURCES = (
    index,
    agents,
    lookup,
    stats,
    decisions,
    trust,
    reviewers,
    on_chain,
    feedback,
    payments,
    validations,
    metadata,
    chains,
    keys,
)


def init_app(app: Flask) -> None:
    """Register every blueprint."""
    for resource in RESOURCES:
        prefix = f"{API_PREFIX}{resource.PREFIX}"
        api.register_blueprint(resource.blueprint, url_prefix=prefix)
    api.register_blueprint(health.blueprint)
    openapi.init_app(app)
