"""Ids that exist in this database, so the examples return data."""

from __future__ import annotations

from collections.abc import Mapping

from kamiyo_api import db
from kamiyo_api.errors import ApiError

NOBODY = "00000000-0000-4000-8000-000000000000"
WALLET = "0x1111111111111111111111111111111111111111"
INVENTED: Mapping[str, str] = {
    "agent_uuid": NOBODY,
    "owner_address": WALLET,
    "feedback_id": NOBODY,
    "client_address": WALLET,
    "response_id": NOBODY,
    "chain": "base",
    "agent_id": "1",
    "registry_address": "0x8004a169fb4a3325136eb29fa0ceb6d2e539a432",
    "payment_id": NOBODY,
    "validation_id": NOBODY,
    "metadata_agent_uuid": NOBODY,
    "metadata_key": "color",
    "chain_agent_uuid": NOBODY,
    "described_agent_uuid": NOBODY,
}


def samples() -> Mapping[str, str]:
    """Return the existing ids by name; none without a database."""
    try:
        found = db.row("documentation.get_samples") or {}
    except ApiError:
        return {}
    return {name: str(value) for name, value in found.items() if value is not None}
