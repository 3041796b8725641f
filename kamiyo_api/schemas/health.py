"""The health of the service."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas.choices import Choice


class Health(ma.Schema):
    """The health of the service, and the result of each check."""

    status = Choice(
        {
            "healthy": "Every check is healthy.",
            "degraded": "The service answers requests, but a check fails.",
            "unhealthy": "The service cannot answer requests.",
        },
        required=True,
    )
    checks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Live(ma.Schema):
    """The answer of a running process."""

    status = Choice({"alive": "The process answers."}, required=True)
