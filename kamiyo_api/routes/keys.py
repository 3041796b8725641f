"""What a key may know of itself."""

from __future__ import annotations

import math
from typing import Any

from flask import g

from kamiyo_api import limits
from kamiyo_api.auth import requires
from kamiyo_api.budgets import Counted
from kamiyo_api.extensions import ApiBlueprint
from kamiyo_api.schemas import keys as schemas

PREFIX = ""
blueprint = ApiBlueprint("keys", __name__, description="What may I do?")


@blueprint.get("/key")
@requires("any")
@blueprint.response(200, schemas.Key)
def get_key() -> Any:
    """The key that calls, and what is left of its limits.

    Its tier, its scopes and the wallet that it acts for.
    """
    key = g.api_key
    return {
        "key_prefix": key.key_prefix,
        "name": key.name,
        "tier": key.tier,
        "scopes": sorted(key.scopes),
        "wallet_address": key.wallet_address,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "limits": [limit(counted) for counted in limits.look()],
    }


def limit(counted: Counted) -> dict[str, Any]:
    """A window of the key, as it is answered."""
    return {
        "kind": counted.window.kind,
        "amount": counted.window.amount,
        "seconds": counted.window.seconds,
        "remaining": counted.remaining,
        "reset_at": math.ceil(counted.reset_at),
    }
