"""Chains, and the fields by which every other answer names one."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice


class OnChain(ma.Schema):
    """The chain of a resource: our name, its chain id and its CAIP-2 name."""

    chain = fields.String(required=True)
    chain_id = fields.Integer(required=True, metadata={"example": 8453})
    caip2 = fields.String(
        required=True, metadata={"description": "eip155:{chain_id}", "example": "eip155:8453"}
    )


def integer(description: str) -> fields.Integer:
    """Return a field for a number in an answer."""
    return fields.Integer(required=True, metadata={"description": description})


class Blocks(ma.Schema):
    """The blocks up to which a chain was read, each with everything below it."""

    first = integer("Everything before it is left out.")
    head = integer("The newest block of the chain, as of the last success.")
    read = integer("Its logs are stored.")
    final = integer("The chain cannot be reorganised below it any more.")
    checked = integer("Its logs were asked for a second time and compared.")
    projected = integer("Answers hold what happened up to here.")


class Gap(ma.Schema):
    """Blocks that were not read."""

    from_block = fields.Integer(required=True)
    to_block = fields.Integer(required=True)
    reason = fields.String(required=True)


class ReadingError(ma.Schema):
    """The reason why the reading of a chain stopped."""

    code = fields.String(required=True, metadata={"example": "PROVIDER_UNAVAILABLE"})
    detail = fields.String(
        required=True, metadata={"description": "What happened, and what an operator does."}
    )
    at = own.timestamp(required=True)


class Audit(ma.Schema):
    """A comparison of random agents with what the contracts answer."""

    at = own.timestamp(required=True)
    block = integer("The block at which the contracts were asked.")
    outcome = Choice(
        {
            "equal": "All answers are what this service holds.",
            "different": "Some are not.",
            "unasked": "The provider did not answer for that block.",
        },
        required=True,
    )
    agents = integer("How many agents were compared.")
    answers = integer("How many answers were compared.")
    differences = integer("How many of them are different.")
    unanswered = integer("How many questions the provider did not answer.")


class Following(ma.Schema):
    """The progress of the reading of a chain."""

    blocks = fields.Nested(Blocks, required=True)
    finality = fields.String(
        required=True,
        metadata={"description": "When a block is final: a tag, or after how many blocks."},
    )
    lag_blocks = integer("From the block that was read last to the head.")
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
        metadata={"description": "Since when checked blocks wait to show in answers; 0 if none."},
    )
    logs = integer("How many logs are stored.")
    gap_count = integer("How many ranges of blocks were not read.")
    gaps = fields.List(
        fields.Nested(Gap), required=True, metadata={"description": "The newest 20 of them."}
    )
    error = fields.Nested(ReadingError, required=True, allow_none=True)
    last_audit = fields.Nested(Audit, required=True, allow_none=True)


class Chain(ma.Schema):
    """A chain with its ERC-8004 registries and the other names that mean it."""

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
        metadata={"description": "Other names, in lower case; case, spaces and hyphens are free."},
    )
    is_followed = fields.Boolean(
        required=True, metadata={"description": "Whether this service reads the chain itself."}
    )
    following = fields.Nested(Following, required=True, allow_none=True)


class ChainList(ma.Schema):
    """All chains: mainnets by name, then testnets."""

    chains = fields.List(fields.Nested(Chain), required=True)
