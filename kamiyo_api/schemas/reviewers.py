"""Reviewers and owners: the figures of an address over all agents and chains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas import pages
from kamiyo_api.schemas.agent_answers import FoundAgent
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.flags import Flag


class ByFirstFeedback(pages.NewestFirst):
    """A page of the agents of a reviewer, by the time of its first rating, newest first."""

    def place_of(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """Return the parts of the cursor after a row."""
        return row["first_feedback_at"].isoformat(), row[self.key]


class ReviewedQuery(pages.Page):
    """The page and filter of the agents of a reviewer."""

    reciprocal = Flag(
        load_default=None,
        metadata={"description": "Only those whose owner rates the reviewer's agents, or others."},
    )


class TagsQuery(pages.Page):
    """The page of the tags of a reviewer."""


class OwnerQuery(pages.Page):
    """The page of the agents of an owner."""


def number(about: str, **options: Any) -> fields.Integer:
    """Return a required count."""
    return fields.Integer(required=True, metadata={"description": about}, **options)


def usdc(about: str) -> fields.String:
    """Return a required amount."""
    return fields.String(required=True, metadata={"description": f"{about} In USDC."})


def points(about: str) -> fields.Float:
    """Return a field for points, null without a voice."""
    return fields.Float(required=True, allow_none=True, metadata={"description": about})


class Reviewer(ma.Schema):
    """One reviewer as of the last refresh, over the first 10,000 agents that it
    rated or paid."""

    address = fields.String(required=True)
    first_seen_at = own.timestamp("When it first gave feedback.", required=True, allow_none=True)
    is_established = fields.Boolean(
        required=True,
        metadata={"description": "First seen 30 days ago, and rated agents of three owners."},
    )
    is_trusted = fields.Boolean(
        required=True, metadata={"description": "Whether the operator trusts it."}
    )
    owners = number("The number of owners whose agents it rates, up to 10,001.")
    agents = number("The number of agents that it rates; its voice on each is its mean rating.")
    ratings = number("The number of its ratings.")
    reciprocal_agents = number("The number of those agents whose owners rate its own agents.")
    paid_agents = number("The number of agents it paid.")
    paid_usdc = usdc("The amount it paid agents.")
    net_usdc = usdc("The net amount it paid the agents that it rated.")
    returned_usdc = usdc("The amount they returned.")
    mean_voice = points("The mean of its voices.")
    deviation = points("The standard deviation of its voices: 0 if all are equal.")
    most_common_voice = points("The most common voice.")
    most_common_share = points("The percentage of voices equal to the most common one.")
    voice_counts = fields.List(
        fields.Integer(),
        required=True,
        metadata={"description": "The number of voices from 0 to below 10, and so on up to 100."},
    )
    is_truncated = fields.Boolean(
        required=True, metadata={"description": "Whether it rated or paid more than 10,000 agents."}
    )
    as_of = own.timestamp("When the last refresh began.", required=True)


class ReviewedAgent(ma.Schema):
    """One agent that a reviewer rated."""

    agent_uuid = fields.UUID(required=True)
    chain = fields.String(required=True)
    agent_id = fields.String(required=True)
    owner_address = fields.String(required=True)
    name = fields.String(
        required=True, allow_none=True, metadata={"description": "Its first 200 characters."}
    )
    voice = fields.Float(required=True, metadata={"description": "The mean of the ratings."})
    ratings = number("The number of ratings.")
    paid_usdc = usdc("The amount the reviewer paid it.")
    net_usdc = usdc("The net amount the reviewer paid it.")
    returned_usdc = usdc("What came back.")
    is_reciprocal = fields.Boolean(
        required=True,
        metadata={"description": "Whether its owner rates the reviewer's own agents."},
    )
    first_feedback_at = own.timestamp(required=True)
    last_rating_at = own.timestamp(required=True, allow_none=True)


class ReviewedPage(ma.Schema):
    """The agents of a reviewer."""

    agents = fields.List(fields.Nested(ReviewedAgent), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class Tag(ma.Schema):
    """A tag of a reviewer."""

    tag = fields.String(required=True, metadata={"description": "Empty for records without one."})
    feedback = number("The number of its records with this tag, including revoked ones.")


class TagPage(ma.Schema):
    """The tags of a reviewer in order, from the newest 100 records on each of the 1,000 agents that
    it rated last."""

    tags = fields.List(fields.Nested(Tag), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)


class AgentsOfChain(OnChain):
    """The number of agents that an owner has on a chain."""

    agents = fields.Integer(required=True)


class Owner(ma.Schema):
    """The agents of one wallet over all chains and in every status, the newest first."""

    address = fields.String(required=True)
    agents_total = number("The number of its agents, counted up to 10,000.")
    chains = fields.List(fields.Nested(AgentsOfChain), required=True)
    reviewers = number(
        "The number of reviewers who rated any of them, each counted once, up to 100,000."
    )
    agents = fields.List(fields.Nested(FoundAgent), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    as_of = own.timestamp("When the last refresh began.", required=True)
