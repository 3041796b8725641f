"""The answers of decisions."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api import error_codes, errors
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agent_answers import FoundAgent
from kamiyo_api.schemas.agents import STATUSES, TRUST_LEVELS
from kamiyo_api.schemas.caveats import CAVEATS, NOT_COMPUTED
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.decision_codes import CODES, DECISIONS, EFFECTS, FINDINGS
from kamiyo_api.schemas.on_chain import SOURCES

PROOFS = {
    "agent_wallet": "The wallet itself is the agentWallet on the chain of the payment: it signed.",
    "domain": "The host of the URL names the agent in its /.well-known/agent-registration.json.",
}
NOTES = CAVEATS | FINDINGS | {"VOUCHED": "The reviewers the caller trusts vouch for it."}
ITEM_CODES = [error.code for error in (errors.ChainNotSupported, errors.InvalidInput)]


def text(about: str, **options: Any) -> fields.String:
    """Return a required text, such as an exact number."""
    return fields.String(required=True, metadata={"description": about}, **options)


def usdc(about: str) -> fields.String:
    """Return an amount; null where the agent is not known."""
    return text(f"{about} In USDC.", allow_none=True)


def figure(about: str) -> fields.Float:
    """Return a figure with two decimals; null where nothing is known."""
    return fields.Float(required=True, allow_none=True, metadata={"description": about})


def count(about: str) -> fields.Integer:
    """Return a required number."""
    return fields.Integer(required=True, metadata={"description": about})


class DecidedAgent(ma.Schema):
    """The agent that a decision is about."""

    agent_uuid = fields.UUID(required=True)
    chain = fields.String(required=True)
    caip2 = fields.String(required=True)
    registry_address = fields.String(required=True)
    agent_id = fields.String(required=True)
    owner_address = fields.String(required=True)


class Check(ma.Schema):
    """One check: what was compared, and what it leads to if it fails."""

    code = Choice(CODES, required=True)
    effect = Choice(EFFECTS, about="What the decision is at least if it fails.", required=True)
    passed = fields.Boolean(required=True)
    value = fields.Raw(
        required=True,
        allow_none=True,
        metadata={"description": "What was found.", "type": ["string", "number"]},
    )
    threshold = fields.Raw(
        required=True,
        allow_none=True,
        metadata={"description": "What it was held against.", "type": ["string", "number"]},
    )
    text = text("The check as a sentence.")


class ClassSums(ma.Schema):
    """The sums over reviewers of one class at the stake. Weights are in millionths of a USDC,
    voices in hundredths of a point."""

    reviewers = count("How many have a voice.")
    voices = text("The sum of their voices.")
    weight = text("What their voices weigh.")
    weighted_voices = text("The sum of each weight times its voice.")
    trusted_weight = text("What those the caller trusts weigh more, so that they count fully.")
    trusted_weighted_voices = text("The sum of that times the voice of each.")


class DecisionEvidence(ma.Schema):
    """All that a decision follows from, beside the amount and the policy."""

    agent_uuid = fields.UUID(required=True)
    rule_version = count("The version of the rule.")
    status = Choice(STATUSES, required=True)
    source = Choice(SOURCES, required=True)
    claimed = fields.Boolean(required=True)
    is_testnet = fields.Boolean(required=True)
    registered_at = own.timestamp(required=True)
    owner_since = own.timestamp(required=True, allow_none=True)
    settled_payments = count("Payments that were verified, failed or rejected.")
    success_rate = text("How many percent of them were verified.", allow_none=True)
    reviewers = count("Reviewers with a voice.")
    established_reviewers = count("Those who are no newcomers.")
    paying_reviewers = count("Those whose money stayed with the agent.")
    trusted_reviewers = count("Those the operator trusts.")
    reciprocal_reviewers = count("Those whose agents the agent's owner rates in return.")
    ratings = count("Ratings that give a voice.")
    own_ratings = count("Ratings by the agent itself.")
    former_ratings = count("Ratings of a former owner's time.")
    unscored_feedback = count("Records without a score.")
    net_usdc = text("What reviewers paid that stayed.")
    returned_usdc = text("What went back to them.")
    last_backed_at = own.timestamp(
        "When a paying or trusted reviewer last rated it.", required=True, allow_none=True
    )
    vouching_reviewers = count("How many of the caller's trusted reviewers rated it.")
    vouching_voices = text("The sum of their voices.")
    stake_usdc = text("The stake at which the sums are.")
    established = fields.Nested(ClassSums, required=True)
    newcomers = fields.Nested(ClassSums, required=True)


class AppliedPolicy(ma.Schema):
    """The policy with the value of each member."""

    allow_from = fields.String(required=True)
    min_level = fields.String(required=True, allow_none=True)
    min_score_low = fields.String(required=True, allow_none=True)
    min_effective_reviewers = fields.String(required=True, allow_none=True)
    min_paying_reviewers = fields.Integer(required=True, allow_none=True)
    min_trusted_reviewers = fields.Integer(required=True, allow_none=True)
    max_expected_loss_usdc = fields.String(required=True, allow_none=True)
    max_age_days = fields.Integer(required=True, allow_none=True)
    trusted_reviewers = fields.List(fields.String(), required=True)
    trusted_only = fields.Boolean(required=True)
    complaint_rate = fields.String(required=True)
    ignore = fields.List(fields.String(), required=True)
    warn_on = fields.List(fields.String(), required=True)
    unknown = fields.String(required=True)  # type: ignore[assignment]
    sources = fields.List(fields.String(), required=True, allow_none=True)


class ChainBlock(ma.Schema):
    """Up to which block a chain is contained."""

    chain = fields.String(required=True)
    caip2 = fields.String(required=True)
    block = fields.Integer(required=True)


class NotComputed(ma.Schema):
    """A code that this deployment cannot tell, and why."""

    code = Choice(NOT_COMPUTED, required=True)
    reason = fields.String(required=True)


class Candidate(ma.Schema):
    """An agent that may be meant by a URL or an address."""

    agent = fields.Nested(
        FoundAgent, required=True, metadata={"description": "`matched` says what it claims."}
    )
    proved = fields.List(
        Choice(PROOFS), required=True, metadata={"description": "Which claims are proved."}
    )


class DecidedPayment(ma.Schema):
    """The payment that was found in `payment_requirements`."""

    chain = fields.String(required=True)
    pay_to = fields.String(required=True)
    url = fields.String(required=True, allow_none=True)
    asset = fields.String(required=True, allow_none=True)


class Decision(ma.Schema):
    """A decision whether to pay, with every reason and the evidence behind it."""

    decision = Choice(DECISIONS, required=True)
    agent = fields.Nested(DecidedAgent, required=True, allow_none=True)
    amount_usdc = text("How much is to be paid.")
    checks = fields.List(fields.Nested(Check), required=True)
    notes = fields.List(Choice(NOTES), required=True, metadata={"description": "Codes to know."})
    level_at_stake = Choice(
        TRUST_LEVELS,
        about="The level by reviewers who risked as much.",
        required=True,
        allow_none=True,
    )
    stake_usdc = text("The stake at which everything is weighed.", allow_none=True)
    score = figure("The score at the stake.")
    low = figure("What it would be with two more customers, both unhappy.")
    high = figure("What it would be with two more customers, both happy.")
    effective_reviewers = figure("How many fully paying reviewers the evidence is worth.")
    trusted_mean = figure("What the reviewers the caller trusts say on average.")
    forgery_cost_usdc = usdc("What it costs at least to forge this evidence.")
    cheat_gain_usdc = usdc("What a cheat wins until complaints have made the agent fair.")
    expected_loss_usdc = usdc("What the payment loses on average.")
    loss_at_low_usdc = usdc("What it loses at the low of the score.")
    evidence = fields.Nested(DecisionEvidence, required=True, allow_none=True)
    inputs_digest = text("SHA-256 of `evidence` as canonical JSON, in hex.", allow_none=True)
    policy = fields.Nested(AppliedPolicy, required=True)
    rule_version = fields.Integer(required=True, allow_none=True)
    as_of = own.timestamp(required=True)
    blocks = fields.List(fields.Nested(ChainBlock), required=True)
    not_computed = fields.List(fields.Nested(NotComputed), required=True)
    payment = fields.Nested(DecidedPayment)
    candidates = fields.List(
        fields.Nested(Candidate),
        metadata={"description": "For a URL or an address: up to ten agents, proved ones first."},
    )


class DecisionItem(ma.Schema):
    """The answer to one item: the decision, or why there is none."""

    status = fields.Integer(
        required=True, metadata={"description": "The status that this item alone would have."}
    )
    decision = fields.Nested(Decision, required=True, allow_none=True)
    code = Choice(
        {code: error_codes.meanings()[code] for code in ITEM_CODES},
        about="The code of the error.",
        required=True,
        allow_none=True,
    )
    detail = text("What to do about the error.", allow_none=True)


class Decisions(ma.Schema):
    """The answers in the order of the items."""

    decisions = fields.List(fields.Nested(DecisionItem), required=True)
