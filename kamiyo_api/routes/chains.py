"""Chains: list."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db
from kamiyo_api.policies import requires
from kamiyo_api.schemas import chains as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("chains", __name__, description="List the chains and their names.")

BLOCKS = ("first", "head", "read", "final", "checked", "projected")
PLAIN = (
    "finality",
    "lag_blocks",
    "lag_seconds",
    "last_success_at",
    "projection_lag_seconds",
    "logs",
    "gap_count",
    "gaps",
)


@blueprint.get("/chains")
@requires("read")
@blueprint.response(200, schemas.ChainList)
def list_chains() -> Any:
    """List the chains with their registries and names.

    A `chain` in a request may be its name, chain id, CAIP-2 name or an alias. For a chain that this
    service reads itself, `following` shows the progress.
    """
    return {"chains": [chain_of(row) for row in db.rows("chains.list_followed")]}


def chain_of(row: db.Row) -> dict[str, Any]:
    """Return a chain for the answer."""
    names = ("name", "chain_id", "caip2", "is_testnet", "identity_registry", "reputation_registry")
    chain = {name: row[name] for name in (*names, "validation_registry", "aliases", "is_followed")}
    return {**chain, "following": following_of(row) if row["is_followed"] else None}


def following_of(row: db.Row) -> dict[str, Any]:
    """Return the progress of reading a chain."""
    return {
        "blocks": {name: row[f"{name}_block"] for name in BLOCKS},
        **{name: row[name] for name in PLAIN},
        "error": error_of(row),
        "last_audit": audit_of(row),
    }


def error_of(row: db.Row) -> dict[str, Any] | None:
    """Return the error that stopped the reading of a chain, if any."""
    if row["error_code"] is None:
        return None
    return {"code": row["error_code"], "detail": row["error_detail"], "at": row["error_at"]}


def audit_of(row: db.Row) -> dict[str, Any] | None:
    """Return the last audit of a chain, if any."""
    if row["audited_at"] is None:
        return None
    figures = ("outcome", "agents", "answers", "differences", "unanswered")
    return {
        "at": row["audited_at"],
        "block": row["audited_block"],
        **{name: row[f"audit_{name}"] for name in figures},
    }
