"""The health of the service."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate


class Health(ma.Schema):
    """The health of the service, and the result of each check."""

    status = fields.String(
        required=True, validate=validate.OneOf(["healthy", "degraded", "unhealthy"])
    )
    checks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Live(ma.Schema):
    """The answer of a process that is alive."""

    status = fields.String(required=True)
