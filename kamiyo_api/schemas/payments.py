"""x402 payments: link, list."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded, pages
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice

STATUSES = {
    "pending": "Not settled yet.",
    "verified": "Settled: the transaction is on chain.",
    "failed": "Settled: the transaction failed.",
    "rejected": "Settled: the payment was refused.",
}


class PaymentToLink(bounded.Schema):
    """A payment to an agent; send a pending one again to settle it."""

    agent_uuid = own.Identifier(required=True)
    chain = own.chain(required=True)
    tx_hash = own.Hash32(required=True)
    amount_usdc = own.Amount(digits=14, places=6, required=True)
    status = Choice(STATUSES, required=True)
    endpoint = own.Endpoint(load_default=None)
    failure_reason = own.Text(max_length=1000, load_default=None)

    @ma.validates_schema
    def _reason_of_failure(self, data: dict[str, Any], **_: Any) -> None:
        failed = data.get("status") in ("failed", "rejected")
        if data.get("failure_reason") is not None and not failed:
            raise ma.ValidationError("Only a failed or rejected payment has one.", "failure_reason")


class Payment(ma.Schema):
    """A payment to an agent."""

    payment_id = fields.UUID(required=True)
    agent_uuid = fields.UUID(required=True)
    chain = fields.String(required=True)
    tx_hash = fields.String(required=True)
    amount_usdc = fields.String(required=True)
    status = Choice(STATUSES, required=True)
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
