"""The health of the service."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas.choices import Choice


class Health(ma.Schema):
    """The health of the service, and the result of each check."""

    status = Choice(
        {
            "healthy": "Every check is well.",
            "degraded": "Requests are answered, but a check is not well.",
            "unhealthy": "Requests cannot be answered.",
        },
        required=True,
    )
    checks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Live(ma.Schema):
    """The answer of a process that is alive."""

    status = Choice({"alive": "The process answers."}, required=True)
