"""Import validations: one line, and which queries write it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kamiyo_api import db
from kamiyo_api.chains import KnownChains
from kamiyo_api.importer.facts import MAX_TAG_BYTES, Facts
from kamiyo_api.importer.references import AgentLine, completer
from kamiyo_api.importer.staging import Kind, Written
from kamiyo_api.importer.values import (
    ADDRESS,
    EARLIEST,
    HASH,
    NULL,
    LineRejected,
    address_of,
    hash_of,
    hex_of,
    integer_of,
    moment_of,
    time_column,
)

LATEST_EXPIRY = dt.datetime(9000, 1, 1, tzinfo=dt.UTC)
OF_RESPONSES = ("response_uri", "response_hash", "tag", "responded_at")


def parse(number: int, line: bytes, chains: KnownChains) -> AgentLine:
    """Return what a line says. Raises LineRejected."""
    facts = Facts(line, chains)
    registry = facts.fields.get("validation_registry")
    columns = [
        hex_of(HASH, "request_hash", facts.fields.get("request_hash")),
        NULL if registry is None else hex_of(ADDRESS, "validation_registry", registry),
        address_of(facts.fields, "validator_address"),
        facts.text("request_uri"),
        facts.time("created_at"),
        expiry_column(facts.fields),
        response_column(facts),
        facts.text("response_uri"),
        hash_of(facts.fields, "response_hash"),
        facts.text("tag", MAX_TAG_BYTES),
        facts.time("responded_at"),
        facts.unstorable(),
    ]
    return AgentLine(number, facts.agent(), facts.chain(), None, columns)


def response_column(facts: Facts) -> bytes:
    """Return the response, or null, without which nothing else of a response may be given.

    Raises LineRejected.
    """
    response = integer_of(facts.fields, "response", 0, 100, facts.line)
    if response is not None:
        return b"%d" % response
    for name in OF_RESPONSES:
        if facts.fields.get(name) not in (None, ""):
            raise LineRejected(f"{name} needs a response from 0 to 100")
    return NULL


def expiry_column(validation: dict[str, Any]) -> bytes:
    """Return when the request expires, which may be in the future, or null. Raises LineRejected."""
    moment = moment_of(validation, "expires_at")
    if moment is not None and not EARLIEST <= moment < LATEST_EXPIRY:
        raise LineRejected("expires_at must be between 2015 and 9000")
    return time_column(moment)


def write(tx: db.Transaction) -> Written:
    """Update the validations that are stored already, and insert the rest; a request may have
    inserted one meanwhile, so look for those once more."""
    stored = tx.row("imports_validations.update_stored") or {}
    new = tx.row("imports_validations.insert_new") or {}
    raced = tx.row("imports_validations.update_stored") or {}
    return Written(new["inserted"], stored["updated"] + raced["updated"])


VALIDATIONS = Kind(
    parse=parse,
    completer=completer,
    create="imports.create_lines",
    copy="imports_validations.copy_lines",
    prepare="imports_validations.update_registry",
    analyze_staged="imports.analyze_lines",
    repeated=("imports_validations.delete_repeated",),
    older="imports_validations.delete_older",
    write=write,
    analyze=("imports_validations.analyze_validations",),
)
