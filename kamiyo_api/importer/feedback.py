"""Import feedback: one line, and which queries write it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from kamiyo_api import db
from kamiyo_api.chains import KnownChains
from kamiyo_api.importer.facts import MAX_TAG_BYTES, Facts
from kamiyo_api.importer.references import AgentLine, completer
from kamiyo_api.importer.staging import Kind, Written
from kamiyo_api.importer.values import (
    NULL,
    LineRejected,
    address_of,
    amount_of,
    hash_of,
    integer_of,
    past_of,
    time_column,
)
from kamiyo_api.schemas.fields import INT128_BOUND

MAX_DECIMALS = 18


def parse(number: int, line: bytes, chains: KnownChains) -> AgentLine:
    """Return what a line says. Raises LineRejected."""
    facts = Facts(line, chains)
    client = address_of(facts.fields, "client_address")
    tx_hash, log_index, source_id = facts.identity()
    if log_index == source_id == NULL:
        raise LineRejected("needs tx_hash and log_index, or a source_id of its own")
    # A registry refuses owners: a client in its events became the owner later.
    must_not_own = client if log_index == NULL else None
    columns = [
        tx_hash,
        log_index,
        source_id,
        client,
        *rating_columns(facts.fields, facts.line),
        facts.text("tag1", MAX_TAG_BYTES),
        facts.text("tag2", MAX_TAG_BYTES),
        facts.text("endpoint"),
        facts.text("file_uri"),
        hash_of(facts.fields, "file_hash"),
        *time_columns(facts.fields),
        facts.text("revocation_reason"),
        facts.unstorable(),
    ]
    return AgentLine(number, facts.agent(), facts.chain(), must_not_own, columns)


def rating_columns(feedback: dict[str, Any], line: bytes) -> list[bytes]:
    """Return value, value_decimals and score, from either of value and score.

    Raises LineRejected.
    """
    score = amount_of(feedback, "score", 2, 101)
    value = integer_of(feedback, "value", -INT128_BOUND, INT128_BOUND, line)
    decimals = integer_of(feedback, "value_decimals", 0, MAX_DECIMALS, line)
    if score is None and value is not None:
        return [b"%d" % value, b"%d" % (decimals or 0), NULL]
    if score is None or value is not None or decimals is not None:
        raise LineRejected("needs either value with value_decimals, or score")
    if score > 100:
        raise LineRejected(f"score must be from 0 to 100, not {score}")
    return score_columns(score)


def score_columns(score: Decimal) -> list[bytes]:
    """Return value, value_decimals and score of a score: 87.5 is 8750 with two decimals."""
    decimals = 0 if score == int(score) else 2
    return [b"%d" % int(score.scaleb(decimals)), b"%d" % decimals, str(score).encode()]


def time_columns(feedback: dict[str, Any]) -> list[bytes]:
    """Return created_at and revoked_at, or nulls. Raises LineRejected."""
    created, revoked = past_of(feedback, "created_at"), past_of(feedback, "revoked_at")
    is_revoked = feedback.get("is_revoked", revoked is not None)
    if not isinstance(is_revoked, bool) or is_revoked != (revoked is not None):
        raise LineRejected("is_revoked must be true if there is revoked_at, else false")
    if created is not None and revoked is not None and revoked < created:
        raise LineRejected("revoked_at must not be before created_at")
    return [time_column(created), time_column(revoked)]


def write(tx: db.Transaction) -> Written:
    """Update the feedback that is stored already, and insert the rest."""
    tx.execute("imports_feedback.update_log_index")
    stored = tx.row("imports_feedback.update_stored") or {}
    return Written(tx.execute("imports_feedback.insert_new"), stored["updated"])


FEEDBACK = Kind(
    parse=parse,
    completer=completer,
    create="imports.create_lines",
    copy="imports_feedback.copy_lines",
    analyze_staged="imports.analyze_lines",
    repeated=("imports_feedback.delete_repeated",),
    write=write,
    analyze=("imports_feedback.analyze_feedback",),
)
