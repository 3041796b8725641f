"""Validations: list, request, respond."""

from __future__ import annotations

import re
from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.access.admission import require_wallet
from kamiyo_api.context import current_key
from kamiyo_api.policies import requires, transactional
from kamiyo_api.routes.rules import open_agent
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import validations as schemas
from kamiyo_api.schemas.fields import Hash32
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
blueprint = ApiBlueprint("validations", __name__, description="Who checked its work?")


@blueprint.get("/<uuid:agent_uuid>/validations")
@requires("read")
@blueprint.arguments(pages.Page, location="query")
@blueprint.response(200, schemas.ValidationPage)
def list_validations(query: dict[str, Any], agent_uuid: str) -> Any:
    """Validations of one agent, newest first, with how many there are and their mean. Long
    texts are cut, as `truncated` says."""
    page = pages.NewestFirst("validations", "validation_id", query, agent_uuid)
    asked = page.parameters()
    summary = db.row("validations.get_summary", agent_uuid=agent_uuid)
    if summary is None:
        raise errors.AgentNotFound
    rows = db.rows("validations.list_by_agent", agent_uuid=agent_uuid, **asked)
    return page.answer(rows) | {"summary": summary}


@blueprint.get("/validations/<uuid:validation_id>")
@requires("read")
@blueprint.response(200, schemas.Validation)
def get_validation(validation_id: str) -> Any:
    """One validation in full."""
    validation = db.row("validations.get", validation_id=validation_id, longest=pages.WHOLE)
    if validation is None:
        raise errors.ValidationNotFound
    return validation


@blueprint.post("/validations")
@requires("write")
@transactional
@blueprint.arguments(schemas.ValidationToRequest)
@blueprint.response(201, schemas.Validation)
def request_validation(tx: db.Transaction, validation: dict[str, Any]) -> Any:
    """Ask a validator to check an agent's work, as the agent's owner.

    `chain` defaults to the agent's, `registry_address` to that chain's validation registry;
    an agent uses a `request_hash` once in a registry. ERC-8004, "Validation Registry".
    """
    agent = open_agent(tx, validation["agent_uuid"])
    require_wallet(agent["owner_address"], errors.NotAgentOwner)
    validation["chain"] = validation["chain"] or agent["chain"]
    requested = tx.row("validations.insert", **validation)
    if requested is None:
        raise errors.ChainNotSupported
    return requested


@blueprint.post("/validations/<string:request_hash>/response")
@requires("write")
@transactional
@blueprint.arguments(schemas.ValidationResponse)
@blueprint.response(200, schemas.Validation)
def respond_to_validation(tx: db.Transaction, response: dict[str, Any], request_hash: str) -> Any:
    """Respond to a validation request, as the validator that it names; the latest response wins.

    Meant is the first request with this hash that names you, in the validation registry of its
    chain before any other registry. `agent_uuid`, `chain` and `registry_address` narrow it.
    """
    if not re.fullmatch(Hash32.PATTERN, request_hash):
        raise errors.ValidationNotFound
    place = {name: response.pop(name) for name in ("agent_uuid", "chain", "registry_address")}
    validation_id = find_requested(tx, place | {"request_hash": request_hash.lower()})
    responded = tx.row("validations.update_response", validation_id=validation_id, **response)
    if responded is None:
        raise errors.InvalidTransition("This request has expired; ask for a new one.")
    return responded


def find_requested(tx: db.Transaction, place: dict[str, Any]) -> str:
    """Return the id of the request that a response of the caller is for.

    Raises ValidationNotFound, NotValidator, InvalidInput.
    """
    key = current_key()
    validator = None if key.has_scope("admin") else key.wallet_address or ""
    place["validator_address"] = validator
    requested = tx.rows("validations.list_by_request", is_any=False, **place)
    requested = requested or tx.rows("validations.list_by_request", is_any=True, **place)
    if len(requested) > 1:
        raise errors.InvalidInput(
            errors={"registry_address": ["Several registries hold this hash; name chain and one."]}
        )
    if requested:
        validation_id: str = requested[0]["validation_id"]
        return validation_id
    if validator is not None and tx.row("validations.get_by_hash", **place):
        raise errors.NotValidator
    raise errors.ValidationNotFound
