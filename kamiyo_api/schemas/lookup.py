"""Lookups of agents by the names that callers have, and the answer to each name."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api import error_codes, errors
from kamiyo_api.schemas import bounded, names
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agent_answers import FoundAgent
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.stats import AgentStats

MAX_ITEMS = 100
WAYS = "Give agent_uuid, or chain and agent_id, or agent."

# The error codes of an item.
CODES = [
    error.code for error in (errors.ChainNotSupported, errors.AgentNotFound, errors.InvalidInput)
]


class TokenQuery(bounded.Schema):
    """The registry of a token, unless it is the identity registry of its chain."""

    registry_address = own.Address(load_default=None)


class AgentName(bounded.Schema):
    """One agent by its uuid, by its chain and token id, or by its global name."""

    agent_uuid = own.Identifier(load_default=None)
    chain = names.ChainName(load_default=None)
    registry_address = own.Address(load_default=None)
    agent_id = own.BigInteger(low=0, high=10**78 - 1, load_default=None)
    agent = names.AgentName(load_default=None)

    @ma.validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        by_token = [data.get(name) is not None for name in ("chain", "agent_id")]
        ways = [data.get("agent_uuid"), data.get("agent"), any(by_token) or None]
        if sum(way is not None for way in ways) != 1 or any(by_token) != all(by_token):
            raise ma.ValidationError(WAYS)
        if data.get("registry_address") and not any(by_token):
            raise ma.ValidationError("Only chain and agent_id need it.", "registry_address")

    @ma.post_load
    def _parts_of_agent(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return names.with_parts_of_agent(data)


class Item(fields.Nested):
    """An item of a batch with its own answer: a malformed item becomes an error, and the others are
    answered."""

    def deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().deserialize(value, *args, **kwargs)
        except ma.ValidationError as error:
            return errors.InvalidInput(own.first_message(error.messages))


class AgentLookup(bounded.Schema):
    """The agents to look up, and what to include for each."""

    agents = bounded.List(
        Item(AgentName), max_length=MAX_ITEMS, required=True, metadata={"minItems": 1}
    )
    include = bounded.List(
        Choice({"stats": "The statistics of each agent as of now."}),
        max_length=1,
        load_default=list,
    )

    @ma.validates("agents")
    def _at_least_one(self, agents: list[Any], **_: Any) -> None:
        if not agents:
            raise ma.ValidationError(f"Give 1 to {MAX_ITEMS} agents.")


class LookedUpAgent(ma.Schema):
    """The answer to one item of a lookup."""

    status = fields.Integer(
        required=True,
        metadata={
            "description": "The HTTP status of a request for this agent alone: 200, 400 for an "
            "unknown chain, 404, or 422 for a malformed name."
        },
    )
    agent = fields.Nested(FoundAgent, required=True, allow_none=True)
    stats = fields.Nested(AgentStats, metadata={"description": "With include=stats."})
    code = Choice(
        {code: error_codes.meanings()[code] for code in CODES},
        about="The code of the error.",
        required=True,
        allow_none=True,
    )
    detail = fields.String(
        required=True, allow_none=True, metadata={"description": "What to do about the error."}
    )


class FoundAgents(ma.Schema):
    """The answers to a lookup, in the order of its items."""

    agents = fields.List(fields.Nested(LookedUpAgent), required=True)
    as_of = own.timestamp("When the summaries were computed; stats are as of now.", required=True)
