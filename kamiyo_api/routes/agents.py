"""Agents: search, register, read, update."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode

import orjson
from flask import Response, request, url_for

from kamiyo_api import db, errors
from kamiyo_api.access.admission import require_wallet
from kamiyo_api.cache.answers import cached, cached_agent
from kamiyo_api.cache.invalidation import invalidate_agent
from kamiyo_api.chains import refuse_other_registry, require_chain
from kamiyo_api.lint.registration import lint_of
from kamiyo_api.observability import metrics
from kamiyo_api.policies import public, requires, transactional
from kamiyo_api.routes.agent_access import refuse_decided, require_owned_agent
from kamiyo_api.schemas import agent_answers as answers
from kamiyo_api.schemas import agents as schemas
from kamiyo_api.schemas.fields import MAX_FILE_BYTES
from kamiyo_api.schemas.lint import Lint
from kamiyo_api.schemas.numbers import UNSTORABLE, digits_added
from kamiyo_api.schemas.search import AgentSearch
from kamiyo_api.search import find_page
from kamiyo_api.web.blueprint import ApiBlueprint
from kamiyo_api.web.json import json_answer

PREFIX = "/agents"
# PostgreSQL adds a space after each comma and colon, which at most doubles the size.
SMALL_DOCUMENT = MAX_FILE_BYTES // 2
blueprint = ApiBlueprint("agents", __name__, description="Search, register and change agents.")


def with_link_to_next(view: Callable[..., bytes]) -> Callable[..., Response]:
    """Add the Link header for the next page to the answer of a view, if there is one."""

    @wraps(view)
    def view_with_link(*args: Any) -> Response:
        page = view(*args)
        response = json_answer(page)
        cursor = cursor_in(page)
        if cursor is not None:
            response.headers["Link"] = link_to_next(cursor)
        return response

    return view_with_link


@blueprint.get("/")
@requires("read")
@blueprint.arguments(AgentSearch, location="query")
@blueprint.response(200, answers.AgentPage, headers={"Link": "Link"})
@with_link_to_next
@cached("search")
def search_agents(search: dict[str, Any]) -> Any:
    """Search agents.

    An agent must match all filters. Send `claimed=true` or `claimed=any` to find agents that are
    only claimed, and `active=false` or `active=any` to find agents whose own file says inactive.
    The Link header and `next_cursor` name the next page. Following them returns every agent that
    existed at the first page exactly once, even while others register. `as_of` is the time of the
    statistics.
    """
    return find_page(search)


def cursor_in(page: bytes) -> str | None:
    """Return the next_cursor of a page. It follows the agents, so they need not be parsed."""
    end = page[page.rindex(b'"next_cursor":') :]
    cursor: str | None = orjson.loads(b"{" + end)["next_cursor"]
    return cursor


def link_to_next(cursor: str) -> str:
    """Return the Link header (RFC 8288) for the next page.

    Only the first value of a parameter counts, unless it may be repeated.
    """
    parameters = [
        (name, value)
        for name, values in request.args.lists()
        if name not in ("cursor", "offset")
        for value in (values if name == "trust_level" else values[:1])
    ]
    query = urlencode([*parameters, ("cursor", cursor)])
    return f'<{request.path}?{query}>; rel="next"'


@blueprint.post("/register")
@requires("write", budget="register")
@transactional
@blueprint.arguments(schemas.AgentToRegister)
@blueprint.response(201, answers.Agent, headers={"Location": "Location"})
def register_agent(tx: db.Transaction, agent: dict[str, Any]) -> Any:
    """Register an agent, as its owner.

    Send `agent_id` if the agent is already on chain, and `registry_address` if its registry is
    not the default one of the chain. Such an agent is `claimed` until an import from the registry
    confirms it, and searches find it only with `claimed=true` or `claimed=any`. Without
    `agent_id`, the agent gets an id of 2^256 or above, which no uint256 token id can equal.
    """
    require_wallet(agent["owner_address"], errors.NotAgentOwner)
    entries = agent.pop("metadata")
    agent["document"] = measured_document(tx)
    refuse_other_registry(agent["registry_address"], [require_chain(agent["chain"], tx)])
    created = tx.row("agents.insert", **agent)
    if created is None:
        followed = tx.row("agents.get_followed", chain=agent["chain"])
        raise errors.ChainNotSupported if followed is None else errors.ChainIsFollowed
    tx.execute(
        "metadata.insert_many",
        agent_uuid=created["agent_uuid"],
        keys=[entry["key"] for entry in entries],
        values=[entry["value"] for entry in entries],
    )
    invalidate_agent(tx, created["agent_uuid"], search=True)
    tx.after_commit.append(metrics.registrations.inc)
    location = url_for("agents.get_agent", agent_uuid=created["agent_uuid"])
    return answer_agent(tx, created["agent_uuid"]), 201, {"Location": location}


@blueprint.get("/<uuid:agent_uuid>")
@requires("read")
@blueprint.response(200, answers.Agent)
@cached("agent")
def get_agent(agent_uuid: str) -> Any:
    """Return one agent with its registration file."""
    return db.row("agents.get", agent_uuid=agent_uuid)


@blueprint.patch("/<uuid:agent_uuid>")
@requires("write")
@transactional
@blueprint.arguments(schemas.AgentChange)
@blueprint.response(200, answers.Agent)
def change_agent(tx: db.Transaction, change: dict[str, Any], agent_uuid: str) -> Any:
    """Update an agent, as its owner.

    The status can change from active to suspended and back, and from either to revoked. Revoked
    is final, unless an `admin` key sets the agent active again or the registry names another
    owner. A request that changes nothing changes no timestamp.
    """
    agent = require_owned_agent(tx, agent_uuid, reactivates=change["status"] == "active")
    if change["token_uri"] is not None:
        refuse_decided(agent, "its token_uri", "setAgentURI({agent_id}, newURI)")
    change["document"] = measured_document(tx)
    if tx.execute("agents.update", agent_uuid=agent_uuid, **change):
        invalidate_agent(tx, agent_uuid, search=True)
    return answer_agent(tx, agent_uuid)


def measured_document(tx: db.Transaction) -> str:
    """Return the body as it was sent, with exact numbers.

    PostgreSQL logs the whole row that it refuses, so a file that may be too large in the form of
    PostgreSQL is measured first. Raises UnstorableInput, RegistrationFileTooLarge.
    """
    body, document = request.get_data(), request.get_data(as_text=True)
    added = digits_added(body)
    if added >= UNSTORABLE:
        raise errors.UnstorableInput
    if added > MAX_FILE_BYTES:
        raise errors.RegistrationFileTooLarge
    if len(body) + added > SMALL_DOCUMENT:
        size = tx.rows("agents.get_file_size", document=document)[0]["bytes"]
        if size is not None and size > MAX_FILE_BYTES:
            raise errors.RegistrationFileTooLarge
    return document


def answer_agent(tx: db.Transaction, agent_uuid: str) -> Response:
    """Return an agent as it is in the current transaction."""
    return json_answer(tx.rows("agents.get", agent_uuid=agent_uuid)[0]["body"])


@blueprint.get("/<uuid:agent_uuid>/registration")
@public()
@blueprint.response(200, {"type": "object"}, description="The file as its owner wrote it.")
def get_registration(agent_uuid: str) -> Response:
    """Return the registration file of an agent, to which its agentURI points."""
    agent = db.row("agents.get_registration", agent_uuid=agent_uuid)
    if agent is None:
        raise errors.AgentNotFound
    if agent["registration_file"] is None:
        raise errors.NotFound("This agent has no registration file.")
    return Response(agent["registration_file"], mimetype="application/json")


@blueprint.get("/<uuid:agent_uuid>/registration/lint")
@requires("read")
@blueprint.response(200, Lint)
def lint_registration(agent_uuid: str) -> Any:
    """Check the registration file of an agent against ERC-8004.

    Each finding says in one sentence what its owner should change. The stored file is checked,
    nothing is fetched; `is_read` says whether a file is stored.
    """
    row = partial(db.row, "agents.get", agent_uuid=agent_uuid)
    return lint_of(cached_agent("agent", agent_uuid, row))
