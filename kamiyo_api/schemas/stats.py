"""Statistics of one agent, its reputation, and the totals over all."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounds
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agents import Summary, claimed


class ReputationQuery(bounds.Schema):
    """Which feedback to count; without any, all of it."""

    client_address = bounds.List(
        own.Address(),
        max_length=100,
        load_default=None,
        metadata={"description": "May repeat: feedback of any of these clients."},
    )
    tag1 = own.Text(max_length=256, load_default=None)
    tag2 = own.Text(max_length=256, load_default=None)


class Reputation(ma.Schema):
    """What feedback adds up to. Revoked feedback counts in revoked_feedback only, feedback
    without a 0-100 reading in total_feedback and unscored_feedback only."""

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


class AgentStats(Summary, Reputation):
    """All statistics of one agent. success_rate is verified / settled x 100; pending payments
    count in total_payments only."""

    total_amount_usdc = fields.String(required=True)
    successful_payments = fields.Integer(required=True)
    failed_payments = fields.Integer(required=True, metadata={"description": "Failed, rejected."})
    avg_payment_amount = fields.String(required=True, allow_none=True)
    last_payment_at = own.timestamp(required=True, allow_none=True)
    unique_endpoints_used = fields.Integer(required=True)


class AgentCount(ma.Schema):
    """How many agents a chain has in a status."""

    chain = fields.String(required=True)
    status = fields.String(required=True)
    agents = fields.Integer(required=True)
    claimed = fields.Integer(
        required=True, metadata={"description": "How many of them are only claimed."}
    )


class Totals(ma.Schema):
    """What the last refresh counted over all agents."""

    agents = fields.List(fields.Nested(AgentCount), required=True)
    trust_levels = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many agents are at each level."},
    )
    feedback = fields.Integer(required=True)
    payments = fields.Integer(required=True)
    amount_usdc = fields.String(required=True)
    as_of = own.timestamp(required=True)
    refreshed_at = own.timestamp("When the last refresh ended.", required=True)
    age_seconds = fields.Float(required=True, metadata={"description": "Since as_of."})
