"""x402 payments: link, list."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded, names, pages, uris
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.marks import unstorable
from kamiyo_api.schemas.on_chain import SOURCES, source

STATUSES = {
    "pending": "Not settled yet.",
    "verified": "Settled: the transaction is on chain.",
    "failed": "Not settled: the transaction failed or was not seen in time; it may settle later.",
    "rejected": "Settled: the payment was refused.",
}
# No registry on chain has payments.
PAYMENT_SOURCES = {word: SOURCES[word] for word in ("import", "api")}
NETWORK = "The chain in the words of x402, instead of chain: base-sepolia or eip155:84532."
LOG_INDEX = "The log of the transfer in its block, for one of several in a transaction."
PAYER = "Who paid: `from` of the authorization."
PAYEE = "Who was paid: `to` of the authorization, payTo of the requirements."
NONCE = "The nonce of the authorization; it goes with payer_address."


class PaymentsQuery(pages.Page):
    """The filter of a list of payments, and its page."""

    status = pages.statuses(STATUSES)
    source = Choice(
        PAYMENT_SOURCES, about="The source of the payments; all by default.", load_default=None
    )


class PaymentToLink(bounded.Schema):
    """A payment to an agent; send it again with its new status to settle it. It is the one with
    this log_index, or with this nonce of its payer_address; without both, it is the only payment
    of its transaction to this agent."""

    agent_uuid = own.Identifier(required=True)
    chain = names.ChainName(load_default=None)
    network = names.ChainName(load_default=None, description=NETWORK)
    tx_hash = own.Hash32(required=True)
    log_index = own.BigInteger(
        low=0, high=2**31 - 1, load_default=None, metadata={"description": LOG_INDEX}
    )
    payer_address = own.Address(load_default=None, metadata={"description": PAYER})
    payee_address = own.Address(load_default=None, metadata={"description": PAYEE})
    nonce = own.Hash32(load_default=None, metadata={"description": NONCE})
    amount_usdc = own.Amount(digits=14, places=6, required=True)
    status = Choice(STATUSES, required=True)
    endpoint = uris.Endpoint(load_default=None)
    failure_reason = own.Text(max_length=1000, load_default=None)

    @ma.validates_schema
    def _chain_or_network(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("chain") is None and data.get("network") is None:
            raise ma.ValidationError("Give the chain, or the network of x402.", "chain")

    @ma.validates_schema
    def _payer_of_nonce(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("nonce") is not None and data.get("payer_address") is None:
            raise ma.ValidationError("Give it too: a nonce belongs to its payer.", "payer_address")

    @ma.validates_schema
    def _reason_of_failure(self, data: dict[str, Any], **_: Any) -> None:
        failed = data.get("status") in ("failed", "rejected")
        if data.get("failure_reason") is not None and not failed:
            raise ma.ValidationError("Only a failed or rejected payment has one.", "failure_reason")


class Payment(OnChain):
    """A payment to an agent."""

    payment_id = fields.UUID(required=True)
    agent_uuid = fields.UUID(required=True)
    network = fields.String(
        required=True,
        metadata={"description": "The chain's name in x402, version 1; version 2 has caip2."},
    )
    tx_hash = fields.String(required=True)
    log_index = fields.Integer(required=True, allow_none=True, metadata={"description": LOG_INDEX})
    payer_address = fields.String(required=True, allow_none=True, metadata={"description": PAYER})
    payee_address = fields.String(required=True, allow_none=True, metadata={"description": PAYEE})
    nonce = fields.String(required=True, allow_none=True)
    amount_usdc = fields.String(required=True)
    status = Choice(STATUSES, required=True)
    endpoint = fields.String(required=True, allow_none=True)
    failure_reason = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    verified_at = own.timestamp(required=True, allow_none=True)
    source = source(meanings=PAYMENT_SOURCES)
    unstorable = unstorable()
    truncated = pages.truncated()


class PaymentPage(ma.Schema):
    """One page of payments, newest first."""

    payments = fields.List(fields.Nested(Payment), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
