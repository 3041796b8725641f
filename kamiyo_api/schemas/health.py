"""How the service is."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields, validate


class Health(ma.Schema):
    """The state of the service and of what it stands on."""

    status = fields.String(
        required=True, validate=validate.OneOf(["healthy", "degraded", "unhealthy"])
    )
    checks = fields.Dict(keys=fields.String(), values=fields.String(), required=True)


class Live(ma.Schema):
    """The process answers."""

    status = fields.String(required=True)
