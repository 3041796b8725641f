"""Chains, and the fields by which every other answer names one."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields


class OnChain(ma.Schema):
    """The chain of a resource: our name, its chain id and its CAIP-2 name."""

    chain = fields.String(required=True)
    chain_id = fields.Integer(required=True, metadata={"example": 8453})
    caip2 = fields.String(
        required=True, metadata={"description": "eip155:{chain_id}", "example": "eip155:8453"}
    )


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


class ChainList(ma.Schema):
    """All chains: mainnets by name, then testnets."""

    chains = fields.List(fields.Nested(Chain), required=True)
