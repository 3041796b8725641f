"""On-chain data about an agent: its owners, and the summary of its feedback."""

from __future__ import annotations

from collections.abc import Mapping

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded, pages
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice

SOURCES = {
    "chain": "Read from the registry of the chain.",
    "import": "Imported by the operator.",
    "api": "Posted by a client.",
}
MOST_CLIENTS = 100
MOST_TAG_CHARACTERS = 1024


def source(about: str = "", meanings: Mapping[str, str] = SOURCES) -> Choice:
    """Return the field for the source of a row."""
    return Choice(meanings, about=about, required=True)


def as_of_block() -> fields.Integer:
    """Return the field for the last block that an answer includes."""
    return fields.Integer(
        required=True,
        allow_none=True,
        metadata={
            "description": "The answer includes all blocks of the chain up to this one; null if it "
            "does not come from a chain."
        },
    )


class SummaryQuery(bounded.Schema):
    """The clients and tags of a summary, as getSummary of the reputation registry takes them."""

    client_address = bounded.List(
        own.Address(),
        required=True,
        max_length=MOST_CLIENTS,
        metadata={"description": "May be repeated; a client counts as often as it is given."},
    )
    tag1 = own.Text(
        max_length=MOST_TAG_CHARACTERS,
        load_default="",
        metadata={"description": "Compared as bytes; empty is any."},
    )
    tag2 = own.Text(max_length=MOST_TAG_CHARACTERS, load_default="")

    @ma.validates("client_address")
    def _names_clients(self, value: list[str], data_key: str) -> None:
        if not value:
            raise ma.ValidationError("Give at least one client; the contract requires one, too.")


class OnChainSummary(ma.Schema):
    """The answer of getSummary of the reputation registry at a block."""

    agent_uuid = fields.UUID(required=True)
    count = fields.Integer(required=True)
    value = fields.String(
        required=True,
        metadata={"description": "The mean, to be divided by ten to the power of value_decimals."},
    )
    value_decimals = fields.Integer(required=True)
    as_of_block = as_of_block()


class Epoch(ma.Schema):
    """The time of one owner of an agent, from a transfer to the next."""

    owner_address = fields.String(required=True)
    tx_hash = fields.String(required=True)
    from_block = fields.Integer(required=True)
    from_log_index = fields.Integer(required=True)
    from_time = own.timestamp(required=True)
    to_block = fields.Integer(required=True, allow_none=True)
    to_log_index = fields.Integer(required=True, allow_none=True)
    to_time = own.timestamp("Null for the current owner.", required=True, allow_none=True)


class OwnershipPage(ma.Schema):
    """One page of the owners of an agent, the current one first."""

    epochs = fields.List(fields.Nested(Epoch), required=True)
    as_of_block = as_of_block()
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class OwnershipQuery(pages.Page):
    """The page of a list of owners."""
