"""The index of the API."""

from __future__ import annotations

from typing import Any

from kamiyo_api.config import API_PREFIX, VERSION
from kamiyo_api.policies import public
from kamiyo_api.schemas.index import Index
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("index", __name__, description="Find the entry points of the API.")


@blueprint.get("")
@public()
@blueprint.response(200, Index)
def get_index() -> Any:
    """Return the entry points of the API."""
    return {
        "version": VERSION,
        "openapi": "/openapi.json",
        "docs": "/docs",
        "errors": "/docs/errors",
        "agents": f"{API_PREFIX}/agents/",
        "chains": f"{API_PREFIX}/chains",
        "key": f"{API_PREFIX}/key",
    }
