"""Import payments: one line, and which queries write it."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db
from kamiyo_api.chains import KnownChains
from kamiyo_api.db.copying import escaped
from kamiyo_api.importer.facts import Facts
from kamiyo_api.importer.references import AgentLine, completer
from kamiyo_api.importer.staging import Kind, Written
from kamiyo_api.importer.values import (
    HASH,
    NULL,
    LineRejected,
    address_of,
    amount_of,
    hex_of,
    integer_of,
    past_of,
    shown,
    time_column,
)
from kamiyo_api.schemas.fields import UINT256_MAX
from kamiyo_api.schemas.payments import STATUSES

HIGHEST_AMOUNT = 10**14
AMOUNT_PLACES = 6
# What a payment is known by, in the order of insertion.
BY_LOG, BY_NONCE, BY_AGENT = 1, 2, 3
FAILED = ("failed", "rejected")


def parse(number: int, line: bytes, chains: KnownChains) -> AgentLine:
    """Return what a line says. Raises LineRejected."""
    facts = Facts(line, chains)
    payment = facts.fields
    _, log_index, _ = facts.identity()
    payer, nonce = optional_address_of(payment, "payer_address"), nonce_of(payment, facts.line)
    if nonce != NULL and payer == NULL:
        raise LineRejected("nonce needs payer_address, among whose nonces it is unique")
    status = status_of(payment)
    columns = [
        hex_of(HASH, "tx_hash", payment.get("tx_hash")),
        log_index,
        nonce,
        payer,
        optional_address_of(payment, "payee_address"),
        amount_column(payment),
        status.encode(),
        facts.text("endpoint"),
        reason_column(facts, status),
        *time_columns(payment, status),
        facts.unstorable(),
        escaped(facts.line) if log_index == nonce == NULL else NULL,
    ]
    return AgentLine(number, facts.agent(), network_of(facts), None, columns)


def network_of(facts: Facts) -> bytes:
    """Return the chain of the payment, which x402 calls its network, or null.

    Raises LineRejected.
    """
    network = facts.chain("network")
    return facts.chain() if network == NULL else network


def optional_address_of(payment: dict[str, Any], name: str) -> bytes:
    """Return an address in lower case, or null. Raises LineRejected."""
    return NULL if payment.get(name) is None else address_of(payment, name)


def nonce_of(payment: dict[str, Any], line: bytes) -> bytes:
    """Return the nonce as 32 bytes in hex, given so or as a number, or null.

    Raises LineRejected.
    """
    nonce = payment.get("nonce")
    if isinstance(nonce, str) and HASH.fullmatch(nonce):
        return nonce.lower().encode()
    number = integer_of(payment, "nonce", 0, UINT256_MAX, line)
    return NULL if number is None else f"0x{number:064x}".encode()


def amount_column(payment: dict[str, Any]) -> bytes:
    """Return the amount. Raises LineRejected."""
    amount = amount_of(payment, "amount_usdc", AMOUNT_PLACES, HIGHEST_AMOUNT)
    if amount is None:
        raise LineRejected("needs amount_usdc, a decimal such as 12.50")
    return f"{amount:f}".encode()


def status_of(payment: dict[str, Any]) -> str:
    """Return the status. Raises LineRejected."""
    status = payment.get("status")
    if not isinstance(status, str) or status not in STATUSES:
        raise LineRejected(f"status must be one of {', '.join(STATUSES)}, not {shown(status)}")
    return status


def reason_column(facts: Facts, status: str) -> bytes:
    """Return why the payment failed, or null. Raises LineRejected."""
    reason = facts.text("failure_reason")
    if reason != NULL and status not in FAILED:
        raise LineRejected("failure_reason is only for a failed or rejected payment")
    return reason


def time_columns(payment: dict[str, Any], status: str) -> list[bytes]:
    """Return created_at and verified_at, or nulls. Raises LineRejected."""
    created, verified = past_of(payment, "created_at"), past_of(payment, "verified_at")
    if verified is not None and status != "verified":
        raise LineRejected("verified_at is only for a verified payment")
    if created is not None and verified is not None and verified < created:
        raise LineRejected("verified_at must not be before created_at")
    return [time_column(created), time_column(verified)]


def write(tx: db.Transaction) -> Written:
    """Update the payments that are stored already, and insert the rest: those with a log, then
    those with a nonce, then those without, as one that knows less may mean one that knows more."""
    written = update_stored(tx)
    for known_by in BY_LOG, BY_NONCE, BY_AGENT:
        new = tx.row("imports_payments.insert_new", known_by=known_by) or {}
        again = update_stored(tx)
        written = Written(
            written.inserted + new["inserted"],
            written.updated + again.updated,
            written.older + again.older,
        )
    return written


def update_stored(tx: db.Transaction) -> Written:
    """Update what is stored of the staged payments until none of them is stored."""
    written = Written(0, 0)
    while True:
        stored = tx.row("imports_payments.update_stored") or {}
        if not stored["known"]:
            return written
        written = Written(0, written.updated + stored["updated"], written.older + stored["older"])


PAYMENTS = Kind(
    parse=parse,
    completer=completer,
    create="imports.create_lines",
    copy="imports_payments.copy_lines",
    analyze_staged="imports_payments.analyze_lines",
    repeated=(
        "imports_payments.delete_repeated_nonces",
        "imports_payments.delete_repeated_logs",
        "imports_payments.delete_repeated",
    ),
    write=write,
    analyze=("imports_payments.analyze_payments",),
    left="imports_payments.delete_left",
)
