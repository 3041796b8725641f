"""Health, for load balancers and operators, and metrics, for Prometheus."""

from __future__ import annotations

import hmac
import ipaddress
from typing import Any

from flask import Response, request
from prometheus_client import CONTENT_TYPE_LATEST

from kamiyo_api import errors
from kamiyo_api.access.authentication import secret_of
from kamiyo_api.context import services
from kamiyo_api.health import checks, metrics_page
from kamiyo_api.policies import public
from kamiyo_api.schemas import health as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

blueprint = ApiBlueprint("health", __name__, description="Check the health of the service.")


@blueprint.get("/health")
@public(reads_key=False, is_quiet=True)
@blueprint.response(200, schemas.Health)
@blueprint.alt_response(503, schema=schemas.Health)
def get_health() -> Any:
    """Return the health of the service, and the result of each check.

    The status is 200 if the service is healthy or degraded, and 503 if it is unhealthy. The
    answer takes at most a second.
    """
    report = checks.report()
    return report, 503 if report["status"] == "unhealthy" else 200


@blueprint.get("/health/live")
@public(reads_key=False, is_quiet=True)
@blueprint.response(200, schemas.Live)
def get_live() -> Any:
    """Return `alive` if the process answers; check nothing else."""
    return {"status": "alive"}


@blueprint.get("/metrics")
@public(reads_key=False, is_quiet=True)
@blueprint.response(
    200, {"type": "string"}, content_type="text/plain", description="Prometheus' text format."
)
@blueprint.alt_response(401, response="Unauthorized")
def get_metrics() -> Response:
    """Return the metrics of all workers.

    A client on loopback needs no token; others send METRICS_TOKEN as a bearer token.
    """
    if not (is_loopback() or has_token()):
        raise errors.InvalidApiKey(
            "Get the metrics from loopback, or send METRICS_TOKEN as the bearer token."
        )
    return Response(metrics_page.text(), content_type=CONTENT_TYPE_LATEST)


def is_loopback() -> bool:
    """Return whether the client is on this machine, and not a proxy for another client."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def has_token() -> bool:
    """Return whether the client sent METRICS_TOKEN."""
    token = services().config.metrics_token
    if token is None:
        return False
    return hmac.compare_digest(secret_of(request.environ).encode(), token.encode())
