"""The index of the API."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields


class Index(ma.Schema):
    """The entry points of the API."""

    version = fields.String(required=True, metadata={"description": "The version of the service."})
    openapi = fields.String(required=True, metadata={"description": "The OpenAPI document."})
    docs = fields.String(required=True, metadata={"description": "The documentation for people."})
    errors = fields.String(required=True, metadata={"description": "Every error code."})
    agents = fields.String(required=True, metadata={"description": "The search; needs a key."})
    chains = fields.String(required=True, metadata={"description": "The chains; needs a key."})
    key = fields.String(required=True, metadata={"description": "The rights of the key."})
