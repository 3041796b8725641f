"""The page of the chains, with the last block read of each."""

from __future__ import annotations

from flask import Response

from kamiyo_api import db
from kamiyo_api.explorer.pages import page, rendered
from kamiyo_api.routes.chains import chain_of


@page("/chains")
def list_chains() -> Response:
    """Show every chain, and up to which block it was read."""
    rows = db.rows("chains.list_followed")
    return rendered("chains.html", chains=[chain_of(row) for row in rows])
