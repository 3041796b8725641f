"""Feedback: list, give, revoke, respond."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded, flags, names, pages, uris
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.marks import unstorable
from kamiyo_api.schemas.on_chain import SOURCES, as_of_block, source

NEWEST_FIRST = "-created_at"
ORDERS = {
    NEWEST_FIRST: "By time, newest first.",
    "created_at": "By time, oldest first.",
    "-score": "By score, highest first.",
    "score": "By score, lowest first.",
}


class FeedbackQuery(pages.Page):
    """The filters of a list of feedback, and its page."""

    client_address = own.Address(load_default=None)
    tag1 = own.Text(max_length=256, load_default=None)
    tag2 = own.Text(max_length=256, load_default=None)
    include_revoked = flags.Flag(load_default=False)
    source = Choice(SOURCES, about="The source of the feedback; all by default.", load_default=None)

    min_score = fields.Float(load_default=None, validate=ma.validate.Range(min=0, max=100))
    max_score = fields.Float(load_default=None, validate=ma.validate.Range(min=0, max=100))
    sort = Choice(
        ORDERS,
        about="Feedback without a score is last in both directions; equal scores are in the order "
        "of time.",
        load_default=NEWEST_FIRST,
    )

    @ma.validates_schema
    def _limits_in_order(self, data: dict[str, Any], **_: Any) -> None:
        low, high = data.get("min_score"), data.get("max_score")
        if low is not None and high is not None and low > high:
            raise ma.ValidationError("Give at least min_score.", "max_score")

    @ma.post_load
    def _empty_tag_is_any(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return data | {"tag1": data["tag1"] or None, "tag2": data["tag2"] or None}

    @ma.post_load
    def _default_sort_is_none(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        # Unsorted lists keep the walk of older cursors, from before lists could be sorted.
        return data | {"sort": None if data["sort"] == NEWEST_FIRST else data["sort"]}


class FeedbackToGive(bounded.Schema):
    """A feedback: either a score from 0 to 100, or a value with its decimals and its meaning in
    tag1 (ERC-8004, "Giving Feedback")."""

    agent_uuid = own.Identifier(required=True)
    client_address = own.Address(required=True)
    score = own.Amount(digits=3, places=2, load_default=None)
    value = own.BigInteger(low=-own.INT128_BOUND, high=own.INT128_BOUND, load_default=None)
    value_decimals = fields.Integer(
        load_default=None, strict=True, validate=ma.validate.Range(min=0, max=18)
    )
    tag1 = own.Text(max_length=256, load_default=None)
    tag2 = own.Text(max_length=256, load_default=None)
    endpoint = uris.Endpoint(load_default=None)
    file_uri = uris.Uri(load_default=None)
    file_hash = own.Hash32(load_default=None)
    chain = names.ChainName(load_default=None)
    tx_hash = own.Hash32(load_default=None)

    @ma.validates_schema
    def _score_or_value(self, data: dict[str, Any], **_: Any) -> None:
        if (data.get("score") is None) == (data.get("value") is None):
            raise ma.ValidationError("Give either score, or value with value_decimals.", "score")
        if data.get("score") is not None and data["score"] > 100:
            raise ma.ValidationError("Give a score from 0 to 100.", "score")
        if data.get("value_decimals") is not None and data.get("value") is None:
            raise ma.ValidationError("value_decimals goes with value.", "value_decimals")

    @ma.post_load
    def _score_as_value(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Set value and value_decimals from a score: 87.5 is 8750 with two decimals."""
        score: Decimal | None = data["score"]
        if score is not None:
            decimals = 0 if score == int(score) else 2
            data |= {"value": int(score.scaleb(decimals)), "value_decimals": decimals}
        data["value_decimals"] = data["value_decimals"] or 0
        return data | {"tag1": data["tag1"] or None, "tag2": data["tag2"] or None}


class FeedbackToRevoke(bounded.Schema):
    """The reason why a feedback is revoked."""

    reason = own.Text(max_length=1000, load_default=None)


class ResponseToAppend(bounded.Schema):
    """A response to a feedback."""

    responder_address = own.Address(required=True)
    response_uri = uris.Uri(min_length=1, required=True)
    response_hash = own.Hash32(load_default=None)


class Response(ma.Schema):
    """A response to a feedback."""

    response_id = fields.UUID(required=True)
    responder_address = fields.String(required=True)
    by_owner = fields.Boolean(
        required=True, metadata={"description": "Whether the agent's current owner wrote it."}
    )
    response_uri = fields.String(required=True)
    response_hash = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    source = source()
    unstorable = unstorable()
    truncated = pages.truncated()


class ResponseToFeedback(Response):
    """A response, with the id of its feedback."""

    feedback_id = fields.UUID(required=True)


class ResponsePage(ma.Schema):
    """One page of the responses to a feedback, newest first."""

    responses = fields.List(fields.Nested(ResponseToFeedback), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class RevokedFeedback(ma.Schema):
    """A feedback that its client revoked."""

    feedback_id = fields.UUID(required=True)
    agent_uuid = fields.UUID(required=True)
    client_address = fields.String(required=True)
    is_revoked = fields.Boolean(required=True)
    revoked_at = own.timestamp(required=True, allow_none=True)
    revocation_reason = fields.String(required=True, allow_none=True)


class Feedback(RevokedFeedback, OnChain):
    """A feedback. score is the value on a scale from 0 to 100, null if it has no such meaning."""

    value = fields.String(required=True)
    value_decimals = fields.Integer(required=True)
    score = fields.Float(required=True, allow_none=True)
    tag1 = fields.String(required=True, allow_none=True)
    tag2 = fields.String(required=True, allow_none=True)
    endpoint = fields.String(required=True, allow_none=True)
    file_uri = fields.String(required=True, allow_none=True)
    file_hash = fields.String(required=True, allow_none=True)
    tx_hash = fields.String(required=True, allow_none=True)
    created_at = own.timestamp(required=True)
    source = source()
    feedback_index = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Its number among this client's feedback, if from the chain."},
    )
    block_number = fields.Integer(required=True, allow_none=True)
    as_of_block = as_of_block()
    unstorable = unstorable()
    truncated = pages.truncated()
    responses = fields.List(
        fields.Nested(Response),
        required=True,
        metadata={"description": "At most ten: the newest by the agent's owner, then by others."},
    )


class FeedbackPage(ma.Schema):
    """One page of feedback, newest first unless sorted otherwise."""

    feedback = fields.List(fields.Nested(Feedback), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
