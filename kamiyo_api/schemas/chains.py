"""Chains, and the fields that name a chain in other answers."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice


class OnChain(ma.Schema):
    """The chain of a resource: its name, chain id and CAIP-2 name."""

    chain = fields.String(required=True)
    chain_id = fields.Integer(required=True, metadata={"example": 8453})
    caip2 = fields.String(
        required=True, metadata={"description": "eip155:{chain_id}", "example": "eip155:8453"}
    )


def integer(description: str) -> fields.Integer:
    """Return a field for a number in an answer."""
    return fields.Integer(required=True, metadata={"description": description})


class Blocks(ma.Schema):
    """The last blocks of the stages of reading a chain; each includes all earlier blocks."""

    first = integer("Earlier blocks are not read.")
    head = integer("The newest block of the chain, as of the last success.")
    read = integer("Its logs are stored.")
    final = integer("Blocks up to here can no longer be reorganised.")
    checked = integer("Its logs were requested a second time and compared.")
    projected = integer("Answers include everything up to here.")


class Gap(ma.Schema):
    """Blocks that were not read."""

    from_block = fields.Integer(required=True)
    to_block = fields.Integer(required=True)
    reason = fields.String(required=True)


class ReadingError(ma.Schema):
    """The reason why the reading of a chain stopped."""

    code = fields.String(required=True, metadata={"example": "PROVIDER_UNAVAILABLE"})
    detail = fields.String(
        required=True, metadata={"description": "What happened, and what the operator should do."}
    )
    at = own.timestamp(required=True)


class Audit(ma.Schema):
    """A comparison of random agents with the answers of the contracts."""

    at = own.timestamp(required=True)
    block = integer("The block at which the contracts were called.")
    outcome = Choice(
        {
            "equal": "All answers match this service.",
            "different": "Some are not.",
            "unasked": "The provider did not answer for that block.",
        },
        required=True,
    )
    agents = integer("The number of compared agents.")
    answers = integer("The number of compared answers.")
    differences = integer("The number of answers that differ.")
    unanswered = integer("The number of calls that the provider did not answer.")


class Following(ma.Schema):
    """The progress of the reading of a chain."""

    blocks = fields.Nested(Blocks, required=True)
    finality = fields.String(
        required=True,
        metadata={"description": "When a block is final: a tag, or a number of blocks."},
    )
    lag_blocks = integer("From the last block read to the head.")
    lag_seconds = fields.Float(
        required=True,
        metadata={
            "description": "Since the last success; while older blocks are read, since the last "
            "block that was read."
        },
    )
    last_success_at = own.timestamp("When the provider answered last.", required=True)
    projection_lag_seconds = fields.Float(
        required=True,
        metadata={"description": "How long checked blocks have waited to show; 0 if none wait."},
    )
    logs = integer("The number of stored logs.")
    gap_count = integer("The number of ranges of blocks that were not read.")
    gaps = fields.List(
        fields.Nested(Gap), required=True, metadata={"description": "The newest 20 gaps."}
    )
    error = fields.Nested(ReadingError, required=True, allow_none=True)
    last_audit = fields.Nested(Audit, required=True, allow_none=True)


class Chain(ma.Schema):
    """A chain with its ERC-8004 registries and its aliases."""

    name = fields.String(required=True)
    chain_id = fields.Integer(required=True)
    caip2 = fields.String(required=True, metadata={"description": "eip155:{chain_id}"})
    is_testnet = fields.Boolean(required=True)
    identity_registry = fields.String(required=True)
    reputation_registry = fields.String(required=True)
    validation_registry = fields.String(required=True)
    aliases = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Other names; case, spaces and hyphens are ignored."},
    )
    is_followed = fields.Boolean(
        required=True, metadata={"description": "Whether this service reads the chain itself."}
    )
    following = fields.Nested(Following, required=True, allow_none=True)


class ChainList(ma.Schema):
    """All chains: mainnets by name, then testnets."""

    chains = fields.List(fields.Nested(Chain), required=True)
