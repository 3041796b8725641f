"""The evidence of a decision as its answer shows it, and the digest that identifies it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

# The facts that do not depend on the stake.
FACTS = (
    *("rule_version", "status", "source", "claimed", "is_testnet", "registered_at", "owner_since"),
    *("settled_payments", "success_rate", "reviewers", "established_reviewers"),
    *("paying_reviewers", "trusted_reviewers", "reciprocal_reviewers", "ratings", "own_ratings"),
    *("former_ratings", "unscored_feedback", "net_usdc", "returned_usdc", "last_backed_at"),
    *("vouching_reviewers", "vouching_voices"),
)


def evidence_of(inputs: Mapping[str, Any], at_stake: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts behind a decision: only integers, strings, booleans and null, which every
    language serializes alike."""
    return {
        "agent_uuid": inputs["agent"]["agent_uuid"],
        **{name: inputs[name] for name in FACTS},
        "stake_usdc": at_stake["stake_usdc"],
        "established": at_stake["established"],
        "newcomers": at_stake["newcomers"],
    }


def digest_of(evidence: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the evidence as UTF-8 JSON with sorted keys and no white space."""
    canonical = orjson.dumps(evidence, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()
