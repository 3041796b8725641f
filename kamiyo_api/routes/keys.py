"""The API key of the caller: its rights and its limits."""

from __future__ import annotations

import math
from typing import Any

from kamiyo_api.access.rate_limits import window_states
from kamiyo_api.access.windows import WindowState
from kamiyo_api.context import current_key
from kamiyo_api.policies import requires
from kamiyo_api.schemas import keys as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("keys", __name__, description="Show the rights and limits of your key.")


@blueprint.get("/key")
@requires("any")
@blueprint.response(200, schemas.Key)
def get_key() -> Any:
    """Return the API key of the request: its tier, scopes, wallet and remaining requests."""
    key = current_key()
    return {
        "key_prefix": key.key_prefix,
        "name": key.name,
        "tier": key.tier,
        "scopes": sorted(key.scopes),
        "wallet_address": key.wallet_address,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "limits": [limit(state) for state in window_states()],
    }


def limit(state: WindowState) -> dict[str, Any]:
    """Return one rate limit of the key as the answer shows it."""
    return {
        "kind": state.window.kind,
        "amount": state.window.amount,
        "seconds": state.window.seconds,
        "remaining": state.remaining,
        "reset_at": math.ceil(state.reset_at),
    }
