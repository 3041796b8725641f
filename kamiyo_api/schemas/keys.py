"""The API key of the caller: its rights and its limits."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.config import TIERS
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice

SCOPES = {
    "read": "Read everything.",
    "write": "Register agents, give feedback, request validations and respond, as one wallet.",
    "payments": "Link payments to any agent.",
    "admin": "All of these, for any wallet; feedback by an agent's own owner is still refused.",
}
KINDS = {
    "requests": "All requests.",
    "registrations": "Registrations of agents.",
    "writes": "All other writes.",
}


class Limit(ma.Schema):
    """A rate limit: `amount` requests of a kind in `seconds` seconds."""

    kind = Choice(KINDS, required=True)
    amount = fields.Integer(required=True)
    seconds = fields.Integer(required=True)
    remaining = fields.Integer(required=True)
    reset_at = fields.Integer(required=True, metadata={"description": "Epoch seconds."})


class Key(ma.Schema):
    """The API key of the request."""

    key_prefix = fields.String(required=True)
    name = fields.String(required=True)
    tier = Choice({name: f"The rate limits of the tier {name}." for name in TIERS}, required=True)
    scopes = fields.List(Choice(SCOPES), required=True)
    wallet_address = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    expires_at = own.timestamp(required=True, allow_none=True)
    limits = fields.List(fields.Nested(Limit), required=True)
