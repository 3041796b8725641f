"""Decisions: whether to pay an agent, for one payment or up to a hundred at once."""

from __future__ import annotations

from typing import Any

import orjson

from kamiyo_api import db, errors
from kamiyo_api.access.rate_limits import count_items
from kamiyo_api.cache.answers import cached_agent
from kamiyo_api.context import current_state
from kamiyo_api.policies import declare, requires
from kamiyo_api.routes.lookup import with_chain
from kamiyo_api.schemas import decision_answers as answers
from kamiyo_api.schemas import decisions as schemas
from kamiyo_api.trust.decision_policies import policy_of
from kamiyo_api.trust.decisions import decide, place_of
from kamiyo_api.trust.questions import Question, answer_questions, question_of
from kamiyo_api.web.blueprint import ApiBlueprint
from kamiyo_api.web.headers import etag_of

PREFIX = ""
blueprint = ApiBlueprint("decisions", __name__, description="Decide whether to pay an agent.")


@blueprint.get("/agents/<uuid:agent_uuid>/decision")
@requires("read")
@blueprint.arguments(schemas.DecisionQuery, location="query")
@blueprint.response(200, answers.Decision)
def get_decision(query: dict[str, Any], agent_uuid: str) -> Any:
    """Return whether to pay an agent an amount, under a named policy.

    The evidence is cached like the statistics; `as_of` is its time.
    """
    body = cached_agent(
        "decision", agent_uuid, lambda: db.row("decisions.get_inputs", agent_uuid=agent_uuid)
    )
    current_state().derived_from = etag_of(body)
    inputs, amount = orjson.loads(body), query["amount_usdc"]
    policy = policy_of(query["policy"])
    return orjson.dumps(decide(inputs, amount, policy, place_of(inputs, amount)))


@blueprint.post("/decisions")
@requires("read", budget="read")
@blueprint.arguments(schemas.DecisionToMake)
@blueprint.response(200, answers.Decision)
def make_decision(item: dict[str, Any]) -> Any:
    """Return whether to pay: allow, warn or block, with every reason and the evidence behind it.

    Name the payee by `agent_uuid`; `chain` and `agent_id`; `agent`; `pay_to` with its `chain`, or
    `url`, or both; or `payment_requirements`, the unchanged HTTP 402 response. A wallet and a URL
    are compared with the claims of agents: the decision is about an agent that has proved its
    claim, and `candidates` shows all that claim it.
    """
    question = question_or_error(item, set())
    if isinstance(question, errors.ApiError):
        raise question
    return orjson.dumps(answer_questions([question])[0])


@blueprint.post("/decisions/batch")
@requires("read", budget="read")
@blueprint.arguments(schemas.DecisionsToMake)
@blueprint.response(200, answers.Decisions)
def make_decisions(batch: dict[str, Any]) -> Any:
    """Return up to a hundred decisions, in the order of the request, each with its own status.

    Each item counts as one request.
    """
    count_items(len(batch["decisions"]))
    unknown: set[str] = set()
    found = [question_or_error(item, unknown) for item in batch["decisions"]]
    made = iter(answer_questions([each for each in found if isinstance(each, Question)]))
    decisions = [
        item_answer(each if isinstance(each, errors.ApiError) else next(made)) for each in found
    ]
    return orjson.dumps({"decisions": decisions})


def question_or_error(
    item: dict[str, Any] | errors.ApiError, unknown: set[str]
) -> Question | errors.ApiError:
    """Return the question of an item, or its error."""
    item = with_chain(item, unknown)
    if isinstance(item, errors.ApiError):
        return item
    try:
        return question_of(item)
    except (errors.ChainNotSupported, errors.InvalidInput) as error:
        return error


def item_answer(found: dict[str, Any] | errors.ApiError) -> dict[str, Any]:
    """Return the answer to one item of a batch."""
    if isinstance(found, errors.ApiError):
        detail = found.detail
        for name, reasons in (found.errors or {}).items():
            detail = f"{name}: {reasons[0]}"
        return {"status": found.status, "decision": None, "code": found.code, "detail": detail}
    return {"status": 200, "decision": found, "code": None, "detail": None}


declare(get_decision, cached="decision")
