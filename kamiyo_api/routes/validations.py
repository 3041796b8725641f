"""Validations: list, request, respond."""

from __future__ import annotations

import re
from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.auth import act_for, requires
from kamiyo_api.extensions import ApiBlueprint
from kamiyo_api.routes.rules import open_agent
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import validations as schemas
from kamiyo_api.schemas.fields import Hash32

PREFIX = "/agents"
blueprint = ApiBlueprint("validations", __name__, description="Who checked its work?")


@blueprint.get("/<uuid:agent_uuid>/validations")
@requires("read")
@blueprint.arguments(pages.Page, location="query")
@blueprint.response(200, schemas.ValidationPage)
def list_validations(query: dict[str, Any], agent_uuid: str) -> Any:
    """Validations of one agent, newest first, with how many there are and their mean."""
    page = pages.newest_first(query, agent_uuid)
    summary = db.row("validations.get_summary", agent_uuid=agent_uuid)
    if summary is None:
        raise errors.AgentNotFound
    rows = db.rows("validations.list_by_agent", **page)
    return pages.answer("validations", rows, query["limit"], "validation_id") | {"summary": summary}


@blueprint.post("/validations")
@requires("write")
@blueprint.arguments(schemas.ValidationToRequest)
@blueprint.response(201, schemas.Validation)
def request_validation(tx: db.Transaction, validation: dict[str, Any]) -> Any:
    """Ask a validator to check an agent's work, as the agent's owner.

    `chain` defaults to the agent's, `registry_address` to that chain's validation registry;
    `request_hash` is unique per registry. ERC-8004, "Validation Registry".
    """
    agent = open_agent(tx, validation["agent_uuid"])
    act_for(agent["owner_address"], errors.NotAgentOwner)
    validation["chain"] = validation["chain"] or agent["chain"]
    requested = tx.row("validations.insert", **validation)
    if requested is None:
        raise errors.ChainNotSupported
    return requested


@blueprint.post("/validations/<string:request_hash>/response")
@requires("write")
@blueprint.arguments(schemas.ValidationResponse)
@blueprint.response(200, schemas.Validation)
def respond_to_validation(tx: db.Transaction, response: dict[str, Any], request_hash: str) -> Any:
    """Respond to a validation request, as the validator that it names; the latest response wins."""
    if not re.fullmatch(Hash32.PATTERN, request_hash):
        raise errors.ValidationNotFound
    place = {name: response.pop(name) for name in ("chain", "registry_address")}
    requested = tx.rows(
        "validations.list_by_request_for_update", request_hash=request_hash.lower(), **place
    )
    validation = the_only(requested)
    act_for(validation["validator_address"], errors.NotValidator)
    if validation["is_expired"]:
        raise errors.InvalidTransition("This request has expired; ask for a new one.")
    return tx.row(
        "validations.update_response", validation_id=validation["validation_id"], **response
    )


def the_only(requested: list[db.Row]) -> db.Row:
    """The one request that is meant. Raises ValidationNotFound, InvalidInput."""
    if not requested:
        raise errors.ValidationNotFound
    if len(requested) > 1:
        raise errors.InvalidInput(
            errors={"registry_address": ["Several registries hold this hash; name chain and one."]}
        )
    return requested[0]
