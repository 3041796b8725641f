"""The parameters of the search of agents."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounded, flags, names, pages
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agents import STATUSES, TRUST_LEVELS
from kamiyo_api.schemas.choices import Choice

# Only an agent with both a score and settled payments is at one of these levels.
TRUSTED = frozenset({"excellent", "good"})
CLAIMS = {
    "false": "Agents whose owner is proven, and those that are not on chain.",
    "true": "Agents that are only claimed.",
    "any": "All agents.",
}
# The values of the parameter `claimed`.
CLAIMED = {"false": False, "true": True, "any": None}
WHICH_ACTIVE = {
    "true": "Agents whose own file says active, or nothing about it.",
    "false": "Agents whose own file says inactive.",
    "any": "All agents.",
}
# The values of the parameter `active`; it is part of a cursor only if given.
ACTIVE = {"true": True, "false": False, "any": None}
ACTIVE_BY_DEFAULT = "true"
TESTNETS = {
    "true": "Agents on testnets.",
    "false": "Agents on mainnets.",
    "any": "All agents.",
}
# The values of the parameter `testnet`; it is part of a cursor only if given.
TESTNET = {"true": True, "false": False, "any": None}
TESTNET_BY_DEFAULT = "false"
# Filters that name agents, a place or a wallet: with any of them, the default is any.
NAMING = ("chain", "registry_address", "agent_id", "owner_address", "endpoint", "wallet")
# The kind of value that each sort orders by.
SORTS = {
    "registered_at": "time",
    "reputation_score": "score",
    "average_score": "score",
    "total_feedback": "count",
    "total_payments": "count",
    "last_activity_at": "time",
}
ORDERS = {
    "relevance": "With q: names equal to q, names that begin with it, names with all its words, "
    "then the others, each newest first.",
} | {
    order: f"By {sort}, {direction}."
    for sort in SORTS
    for order, direction in ((sort, "ascending"), (f"-{sort}", "descending"))
}
COLLAPSES = {
    "owner": "Show one agent of each owner, the first in the order of the sort, with the number of "
    "those that match as owner_matches; total counts owners.",
}
# All filters but status, claimed, active and testnet, which nearly every search has and which
# exclude few agents.
FILTERS = (
    "owner_address",
    "chain",
    "registry_address",
    "agent_id",
    "trust_level",
    "min_reputation_score",
    "min_average_score",
    "min_effective_reviewers",
    "min_paying_reviewers",
    "min_success_rate",
    "min_feedback",
    "service",
    "skill",
    "domain",
    "x402",
    "verified",
    "q",
    "endpoint",
    "wallet",
)
# The ranks of the sort by relevance, as in sql/functions/34_search_queries.sql.
RANKS = (0, 1, 2, 3)


class AgentSearch(pages.Page):
    """The filters of a search, its order and its page. An agent must match all filters."""

    owner_address = own.Address(load_default=None)
    chain = names.ChainName(load_default=None)
    registry_address = own.Address(load_default=None)
    agent_id = own.BigInteger(low=0, high=10**78 - 1, load_default=None)
    agent = names.AgentName(load_default=None)
    status = Choice(STATUSES | {"any": "Agents of every status."}, load_default="active")
    claimed = flags.FlagOrAny(
        CLAIMS,
        about="Whether to find agents that were registered here under a token id that no import "
        "from the registry has confirmed.",
        load_default="false",
    )
    trust_level = bounded.List(
        Choice(TRUST_LEVELS),
        max_length=len(TRUST_LEVELS),
        load_default=None,
        metadata={"description": "May be repeated: an agent matches at any of the given levels."},
    )
    min_reputation_score = fields.Float(
        load_default=None,
        validate=validate.Range(min=0, max=100),
        metadata={"description": "The lowest score that matches."},
    )
    min_average_score = fields.Float(
        load_default=None,
        validate=validate.Range(min=0, max=100),
        metadata={"description": "The lowest average_score that matches."},
    )
    min_effective_reviewers = fields.Float(
        load_default=None,
        validate=validate.Range(min=0, max=10**12),
        metadata={"description": "The minimum of effective_reviewers."},
    )
    min_paying_reviewers = fields.Integer(
        load_default=None,
        validate=validate.Range(min=0, max=10**12),
        metadata={"description": "The minimum of paying_reviewers."},
    )
    min_success_rate = fields.Float(load_default=None, validate=validate.Range(min=0, max=100))
    min_feedback = fields.Integer(load_default=None, validate=validate.Range(min=0, max=10**12))
    service = own.Text(
        min_length=1,
        max_length=64,
        load_default=None,
        metadata={"description": "The name of a service, such as mcp or a2a; case is ignored."},
    )
    skill = own.Text(
        min_length=1,
        max_length=128,
        load_default=None,
        metadata={
            "description": "A skill or tool that the file names, such as text_to_code, or a whole "
            "path of OASF; case is ignored, and a space or - is the same as _."
        },
    )
    domain = own.Text(
        min_length=1,
        max_length=128,
        load_default=None,
        metadata={"description": "A domain that the file names, written like a skill."},
    )
    active = flags.FlagOrAny(
        WHICH_ACTIVE,
        about="By default true; send false or any to find agents whose files say inactive.",
        load_default=None,
    )
    testnet = flags.FlagOrAny(
        TESTNETS,
        about=f"By default {TESTNET_BY_DEFAULT}, because agents on testnets are free; any with "
        f"{', '.join(NAMING)} or agent.",
        load_default=None,
    )
    x402 = flags.Flag(load_default=None)
    verified = flags.Flag(
        load_default=None,
        metadata={
            "description": "Whether the file at token_uri names the agent; false also finds agents "
            "whose file was not fetched."
        },
    )
    q = own.Text(
        min_length=1,
        max_length=200,
        load_default=None,
        metadata={
            "description": "Words that the name or the description must contain, also as the start "
            "of a word in the name; or a wallet, a host, an ENS name or a URL that the agent names."
        },
    )
    endpoint = own.Text(
        min_length=1,
        max_length=2048,
        load_default=None,
        metadata={
            "description": "A URL or a host of a service of the agent; a URL also finds longer "
            "URLs that begin with it.",
            "example": "https://tides.example/mcp",
        },
    )
    wallet = own.Address(
        load_default=None,
        metadata={
            "description": "A wallet of the agent: its owner, its agent wallet, or one that its "
            "file names."
        },
    )
    collapse = Choice(
        COLLAPSES,
        about="Whether to fold agents. If more than 10,000 agents match, or 3,000 with a filter by "
        "texts, only those on the same page are folded; an owner may appear again on a later page.",
        load_default=None,
    )
    sort = Choice(
        ORDERS,
        about="relevance is the default with q, and -registered_at without. A leading - sorts in "
        "descending order. reputation_score is the field score, average_score the unweighted mean; "
        "agents without it are last in both directions. Agents with equal scores or counts are "
        "in the order of registration.",
        load_default=None,
    )
    offset = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=10_000),
        metadata={"description": "The number of agents to skip; a cursor is faster."},
    )

    @ma.validates_schema
    def _cursor_or_offset(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("cursor") and data.get("offset"):
            raise ma.ValidationError("Give a cursor or an offset, not both.", "offset")

    @ma.validates_schema
    def _agent_or_its_parts(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("agent") and any(data.get(part) is not None for part in names.PARTS_OF_AGENT):
            raise ma.ValidationError(f"Give agent, or {', '.join(names.PARTS_OF_AGENT)}.", "agent")

    @ma.validates_schema
    def _relevance_of_something(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("sort") == "relevance" and data.get("q") is None:
            raise ma.ValidationError("Give q too: the relevance depends on q.", "sort")

    @ma.post_load
    def _one_form(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Normalize names, so equal searches have equal parameters."""
        data["sort"] = data["sort"] or ("-registered_at" if data["q"] is None else "relevance")
        return names.with_parts_of_agent(data)


def testnet_of(search: dict[str, Any]) -> bool | None:
    """Return whether the agents of a search are on testnets; None for all agents."""
    is_named = any(search[name] is not None for name in NAMING)
    return TESTNET[search["testnet"] or ("any" if is_named else TESTNET_BY_DEFAULT)]


def kind_of(sort: str) -> str:
    """Return the kind of value that a sort orders by: a time, a score, a count or a rank."""
    return SORTS.get(sort.removeprefix("-"), "rank")
