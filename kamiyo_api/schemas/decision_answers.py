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
    "agent_wallet": "The wallet is the agentWallet on the chain of the payment, which it signed.",
    "domain": "The host of the URL names the agent in its /.well-known/agent-registration.json.",
}
NOTES = CAVEATS | FINDINGS | {"VOUCHED": "The reviewers the caller trusts vouch for it."}
ITEM_CODES = [error.code for error in (errors.ChainNotSupported, errors.InvalidInput)]


def text(about: str, **options: Any) -> fields.String:
    """Return a required string field, also for exact numbers."""
    return fields.String(required=True, metadata={"description": about}, **options)


def usdc(about: str) -> fields.String:
    """Return a field for an amount; null if the agent is unknown."""
    return text(f"{about} In USDC.", allow_none=True)


def figure(about: str) -> fields.Float:
    """Return a field for a figure with two decimals; null if unknown."""
    return fields.Float(required=True, allow_none=True, metadata={"description": about})


def count(about: str) -> fields.Integer:
    """Return a required integer field."""
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
    """One check: what was compared, and the effect if it fails."""

    code = Choice(CODES, required=True)
    effect = Choice(EFFECTS, about="The decision if it fails and none is worse.", required=True)
    passed = fields.Boolean(required=True)
    value = fields.Raw(
        required=True,
        allow_none=True,
        metadata={"description": "The value found.", "type": ["string", "number"]},
    )
    threshold = fields.Raw(
        required=True,
        allow_none=True,
        metadata={"description": "The value it was compared with.", "type": ["string", "number"]},
    )
    text = text("The check as a sentence.")


class ClassSums(ma.Schema):
    """The sums over reviewers of one class at the stake. Weights are in millionths of a USDC,
    voices in hundredths of a point."""

    reviewers = count("The number of reviewers with a voice.")
    voices = text("The sum of their voices.")
    weight = text("The sum of their weights.")
    weighted_voices = text("The sum of each weight times the voice.")
    trusted_weight = text("The weight added to reviewers the caller trusts, up to full weight.")
    trusted_weighted_voices = text("The sum of each added weight times the voice.")


class DecisionEvidence(ma.Schema):
    """Everything that a decision depends on, besides the amount and the policy."""

    agent_uuid = fields.UUID(required=True)
    rule_version = count("The version of the rule.")
    status = Choice(STATUSES, required=True)
    source = Choice(SOURCES, required=True)
    claimed = fields.Boolean(required=True)
    is_testnet = fields.Boolean(required=True)
    registered_at = own.timestamp(required=True)
    owner_since = own.timestamp(required=True, allow_none=True)
    settled_payments = count("Payments that were verified, failed or rejected.")
    success_rate = text("The percentage of them that were verified.", allow_none=True)
    reviewers = count("Reviewers with a voice.")
    established_reviewers = count("Known reviewers.")
    paying_reviewers = count("Reviewers with a net payment to the agent.")
    trusted_reviewers = count("Reviewers the operator trusts.")
    reciprocal_reviewers = count("Reviewers whose agents the agent's owner rates.")
    ratings = count("Records that count as ratings.")
    own_ratings = count("Ratings by the agent's own owner or wallet.")
    former_ratings = count("Ratings from before the current owner.")
    unscored_feedback = count("Records without a score.")
    net_usdc = text("The net amount that reviewers paid.")
    returned_usdc = text("The amount returned to them.")
    last_backed_at = own.timestamp(
        "When a paying or trusted reviewer last rated it.", required=True, allow_none=True
    )
    vouching_reviewers = count("The number of the caller's trusted reviewers who rated it.")
    vouching_voices = text("The sum of their voices.")
    stake_usdc = text("The stake of the sums.")
    established = fields.Nested(ClassSums, required=True)
    newcomers = fields.Nested(ClassSums, required=True)


class AppliedPolicy(ma.Schema):
    """The policy with the value of each field."""

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
    """The last block of a chain that the decision includes."""

    chain = fields.String(required=True)
    caip2 = fields.String(required=True)
    block = fields.Integer(required=True)


class NotComputed(ma.Schema):
    """A code that this deployment does not compute, and why."""

    code = Choice(NOT_COMPUTED, required=True)
    reason = fields.String(required=True)


class Candidate(ma.Schema):
    """An agent that claims the URL or address."""

    agent = fields.Nested(
        FoundAgent, required=True, metadata={"description": "`matched` lists what it claims."}
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
    """A decision whether to pay, with its reasons and evidence."""

    decision = Choice(DECISIONS, required=True)
    agent = fields.Nested(DecidedAgent, required=True, allow_none=True)
    amount_usdc = text("The amount to pay.")
    checks = fields.List(fields.Nested(Check), required=True)
    notes = fields.List(Choice(NOTES), required=True, metadata={"description": "Codes to note."})
    level_at_stake = Choice(
        TRUST_LEVELS,
        about="The level at the stake.",
        required=True,
        allow_none=True,
    )
    stake_usdc = text(
        "The stake at which the figures are computed.",
        allow_none=True,
    )
    score = figure("The score at the stake.")
    low = figure("The score with two more dissatisfied customers.")
    high = figure("The score with two more satisfied customers.")
    effective_reviewers = figure("The sum of the weights of all reviewers.")
    trusted_mean = figure("The mean rating by reviewers the caller trusts.")
    forgery_cost_usdc = usdc("The least cost of forging this evidence.")
    cheat_gain_usdc = usdc("What a cheat gains until complaints lower the agent to fair.")
    expected_loss_usdc = usdc("The expected loss of the payment.")
    loss_at_low_usdc = usdc("The expected loss at the low of the score.")
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
    """The answer to one item: the decision, or the error."""

    status = fields.Integer(
        required=True, metadata={"description": "The HTTP status of this item alone."}
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
