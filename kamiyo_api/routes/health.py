"""Health, for load balancers and operators."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.auth import public
from kamiyo_api.extensions import ApiBlueprint
from kamiyo_api.schemas import health as schemas

blueprint = ApiBlueprint("health", __name__, description="Is the service well?")


@blueprint.get("/health")
@public
@blueprint.response(200, schemas.Health)
@blueprint.alt_response(503, schema=schemas.Health)
def get_health() -> Any:
    """Whether the service can answer: 200 healthy, 503 unhealthy."""
    try:
        db.row("stats.get_totals")
    except errors.ApiError as error:
        return {"status": "unhealthy", "checks": {"database": error.detail}}, 503
    return {"status": "healthy", "checks": {"database": "ok"}}


@blueprint.get("/health/live")
@public
@blueprint.response(200, schemas.Live)
def get_live() -> Any:
    """Whether the process answers; touches nothing."""
    return {"status": "alive"}
