"""x402 payments: list, link."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kamiyo_api import db, errors, outages
from kamiyo_api.cache.invalidation import invalidate_agent
from kamiyo_api.observability import metrics
from kamiyo_api.policies import requires, transactional
from kamiyo_api.routes.agent_access import require_active_agent
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import payments as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
ALL, BY_STATUS = "payments.list_by_agent", "payments.list_by_status"
# A status may only be replaced by one with a higher number; those with the highest are final.
AGES = {"pending": 0, "failed": 1, "verified": 2, "rejected": 2}
FINAL = ("verified", "rejected")
PARTIES = ("payer_address", "payee_address", "nonce")
SETTLEMENT_FIELDS = ("status", "endpoint", "failure_reason")
DETAILS = (*SETTLEMENT_FIELDS, *PARTIES, "log_index")
blueprint = ApiBlueprint("payments", __name__, description="List and link x402 payments.")


@blueprint.get("/<uuid:agent_uuid>/payments")
@requires("read")
@blueprint.arguments(schemas.PaymentsQuery, location="query")
@blueprint.response(200, schemas.PaymentPage)
def list_payments(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the payments to one agent, newest first.

    `status` may be repeated. Long texts are shortened; `truncated` names them.
    """
    page = pages.NewestFirst("payments", "payment_id", query, agent_uuid)
    list_query = BY_STATUS if query["status"] else ALL
    rows = db.rows(list_query, agent_uuid=agent_uuid, **page.parameters())
    if not rows and db.row("agents.get_registration", agent_uuid=agent_uuid) is None:
        raise errors.AgentNotFound
    return page.answer(rows)


@blueprint.get("/payments/<uuid:payment_id>")
@requires("read")
@blueprint.response(200, schemas.Payment)
def get_payment(payment_id: str) -> Any:
    """Return one payment in full."""
    payment = db.row("payments.get", payment_id=payment_id, longest=pages.WHOLE)
    if payment is None:
        raise errors.PaymentNotFound
    return payment


@blueprint.post("/link-payment")
@requires("payments")
@transactional
@blueprint.arguments(schemas.PaymentToLink)
@blueprint.response(201, schemas.Payment)
@blueprint.alt_response(200, schema=schemas.Payment, description="Already linked, or settled now.")
def link_payment(tx: db.Transaction, payment: dict[str, Any]) -> Any:
    """Link an x402 payment to the agent that received it.

    One transaction may contain many payments: send `log_index`, or `payer_address` and `nonce`, to
    distinguish them. The same body sent again returns 200. Send a payment again with a later status
    to settle it: `pending` can become `failed`, and both can become `verified` or `rejected`, which
    are final. An earlier status changes nothing; the answer shows the stored payment. Only a new
    payment requires an active agent.
    """
    invalidate_agent(tx, payment["agent_uuid"])
    linked = tx.row("payments.get_for_update", **payment)
    if linked is None:
        tx.row("payments.get_lock", **payment)
        require_active_agent(tx, payment["agent_uuid"])
        inserted = tx.row("payments.insert", **payment)
        if inserted is not None:
            tx.after_commit.append(metrics.payments_linked.inc)
            return inserted, 201
        linked = tx.row("payments.get_for_update", **payment)
    return relink(tx, linked, payment), 200


def relink(tx: db.Transaction, linked: db.Row | None, payment: dict[str, Any]) -> Any:
    """Return the linked payment, updated with a later status or additional fields of a body.

    Raises PaymentAlreadyLinked, InvalidTransition, TransactionFailed.
    """
    if linked is None:
        # It was deleted after it conflicted with the insert.
        raise outages.TransactionFailed
    if is_another(linked, payment):
        raise errors.PaymentAlreadyLinked
    if AGES[payment["status"]] < AGES[linked["status"]]:
        return linked
    if AGES[payment["status"]] == AGES[linked["status"]]:
        refuse_contradiction(linked, payment)
        if has_nothing_new(linked, payment):
            return linked
    return tx.row("payments.update_linked", payment_id=linked["payment_id"], **payment)


def is_another(linked: db.Row, payment: dict[str, Any]) -> bool:
    """Return whether a body contradicts the payment with the same log or nonce."""
    same_log = linked["tx_hash"] != payment["tx_hash"] or is_same(linked, payment, "log_index")
    return (
        linked["agent_uuid"] != payment["agent_uuid"]
        or Decimal(linked["amount_usdc"]) != payment["amount_usdc"]
        or not same_log
        or not all(is_same(linked, payment, name) for name in PARTIES)
    )


def is_same(linked: db.Row, payment: dict[str, Any], name: str) -> bool:
    """Return whether a field equals the stored one; an unknown one always does."""
    return None in (linked[name], payment[name]) or linked[name] == payment[name]


def refuse_contradiction(linked: db.Row, payment: dict[str, Any]) -> None:
    """Refuse a body that differs from the payment without a later status. Raises
    InvalidTransition, PaymentAlreadyLinked."""
    if not all(is_same(linked, payment, name) for name in SETTLEMENT_FIELDS):
        raise errors.InvalidTransition(
            f"This payment is {linked['status']} and its details cannot change; a pending one can "
            "be settled as verified, failed or rejected, a failed one as verified or rejected."
        )
    if linked["tx_hash"] != payment["tx_hash"] and linked["status"] in FINAL:
        raise errors.PaymentAlreadyLinked


def has_nothing_new(linked: db.Row, payment: dict[str, Any]) -> bool:
    """Return whether a body has no new field. A different transaction of a payment that is not
    final may never settle, so it is not new."""
    if linked["tx_hash"] != payment["tx_hash"]:
        return True
    return all(payment[name] in (None, linked[name]) for name in DETAILS)
