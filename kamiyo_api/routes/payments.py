"""x402 payments: list, link."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.cache.invalidation import invalidate_agent
from kamiyo_api.observability import metrics
from kamiyo_api.policies import requires, transactional
from kamiyo_api.routes.agent_access import require_active_agent
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import payments as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
SETTLEMENT_FIELDS = ("status", "endpoint", "failure_reason")
blueprint = ApiBlueprint("payments", __name__, description="Did its payments go through?")


@blueprint.get("/<uuid:agent_uuid>/payments")
@requires("read")
@blueprint.arguments(pages.Page, location="query")
@blueprint.response(200, schemas.PaymentPage)
def list_payments(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the payments to one agent, newest first.

    Long texts are cut; `truncated` names them.
    """
    page = pages.NewestFirst("payments", "payment_id", query, agent_uuid)
    rows = db.rows("payments.list_by_agent", agent_uuid=agent_uuid, **page.parameters())
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
@blueprint.alt_response(200, schema=schemas.Payment, description="Linked before, or settled now.")
def link_payment(tx: db.Transaction, payment: dict[str, Any]) -> Any:
    """Link an x402 payment to the agent that received it.

    The same body sent again returns 200. Send a pending payment again as verified, failed or
    rejected to settle it; any other change of a linked transaction is refused. Only a new
    payment requires that the agent is active.
    """
    invalidate_agent(tx, payment["agent_uuid"])
    linked = find_linked(tx, payment)
    if linked is None:
        require_active_agent(tx, payment["agent_uuid"])
        inserted = tx.row("payments.insert", **payment)
        if inserted is not None:
            tx.after_commit.append(metrics.payments_linked.inc)
            return inserted, 201
        linked = find_linked(tx, payment)
    return relink(tx, linked, payment), 200


def find_linked(tx: db.Transaction, payment: dict[str, Any]) -> Any:
    """Return the payment that is already linked for this transaction, locked; else None."""
    return tx.row("payments.get_for_update", chain=payment["chain"], tx_hash=payment["tx_hash"])


def relink(tx: db.Transaction, linked: db.Row, payment: dict[str, Any]) -> Any:
    """Settle a pending payment, or return the linked one if nothing is new.

    Raises PaymentAlreadyLinked, InvalidTransition.
    """
    if linked["agent_uuid"] != payment["agent_uuid"]:
        raise errors.PaymentAlreadyLinked
    if Decimal(linked["amount_usdc"]) != payment["amount_usdc"]:
        raise errors.PaymentAlreadyLinked
    if has_nothing_new(linked, payment):
        return linked
    if linked["status"] != "pending" or payment["status"] == "pending":
        raise errors.InvalidTransition(
            f"This payment is {linked['status']}; only a pending one can be settled, "
            "as verified, failed or rejected."
        )
    settled = {name: payment[name] for name in SETTLEMENT_FIELDS}
    return tx.row("payments.update_settled", payment_id=linked["payment_id"], **settled)


def has_nothing_new(linked: db.Row, payment: dict[str, Any]) -> bool:
    """Return whether every field of a body is as stored; one that is left out counts as such."""
    return all(payment[name] in (None, linked[name]) for name in SETTLEMENT_FIELDS)
