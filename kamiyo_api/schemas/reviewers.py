"""Reviewers and owners: what is known of an address over all agents and chains."""

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
    """A page of the agents of a reviewer, those that it rated first last."""

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
    """Return a figure in points, null without a voice."""
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
    owners = number("Of how many owners it rates agents, up to 10,001.")
    agents = number("On how many agents it has a voice.")
    ratings = number("From how many ratings.")
    reciprocal_agents = number("On how many of these whose owners rate its own agents.")
    paid_agents = number("How many agents it paid.")
    paid_usdc = usdc("What it paid agents.")
    net_usdc = usdc("What of it stayed with the agents that it rated.")
    returned_usdc = usdc("What came back from them.")
    mean_voice = points("The mean of its voices.")
    deviation = points("Their standard deviation: 0 if all are alike.")
    most_common_voice = points("The most common voice.")
    most_common_share = points("How many percent of its voices are that one.")
    voice_counts = fields.List(
        fields.Integer(),
        required=True,
        metadata={"description": "How many voices are from 0 to below 10, and so on up to 100."},
    )
    is_truncated = fields.Boolean(
        required=True, metadata={"description": "Whether it rated or paid more agents."}
    )
    as_of = own.timestamp("When the last refresh began.", required=True)


class ReviewedAgent(ma.Schema):
    """One agent on which a reviewer has a voice."""

    agent_uuid = fields.UUID(required=True)
    chain = fields.String(required=True)
    agent_id = fields.String(required=True)
    owner_address = fields.String(required=True)
    name = fields.String(
        required=True, allow_none=True, metadata={"description": "Its first 200 characters."}
    )
    voice = fields.Float(required=True, metadata={"description": "The mean of the ratings."})
    ratings = number("How many ratings.")
    paid_usdc = usdc("What the reviewer paid it.")
    net_usdc = usdc("What of that stayed.")
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
    feedback = number("How many of its records have it, revoked ones included.")


class TagPage(ma.Schema):
    """The tags of a reviewer in order, of the newest 100 records on each of the 1,000 agents that
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
    agents_total = number("How many agents it owns, counted up to 10,000.")
    chains = fields.List(fields.Nested(AgentsOfChain), required=True)
    reviewers = number(
        "How many reviewers have a voice on any of them, each counted once, up to 100,000."
    )
    agents = fields.List(fields.Nested(FoundAgent), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    as_of = own.timestamp("When the last refresh began.", required=True)
