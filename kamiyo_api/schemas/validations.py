"""Validations: requesting, responding, listing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounds, pages
from kamiyo_api.schemas import fields as own


class ValidationToRequest(bounds.Schema):
    """A validation that an agent's owner asks of a validator (ERC-8004, "Validation Request")."""

    agent_uuid = own.Identifier(required=True)
    validator_address = own.Address(required=True)
    request_hash = own.Hash32(required=True)
    request_uri = own.Uri(load_default=None)
    chain = own.chain(load_default=None)
    registry_address = own.Address(load_default=None)
    expires_at = fields.AwareDateTime(load_default=None, format="iso")

    @ma.validates("expires_at")
    def _lies_ahead(self, value: dt.datetime | None, data_key: str) -> None:
        if value is not None and not dt.datetime.now(dt.UTC) < value < dt.datetime(
            9000, 1, 1, tzinfo=dt.UTC
        ):
            raise ma.ValidationError("Give a time that lies ahead.")

    @ma.post_load
    def _in_utc(self, asked: dict[str, Any], **_: Any) -> dict[str, Any]:
        """PostgreSQL takes no offset of sixteen hours or more."""
        if asked["expires_at"] is not None:
            asked["expires_at"] = asked["expires_at"].astimezone(dt.UTC)
        return asked


class ValidationResponse(bounds.Schema):
    """A validator's answer, 0 to 100; a later one replaces it. Give agent_uuid to be sure which
    agent it is for; chain and registry_address are needed only where that agent asked in several
    registries with the same request_hash."""

    response = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=100))
    response_uri = own.Uri(load_default=None)
    response_hash = own.Hash32(load_default=None)
    tag = own.Text(max_length=256, load_default=None)
    agent_uuid = own.Identifier(load_default=None)
    chain = own.chain(load_default=None)
    registry_address = own.Address(load_default=None)


class Validation(ma.Schema):
    """A validation request with the validator's latest response."""

    validation_id = fields.UUID(required=True)
    agent_uuid = fields.UUID(required=True)
    chain = fields.String(required=True)
    registry_address = fields.String(required=True)
    request_hash = fields.String(required=True)
    request_uri = fields.String(required=True, allow_none=True)
    validator_address = fields.String(required=True)
    status = fields.String(
        required=True, validate=validate.OneOf(["pending", "completed", "expired"])
    )
    response = fields.Integer(required=True, allow_none=True)
    response_uri = fields.String(required=True, allow_none=True)
    response_hash = fields.String(required=True, allow_none=True)
    tag = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    responded_at = own.timestamp(required=True, allow_none=True)
    expires_at = own.timestamp(required=True, allow_none=True)
    truncated = pages.truncated()


class ValidationSummary(ma.Schema):
    """All validations of an agent in three figures."""

    count = fields.Integer(required=True)
    completed = fields.Integer(required=True)
    mean = fields.Float(
        required=True, allow_none=True, metadata={"description": "Of the completed, 0-100."}
    )


class ValidationPage(ma.Schema):
    """One page of validations, newest first."""

    summary = fields.Nested(ValidationSummary, required=True)
    validations = fields.List(fields.Nested(Validation), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
