"""Reviewers and owners: the ratings, payments and agents of an address on all chains."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.policies import requires
from kamiyo_api.schemas import pages
from kamiyo_api.schemas import reviewers as schemas
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = ""
blueprint = ApiBlueprint("reviewers", __name__, description="Look up reviewers and owners.")


@blueprint.get("/reviewers/<address:address>")
@requires("read")
@blueprint.response(200, schemas.Reviewer)
def get_reviewer(address: str) -> Any:
    """Return the figures of a reviewer: first feedback, ratings, payments and their spread."""
    return require_reviewer(address)


@blueprint.get("/reviewers/<address:address>/agents")
@requires("read")
@blueprint.arguments(schemas.ReviewedQuery, location="query")
@blueprint.response(200, schemas.ReviewedPage)
def list_reviewed_agents(query: dict[str, Any], address: str) -> Any:
    """List the agents that a reviewer rated, by the time of its first rating, newest first.

    With `reciprocal=true`, list only those whose owners rate the reviewer's own agents.
    """
    page = schemas.ByFirstFeedback("agents", "agent_uuid", query, address)
    rows = db.rows("reviewers.list_agents", address=address, **page.parameters())
    return page.answer(rows or none_of(address))


@blueprint.get("/reviewers/<address:address>/tags")
@requires("read")
@blueprint.arguments(schemas.TagsQuery, location="query")
@blueprint.response(200, schemas.TagPage)
def list_reviewer_tags(query: dict[str, Any], address: str) -> Any:
    """List the tags of a reviewer in order, with the number of uses."""
    page = pages.ByKey("tags", "tag", query, address)
    rows = db.rows("reviewers.list_tags", address=address, **page.parameters())
    return page.answer(rows or none_of(address))


@blueprint.get("/owners/<address:address>")
@requires("read")
@blueprint.arguments(schemas.OwnerQuery, location="query")
@blueprint.response(200, schemas.Owner)
def get_owner(query: dict[str, Any], address: str) -> Any:
    """Return the agents of one wallet on all chains, and the number of their reviewers."""
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
    """Return a reviewer. Raises ReviewerNotFound."""
    reviewer = db.row("reviewers.get_by_address", address=address)
    if reviewer is None:
        raise errors.ReviewerNotFound
    return reviewer


def none_of(address: str) -> list[db.Row]:
    """Return no rows if the reviewer exists. Raises ReviewerNotFound."""
    require_reviewer(address)
    return []
