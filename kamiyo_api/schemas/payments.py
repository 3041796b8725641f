"""x402 payments: link, list."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounded, pages
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.chains import OnChain

STATUSES = ("pending", "verified", "failed", "rejected")


class PaymentToLink(bounded.Schema):
    """A payment to an agent; send a pending one again to settle it."""

    agent_uuid = own.Identifier(required=True)
    chain = own.ChainName(required=True)
    tx_hash = own.Hash32(required=True)
    amount_usdc = own.Amount(digits=14, places=6, required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    endpoint = own.Endpoint(load_default=None)
    failure_reason = own.Text(max_length=1000, load_default=None)

    @ma.validates_schema
    def _reason_of_failure(self, data: dict[str, Any], **_: Any) -> None:
        failed = data.get("status") in ("failed", "rejected")
        if data.get("failure_reason") is not None and not failed:
            raise ma.ValidationError("Only a failed or rejected payment has one.", "failure_reason")


class Payment(OnChain):
    """A payment to an agent."""

    payment_id = fields.UUID(required=True)
    agent_uuid = fields.UUID(required=True)
    tx_hash = fields.String(required=True)
    amount_usdc = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    endpoint = fields.String(required=True, allow_none=True)
    failure_reason = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    verified_at = own.timestamp(required=True, allow_none=True)
    truncated = pages.truncated()


class PaymentPage(ma.Schema):
    """One page of payments, newest first."""

    payments = fields.List(fields.Nested(Payment), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
