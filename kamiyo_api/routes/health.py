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

blueprint = ApiBlueprint("health", __name__, description="Is the service well?")


@blueprint.get("/health")
@public(reads_key=False, is_quiet=True)
@blueprint.response(200, schemas.Health)
@blueprint.alt_response(503, schema=schemas.Health)
def get_health() -> Any:
    """Whether the service can answer, and what is not as it should be.

    200 where it is healthy or degraded, 503 where it is unhealthy. Answers within a second.
    """
    report = checks.report()
    return report, 503 if report["status"] == "unhealthy" else 200


@blueprint.get("/health/live")
@public(reads_key=False, is_quiet=True)
@blueprint.response(200, schemas.Live)
def get_live() -> Any:
    """Whether the process answers; touches nothing."""
    return {"status": "alive"}


@blueprint.get("/metrics")
@public(reads_key=False, is_quiet=True)
@blueprint.response(200, content_type="text/plain", description="Prometheus' text format.")
def get_metrics() -> Response:
    """The metrics of all workers.

    Loopback needs no key; others send METRICS_TOKEN as a bearer token.
    """
    if not (is_loopback() or has_token()):
        raise errors.InvalidApiKey(
            "Metrics are for loopback, or with METRICS_TOKEN as the bearer token."
        )
    return Response(metrics_page.text(), content_type=CONTENT_TYPE_LATEST)


def is_loopback() -> bool:
    """Whether the client is on this machine, and no proxy speaks for somebody else."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def has_token() -> bool:
    """Whether the client sent METRICS_TOKEN."""
    token = services().config.metrics_token
    if token is None:
        return False
    return hmac.compare_digest(secret_of(request.environ).encode(), token.encode())
