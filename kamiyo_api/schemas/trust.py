"""The score of one agent, and all its figures."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas import pages
from kamiyo_api.schemas.agents import TRUST_LEVELS
from kamiyo_api.schemas.caveats import CAVEATS, NOT_COMPUTED
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice


def a_score() -> fields.Float:
    """Return the field of a score from 0 to 100, null without ratings."""
    return fields.Float(required=True, allow_none=True)


def a_count() -> fields.Integer:
    """Return the field of a count."""
    return fields.Integer(required=True)


class Unknown(ma.Schema):
    """A code that this deployment does not compute for the agent, and why."""

    code = Choice(NOT_COMPUTED, required=True)
    reason = fields.String(required=True)


class Scores(ma.Schema):
    """A score and its interval."""

    score = a_score()
    score_low = a_score()
    score_high = a_score()


class AtStake(Scores):
    """The scores at a stake: reviewers who paid less than it count for less."""

    stake_usdc = fields.String(required=True)
    score_middle = a_score()
    effective_reviewers = fields.Float(required=True)


class OfTag(Scores):
    """The scores of the records with one tag1, among the newest hundred of the agent."""

    tag = fields.String(required=True, allow_none=True)
    kind = Choice(
        {"rating": "It gives a voice.", "measurement": "It does not count in the score."},
        required=True,
    )
    records = a_count()
    reviewers = a_count()
    average_score = fields.Float(required=True)
    difference = fields.Float(
        required=True, allow_none=True, metadata={"description": "score minus average_score."}
    )


class Bin(ma.Schema):
    """The reviewers with a voice from low on, up to below high; the last bin includes 100."""

    low = a_count()
    high = a_count()
    reviewers = a_count()
    paying_reviewers = a_count()


class Trust(OnChain, Scores):
    """The score of an agent, with all its figures and a sentence about each. docs/trust.md explains
    the rule."""

    agent_uuid = fields.UUID(required=True)
    rule_version = a_count()
    stake_usdc = fields.String(required=True)
    trust_level = Choice(TRUST_LEVELS, required=True)
    score_middle = a_score()
    average_score = a_score()
    difference = fields.Float(
        required=True, allow_none=True, metadata={"description": "score minus average_score."}
    )
    effective_reviewers = fields.Float(required=True)
    backed_reviewers = fields.Float(required=True)
    backed_mean = a_score()
    unpaid_weight = fields.Float(required=True)
    unpaid_mean = a_score()
    reviewers = a_count()
    established_reviewers = a_count()
    new_reviewers = a_count()
    paying_reviewers = a_count()
    trusted_reviewers = a_count()
    reciprocal_reviewers = a_count()
    ratings = a_count()
    own_ratings = a_count()
    former_ratings = a_count()
    unscored_feedback = a_count()
    net_usdc = fields.String(required=True)
    returned_usdc = fields.String(required=True)
    last_backed_at = own.timestamp(required=True, allow_none=True)
    settled_payments = a_count()
    success_rate = fields.Float(required=True, allow_none=True)
    owner_since = own.timestamp(required=True, allow_none=True)
    caveats = fields.List(Choice(CAVEATS), required=True)
    not_computed = fields.List(fields.Nested(Unknown), required=True)
    by_stake = fields.List(fields.Nested(AtStake), required=True)
    by_tag = fields.List(
        fields.Nested(OfTag),
        required=True,
        metadata={"description": "By tag1, from the newest hundred records only."},
    )
    histogram = fields.List(fields.Nested(Bin), required=True)
    as_of = own.timestamp(required=True)
    sentences = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "A sentence about each figure, by its name."},
    )


class HistoryQuery(pages.Page):
    """The page of a history."""


class Day(Scores):
    """The score and level of an agent at the end of a day (UTC) on which they changed."""

    day = fields.Date(required=True)
    recorded_at = own.timestamp("When the refresh that recorded it began.", required=True)
    rule_version = a_count()
    trust_level = Choice(TRUST_LEVELS, required=True)
    effective_reviewers = fields.Float(required=True)
    paying_reviewers = a_count()
    total_feedback = a_count()
    total_payments = a_count()
    success_rate = fields.Float(required=True, allow_none=True)
    caveats = fields.List(Choice(CAVEATS), required=True)


class HistoryPage(ma.Schema):
    """A page of a history."""

    history = fields.List(fields.Nested(Day), required=True)
    limit = a_count()
    next_cursor = fields.String(required=True, allow_none=True)
