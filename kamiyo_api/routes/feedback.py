"""Feedback: list, give, revoke, respond."""

from __future__ import annotations

from typing import Any

from kamiyo_api import db, errors
from kamiyo_api.access.admission import require_wallet
from kamiyo_api.cache.invalidation import invalidate_agent
from kamiyo_api.observability import metrics
from kamiyo_api.policies import requires, transactional
from kamiyo_api.routes.agent_access import refuse_decided, require_active_agent
from kamiyo_api.schemas import feedback as schemas
from kamiyo_api.schemas import pages
from kamiyo_api.web.blueprint import ApiBlueprint

PREFIX = "/agents"
NOT_REVOKED, WITH_REVOKED = "feedback.list_by_agent", "feedback.list_by_agent_with_revoked"
INSERT, INSERT_UNLESS_ON_CHAIN = (
    "feedback_writing.insert",
    "feedback_writing.insert_unless_on_chain",
)
NARROWING = ("client_address", "tag1", "tag2", "source")
BY_SCORE = {
    "score": "feedback_sorted.list_lowest_first",
    "-score": "feedback_sorted.list_highest_first",
}
WITHIN_LIMITS = {
    None: "feedback_sorted.list_scored_newest_first",
    "created_at": "feedback_sorted.list_scored_oldest_first",
}
blueprint = ApiBlueprint("feedback", __name__, description="Read and give feedback.")


@blueprint.get("/<uuid:agent_uuid>/feedback")
@requires("read")
@blueprint.arguments(schemas.FeedbackQuery, location="query")
@blueprint.response(200, schemas.FeedbackPage)
def list_feedback(query: dict[str, Any], agent_uuid: str) -> Any:
    """List the feedback of one agent, newest first unless `sort` says otherwise.

    Each has at most ten responses: the newest by the agent's owner, then the newest by others.
    Long texts are shortened; `truncated` names them.
    """
    order = pages.ByScore if query["sort"] in BY_SCORE else pages.NewestFirst
    page = order("feedback", "feedback_id", query, agent_uuid)
    parameters = {"after_score": None} | page.parameters()
    revoked = [False, True] if query["include_revoked"] else [False]
    rows = db.rows(list_query(query), agent_uuid=agent_uuid, revoked=revoked, **parameters)
    if not rows and db.row("agents.get_registration", agent_uuid=agent_uuid) is None:
        raise errors.AgentNotFound
    return page.answer(rows)


def list_query(query: dict[str, Any]) -> str:
    """Return the database query for the filters and the order of a list."""
    sort = query["sort"]
    has_limits = (query["min_score"], query["max_score"]) != (None, None)
    is_narrowed = any(query[name] is not None for name in NARROWING)
    if is_narrowed and (has_limits or sort in BY_SCORE):
        return "feedback_sorted_narrowed.list_by_agent"
    if sort in BY_SCORE:
        return BY_SCORE[sort]
    if has_limits:
        return WITHIN_LIMITS[sort]
    if sort is not None:
        return "feedback_sorted.list_oldest_first"
    return WITH_REVOKED if query["include_revoked"] else NOT_REVOKED


@blueprint.get("/feedback/<uuid:feedback_id>")
@requires("read")
@blueprint.response(200, schemas.Feedback)
def get_feedback(feedback_id: str) -> Any:
    """Return one feedback in full, with at most ten responses as in the list."""
    return find_feedback(feedback_id)


def find_feedback(feedback_id: str) -> db.Row:
    """Return one feedback in full. Raises FeedbackNotFound."""
    feedback = db.row("feedback.get", feedback_id=feedback_id, longest=pages.WHOLE)
    if feedback is None:
        raise errors.FeedbackNotFound
    return feedback


@blueprint.post("/feedback")
@requires("write")
@transactional
@blueprint.arguments(schemas.FeedbackToGive)
@blueprint.response(201, schemas.Feedback)
def give_feedback(tx: db.Transaction, feedback: dict[str, Any]) -> Any:
    """Give feedback to an agent, as the wallet of your key.

    Fails for the agent's own owner (SELF_FEEDBACK) and for an agent that is not active
    (AGENT_NOT_ACTIVE). If `tx_hash` is that of your feedback read from the chain, that feedback is
    returned and nothing is stored. See ERC-8004, "Giving Feedback".
    """
    require_wallet(feedback["client_address"], errors.NotFeedbackClient)
    invalidate_agent(tx, feedback["agent_uuid"])
    tx.after_commit.append(metrics.feedback.inc)
    insert = INSERT if feedback["tx_hash"] is None else INSERT_UNLESS_ON_CHAIN
    inserted = tx.row_and_commit(insert, **feedback)
    if inserted is None:
        refuse_feedback(tx, feedback)
        # The agent has become active meanwhile and is now locked.
        inserted = tx.row(insert, **feedback)
    return inserted


def refuse_feedback(tx: db.Transaction, feedback: dict[str, Any]) -> None:
    """Raise AgentNotFound, AgentNotActive or SelfFeedback if one is the reason for no insert."""
    agent = require_active_agent(tx, feedback["agent_uuid"])
    if agent["owner_address"] == feedback["client_address"]:
        raise errors.SelfFeedback


@blueprint.post("/feedback/<uuid:feedback_id>/revoke")
@requires("write")
@transactional
@blueprint.arguments(schemas.FeedbackToRevoke, required=False)
@blueprint.response(200, schemas.RevokedFeedback)
def revoke_feedback(tx: db.Transaction, revocation: dict[str, Any], feedback_id: str) -> Any:
    """Revoke a feedback, as the client who gave it; it then counts only as revoked."""
    feedback = tx.row("feedback_writing.get_for_update", feedback_id=feedback_id)
    if feedback is None:
        raise errors.FeedbackNotFound
    require_wallet(feedback["client_address"], errors.NotFeedbackClient)
    if feedback["is_revoked"]:
        raise errors.AlreadyRevoked
    refuse_decided(feedback, "this feedback", "revokeFeedback({agent_id}, {feedback_index})")
    invalidate_agent(tx, feedback["agent_uuid"])
    return tx.row("feedback_writing.update_revoked", feedback_id=feedback_id, **revocation)


@blueprint.post("/feedback/<uuid:feedback_id>/responses")
@requires("write")
@transactional
@blueprint.arguments(schemas.ResponseToAppend)
@blueprint.response(201, schemas.ResponseToFeedback)
def append_response(tx: db.Transaction, response: dict[str, Any], feedback_id: str) -> Any:
    """Append a response to a feedback, as the wallet of your key; anyone may append several."""
    require_wallet(response["responder_address"], errors.NotResponder)
    appended = tx.row("responses.insert", feedback_id=feedback_id, **response)
    if appended is None:
        raise errors.FeedbackNotFound
    return appended


@blueprint.get("/feedback/<uuid:feedback_id>/responses")
@requires("read")
@blueprint.arguments(pages.Page, location="query")
@blueprint.response(200, schemas.ResponsePage)
def list_responses(query: dict[str, Any], feedback_id: str) -> Any:
    """List the responses to one feedback, newest first; `by_owner` marks those by the owner."""
    page = pages.NewestFirst("responses", "response_id", query, feedback_id)
    rows = db.rows("responses.list_by_feedback", feedback_id=feedback_id, **page.parameters())
    if not rows:
        find_feedback(feedback_id)
    return page.answer(rows)


@blueprint.get("/feedback/<uuid:feedback_id>/responses/<uuid:response_id>")
@requires("read")
@blueprint.response(200, schemas.ResponseToFeedback)
def get_response(feedback_id: str, response_id: str) -> Any:
    """Return one response to a feedback in full."""
    response = db.row(
        "responses.get",
        feedback_id=feedback_id,
        response_id=response_id,
        longest=pages.WHOLE,
    )
    if response is None:
        raise errors.ResponseNotFound
    return response
