"""Validations: request, respond, list."""

from __future__ import annotations

import datetime as dt
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounded, names, pages, uris
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.marks import unstorable
from kamiyo_api.schemas.on_chain import SOURCES, as_of_block, source

STATUSES = {
    "pending": "The validator has not responded yet.",
    "completed": "The validator has responded; a later response replaces this one.",
    "expired": "The validator did not respond in time, and can no longer.",
}


class ValidationsQuery(pages.Page):
    """The filter of a list of validations, and its page."""

    status = pages.statuses(STATUSES)
    source = Choice(
        SOURCES, about="The source of the validations; all by default.", load_default=None
    )


class ValidationToRequest(bounded.Schema):
    """A validation that an agent's owner requests (ERC-8004, "Validation Request")."""

    agent_uuid = own.Identifier(required=True)
    validator_address = own.Address(required=True)
    request_hash = own.Hash32(required=True)
    request_uri = uris.Uri(load_default=None)
    chain = names.ChainName(load_default=None)
    registry_address = own.Address(load_default=None)
    expires_at = fields.AwareDateTime(load_default=None, format="iso")

    @ma.validates("expires_at")
    def _is_in_future(self, value: dt.datetime | None, data_key: str) -> None:
        if value is not None and not dt.datetime.now(dt.UTC) < value < dt.datetime(
            9000, 1, 1, tzinfo=dt.UTC
        ):
            raise ma.ValidationError("Give a time in the future.")

    @ma.post_load
    def _in_utc(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        # PostgreSQL accepts no UTC offset of sixteen hours or more.
        if data["expires_at"] is not None:
            data["expires_at"] = data["expires_at"].astimezone(dt.UTC)
        return data


class ValidationResponse(bounded.Schema):
    """A validator's response from 0 to 100; a later one replaces it.

    Send agent_uuid to choose the agent; chain and registry_address are needed only if that agent
    used the same request_hash in several registries.
    """

    response = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=100))
    response_uri = uris.Uri(load_default=None)
    response_hash = own.Hash32(load_default=None)
    tag = own.Text(max_length=256, load_default=None)
    agent_uuid = own.Identifier(load_default=None)
    chain = names.ChainName(load_default=None)
    registry_address = own.Address(load_default=None)


class Validation(OnChain):
    """A validation request with the validator's latest response."""

    validation_id = fields.UUID(required=True)
    agent_uuid = fields.UUID(required=True)
    registry_address = fields.String(required=True)
    request_hash = fields.String(required=True)
    request_uri = fields.String(required=True, allow_none=True)
    validator_address = fields.String(required=True)
    status = Choice(STATUSES, required=True)
    response = fields.Integer(required=True, allow_none=True)
    response_uri = fields.String(required=True, allow_none=True)
    response_hash = fields.String(required=True, allow_none=True)
    tag = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    responded_at = own.timestamp(required=True, allow_none=True)
    expires_at = own.timestamp(required=True, allow_none=True)
    source = source()
    as_of_block = as_of_block()
    unstorable = unstorable()
    truncated = pages.truncated()


class ValidationSummary(ma.Schema):
    """The number of all validations of an agent in any status, and their mean."""

    count = fields.Integer(required=True)
    completed = fields.Integer(required=True)
    mean = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "Of completed ones, 0-100."},
    )


class ValidationPage(ma.Schema):
    """One page of validations, newest first."""

    summary = fields.Nested(ValidationSummary, required=True)
    validations = fields.List(fields.Nested(Validation), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
