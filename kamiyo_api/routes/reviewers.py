"""Reviewers and owners: what an address says, pays and has, over all agents and chains."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.policies import requires
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import reviewers as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("reviewers", __name__, description="Who says so, and who owns it?")


@blueprint.get("/reviewers/<address:address>")
@requires("read")
@blueprint.response(200, schemas.Reviewer)
def get_reviewer(address: str) -> Any:
    """Return what is known of a reviewer: since when, whom it rated and paid, how uniformly."""
    return require_reviewer(address)


@blueprint.get("/reviewers/<address:address>/agents")
@requires("read")
@blueprint.arguments(schemas.ReviewedQuery, location="query")
@blueprint.response(200, schemas.ReviewedPage)
def list_reviewed_agents(query: dict[str, Any], address: str) -> Any:
    """List the agents on which a reviewer has a voice, those rated first last.

    With `reciprocal=true` only those whose owners rate the reviewer's own agents.
    """
    page = schemas.ByFirstFeedback("agents", "agent_uuid", query, address)
    rows = db.rows("reviewers.list_agents", address=address, **page.parameters())
    return page.answer(rows or none_of(address))


@blueprint.get("/reviewers/<address:address>/tags")
@requires("read")
@blueprint.arguments(schemas.TagsQuery, location="query")
@blueprint.response(200, schemas.TagPage)
def list_reviewer_tags(query: dict[str, Any], address: str) -> Any:
    """List the tags that a reviewer gives, in order, and how often."""
    page = pages.ByKey("tags", "tag", query, address)
    rows = db.rows("reviewers.list_tags", address=address, **page.parameters())
    return page.answer(rows or none_of(address))


@blueprint.get("/owners/<address:address>")
@requires("read")
@blueprint.arguments(schemas.OwnerQuery, location="query")
@blueprint.response(200, schemas.Owner)
def get_owner(query: dict[str, Any], address: str) -> Any:
    """Return the agents of one wallet over all chains, and who rates them, each counted once."""
    page = pages.NewestFirst("agents", "agent_uuid", query, address)
    parameters = page.parameters()
    owner = db.row("reviewers.get_owner", address=address)
    if owner is None:
        raise errors.OwnerNotFound
    rows = db.rows("reviewers.list_agents_of_owner", address=address, **parameters)
    listed = page.answer(rows) | {"agents": [row["agent"] for row in rows[: query["limit"]]]}
    return {name: value for name, value in owner.items() if name != "agents"} | {
        "agents_total": owner["agents"],
        **listed,
    }


def require_reviewer(address: str) -> db.Row:
    """Return what is known of a reviewer. Raises ReviewerNotFound."""
    reviewer = db.row("reviewers.get_by_address", address=address)
    if reviewer is None:
        raise errors.ReviewerNotFound
    return reviewer


def none_of(address: str) -> list[db.Row]:
    """Return no rows for a reviewer who is known. Raises ReviewerNotFound."""
    require_reviewer(address)
    return []
