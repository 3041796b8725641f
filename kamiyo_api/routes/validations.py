"""Validations: list, request, respond."""

from __future__ import annotations

import re
from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.access.admission import require_wallet
from kamiyo_api.chains import require_chain
from kamiyo_api.context import current_key
from kamiyo_api.policies import requires, transactional
from kamiyo_api.routes.agent_access import refuse_decided, require_active_agent
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import validations as schemas
from kamiyo_api.schemas.fields import Hash32
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
ALL, BY_STATUS = "validations.list_by_agent", "validations.list_by_status"
blueprint = ApiBlueprint("validations", __name__, description="Request and read validations.")


@blueprint.get("/<uuid:agent_uuid>/validations")
@requires("read")
@blueprint.arguments(schemas.ValidationsQuery, location="query")
@blueprint.response(200, schemas.ValidationPage)
def list_validations(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the validations of one agent, newest first, with the number and mean of all.

    `status` may be repeated. Long texts are shortened; `truncated` names them.
    """
    page = pages.NewestFirst("validations", "validation_id", query, agent_uuid)
    parameters = page.parameters()
    summary = db.row("validations.get_summary", agent_uuid=agent_uuid)
    if summary is None:
        raise errors.AgentNotFound
    list_query = BY_STATUS if query["status"] else ALL
    rows = db.rows(list_query, agent_uuid=agent_uuid, **parameters)
    return page.answer(rows) | {"summary": summary}


@blueprint.get("/validations/<uuid:validation_id>")
@requires("read")
@blueprint.response(200, schemas.Validation)
def get_validation(validation_id: str) -> Any:
    """Return one validation in full."""
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
    """Request that a validator checks an agent's work, as the agent's owner.

    `chain` defaults to the agent's, `registry_address` to that chain's validation registry. An
    agent can use a `request_hash` once per registry. See ERC-8004, "Validation Registry".
    """
    agent = require_active_agent(tx, validation["agent_uuid"])
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
    """Respond to a validation request, as the validator that it names.

    A later response replaces an earlier one. The response is to the first request with this hash
    that names you, in the validation registry of its chain before any other registry; send
    `agent_uuid`, `chain` or `registry_address` to choose another.
    """
    if not re.fullmatch(Hash32.PATTERN, request_hash):
        raise errors.ValidationNotFound
    filters = {name: response.pop(name) for name in ("agent_uuid", "chain", "registry_address")}
    validation_id = find_request(tx, filters | {"request_hash": request_hash.lower()})
    responded = tx.row("validations.update_response", validation_id=validation_id, **response)
    if responded is None:
        longest = pages.WHOLE
        found = tx.rows("validations.get", validation_id=validation_id, longest=longest)[0]
        call = "validationResponse({request_hash}, …)"
        refuse_decided(found, "the response to this request", call)
        raise errors.InvalidTransition(
            "This request has expired; have the agent's owner request a new validation."
        )
    return responded


def find_request(tx: db.Transaction, filters: dict[str, Any]) -> str:
    """Return the id of the request to which the caller responds.

    Raises ValidationNotFound, NotValidator, InvalidInput, ChainNotSupported.
    """
    key = current_key()
    validator = None if key.has_scope("admin") else key.wallet_address or ""
    filters["validator_address"] = validator
    found = tx.rows("validations.list_by_request", is_any=False, **filters)
    found = found or tx.rows("validations.list_by_request", is_any=True, **filters)
    if len(found) > 1:
        raise errors.InvalidInput(
            errors={
                "registry_address": [
                    "Several registries have this hash; send chain and one registry."
                ]
            }
        )
    if found:
        validation_id: str = found[0]["validation_id"]
        return validation_id
    if validator is not None and tx.row("validations.get_by_hash", **filters):
        raise errors.NotValidator
    if filters["chain"] is not None:
        require_chain(filters["chain"], tx)
    raise errors.ValidationNotFound
