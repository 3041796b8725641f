"""The API key of the caller: its rights and its limits."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own


class Limit(ma.Schema):
    """A rate limit: `amount` requests of a kind in `seconds` seconds."""

    kind = fields.String(required=True, metadata={"description": "requests, registrations, writes"})
    amount = fields.Integer(required=True)
    seconds = fields.Integer(required=True)
    remaining = fields.Integer(required=True)
    reset_at = fields.Integer(required=True, metadata={"description": "Epoch seconds."})


class Key(ma.Schema):
    """The API key of the request."""

    key_prefix = fields.String(required=True)
    name = fields.String(required=True)
    tier = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    wallet_address = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    expires_at = own.timestamp(required=True, allow_none=True)
    limits = fields.List(fields.Nested(Limit), required=True)
