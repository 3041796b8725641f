"""Statistics of one agent, its reputation, and the totals over all agents."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agent_answers import Summary, claimed
from kamiyo_api.schemas.agents import STATUSES
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.on_chain import SOURCES, as_of_block


class ReputationQuery(bounded.Schema):
    """The filters of the feedback to count; without filters, all feedback counts."""

    client_address = bounded.List(
        own.Address(),
        max_length=100,
        load_default=None,
        metadata={"description": "May be repeated: the feedback of any of these clients counts."},
    )
    tag1 = own.Text(max_length=256, load_default=None)
    tag2 = own.Text(max_length=256, load_default=None)
    source = Choice(SOURCES, about="The source of the feedback; all by default.", load_default=None)


class Reputation(ma.Schema):
    """The sums of feedback. Revoked feedback counts only in revoked_feedback, feedback without a
    score from 0 to 100 only in total_feedback and unscored_feedback."""

    agent_uuid = fields.UUID(required=True)
    claimed = claimed()
    total_feedback = fields.Integer(required=True)
    average_score = fields.Float(required=True, allow_none=True)
    positive_feedback = fields.Integer(required=True, metadata={"description": "Score >= 80."})
    negative_feedback = fields.Integer(required=True, metadata={"description": "Score < 50."})
    revoked_feedback = fields.Integer(required=True)
    unscored_feedback = fields.Integer(required=True)
    unique_clients = fields.Integer(required=True)
    last_feedback_at = own.timestamp(required=True, allow_none=True)
    as_of = own.timestamp(required=True)
    as_of_block = as_of_block()


class AgentStats(Summary, Reputation):
    """All statistics of one agent. success_rate is verified / settled x 100; pending payments
    count only in total_payments."""

    total_amount_usdc = fields.String(required=True)
    successful_payments = fields.Integer(required=True)
    failed_payments = fields.Integer(required=True, metadata={"description": "Failed, rejected."})
    avg_payment_amount = fields.String(required=True, allow_none=True)
    last_payment_at = own.timestamp(required=True, allow_none=True)
    unique_endpoints_used = fields.Integer(required=True)


class AgentCount(OnChain):
    """The number of agents of one chain in one status."""

    status = Choice(STATUSES, required=True)
    agents = fields.Integer(required=True)
    claimed = fields.Integer(
        required=True, metadata={"description": "The number of them that are only claimed."}
    )


class Totals(ma.Schema):
    """The totals over all agents as of the last refresh."""

    agents = fields.List(fields.Nested(AgentCount), required=True)
    trust_levels = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "The number of agents at each level."},
    )
    feedback = fields.Integer(required=True)
    payments = fields.Integer(required=True)
    amount_usdc = fields.String(required=True)
    as_of = own.timestamp(required=True)
    refreshed_at = own.timestamp("When the last refresh ended.", required=True)
    age_seconds = fields.Float(required=True, metadata={"description": "The seconds since as_of."})
