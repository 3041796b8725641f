"""An API key: whose it is, and what it may do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ApiKey:
    """A key that authenticated a request."""

    key_id: str
    family_id: str
    key_prefix: str
    name: str
    tier: str
    scopes: frozenset[str]
    wallet_address: str | None
    created_at: dt.datetime
    expires_at: dt.datetime | None

    def has(self, scope: str) -> bool:
        """Return whether the key has a scope; admin has all of them."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def confirmation(self) -> Mapping[str, Any]:
        """What the database has to confirm before it writes anything with the key."""
        return {
            "confirmed_key_id": self.key_id,
            "known_scopes": sorted(self.scopes),
            "known_wallet_address": self.wallet_address,
            "known_tier": self.tier,
        }

    def acts_for(self, address: str) -> bool:
        """Return whether the key may write as a wallet."""
        return "admin" in self.scopes or self.wallet_address == address
