"""Agents: the fields of registration and change."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded, names, uris
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice

# An agent is at the first level that matches; docs/data.md shows the rule.
TRUST_LEVELS = {
    "new": "No settled payments and no ratings.",
    "excellent": "10 or more settled payments, success rate 95 or more, score_middle 80 or more.",
    "good": "5 or more settled payments, success rate 85 or more, score_middle 70 or more.",
    "fair": "Everything else.",
    "poor": "A score_high under 60, or 5 or more settled payments and a success rate under 75.",
}
STATUSES = {
    "active": "Accepts feedback, payments and validation requests.",
    "suspended": "Accepts nothing new until its owner sets it active.",
    "revoked": "Accepts nothing new, unless an admin key or the registry sets it active again.",
}


class MetadataToRegister(bounded.Schema):
    """One metadata entry of an agent to register."""

    key = own.Text(min_length=1, max_length=128, required=True)
    value = own.Base64Bytes(required=True)


class AgentToRegister(bounded.Schema):
    """An agent to register here; with agent_id, one that is already on chain."""

    owner_address = own.Address(required=True)
    chain = names.ChainName(required=True)
    registration_file = own.RegistrationFile(required=True)
    metadata = bounded.List(fields.Nested(MetadataToRegister), max_length=50, load_default=list)
    agent_id = own.BigInteger(low=0, high=own.UINT256_MAX, load_default=None)
    registry_address = own.Address(load_default=None)

    @ma.validates_schema
    def _registry_needs_id(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("registry_address") and data.get("agent_id") is None:
            raise ma.ValidationError(
                "Give the agent_id too: only an agent that is on chain is in a registry.",
                "registry_address",
            )

    @ma.validates_schema
    def _distinct_metadata_keys(self, data: dict[str, Any], **_: Any) -> None:
        keys = [entry["key"] for entry in data.get("metadata") or []]
        if len(set(keys)) < len(keys):
            raise ma.ValidationError("Give each key once.", "metadata")
        if "agentWallet" in keys:
            raise ma.ValidationError("agentWallet is reserved by ERC-8004.", "metadata")


class AgentChange(bounded.Schema):
    """The fields of an agent to change; missing fields stay unchanged."""

    registration_file = own.RegistrationFile(load_default=None)
    token_uri = uris.Uri(load_default=None)
    status = Choice(STATUSES, load_default=None)

    @ma.validates_schema(pass_original=True)
    def _something(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> None:
        if not original:
            raise ma.ValidationError("Give at least one of registration_file, token_uri, status.")
