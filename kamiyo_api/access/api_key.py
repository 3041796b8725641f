"""API keys and their rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ApiKey:
    """The API key that authenticated a request."""

    key_id: str
    family_id: str
    key_prefix: str
    name: str
    tier: str
    scopes: frozenset[str]
    wallet_address: str | None
    created_at: dt.datetime
    expires_at: dt.datetime | None

    def has_scope(self, scope: str) -> bool:
        """Return whether the key has a scope; admin includes all scopes."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def confirmation(self) -> Mapping[str, Any]:
        """Return the parameters with which the database confirms the key before a write."""
        return {
            "confirmed_key_id": self.key_id,
            "known_scopes": sorted(self.scopes),
            "known_wallet_address": self.wallet_address,
            "known_tier": self.tier,
        }

    def acts_for(self, address: str) -> bool:
        """Return whether the key may write in the name of a wallet."""
        return "admin" in self.scopes or self.wallet_address == address
