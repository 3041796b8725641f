"""Chains: list."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db
from kamiyo_api.policies import requires
from kamiyo_api.schemas import chains as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("chains", __name__, description="The chains and the names of each.")


@blueprint.get("/chains")
@requires("read")
@blueprint.response(200, schemas.ChainList)
def list_chains() -> Any:
    """List the chains with their registries, and every name by which a request may name each.

    Wherever a request takes a `chain`, it takes its name, chain id, CAIP-2 name or an alias.
    """
    return {"chains": db.rows("chains.list")}
