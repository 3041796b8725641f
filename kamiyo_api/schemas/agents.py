"""Agents: the fields of search, registration, update and their answers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounded, flags, names, pages
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.on_chain import as_of_block, source

# An agent is at the first level that matches; docs/data.md shows the rule.
TRUST_LEVELS = {
    "new": "No settled payments and no average score.",
    "excellent": "10 or more settled payments, success rate 95 or more, average score 80 or more.",
    "good": "5 or more settled payments, success rate 85 or more, average score 70 or more.",
    "fair": "Success rate 75 or more, or unknown; average score 60 or more, or unknown.",
    "poor": "Everything else.",
}
# Only an agent with both a score and settled payments is at one of these levels.
TRUSTED = frozenset({"excellent", "good"})
# Why a field is not stored as the chain holds it.
UNSTORABLE_REASONS = {
    "nul": "It has a NUL character.",
    "surrogate": "It has a lone surrogate.",
    "invalid_utf8": "It has bytes that are not UTF-8.",
    "escape_character": "It has U+FFFE, which marks escaped parts.",
    "number": "It has a number that PostgreSQL cannot hold.",
    "not_an_object": "The file is no JSON object.",
    "too_deep": "The file nests too deep.",
    "too_large": "The file is too large.",
    "too_long": "The text is too long.",
    "replacement_character": "It has U+FFFD, which stands for what cannot be stored.",
}
STORED = {
    "escaped": "U+FFFE and a code stand for each part that cannot be stored.",
    "nothing": "The field is null.",
    "replaced": "U+FFFD stands for each part that cannot be stored; `hex` has the original.",
}
STATUSES = {
    "active": "Accepts feedback, payments and validation requests.",
    "suspended": "Accepts nothing new until its owner sets it active.",
    "revoked": "Accepts nothing new for good, unless an admin key or the registry sets it active.",
}
CLAIMS = {
    "false": "Agents whose owner is proven, and those that are not on chain.",
    "true": "Agents that are only claimed.",
    "any": "All agents.",
}
# What each value of the parameter `claimed` selects.
CLAIMED = {"false": False, "true": True, "any": None}
WHICH_ACTIVE = {
    "true": "Agents whose own file calls them active, or does not say.",
    "false": "Agents whose own file calls them inactive.",
    "any": "All agents.",
}
# What each value of the parameter `active` means; one that is not given is no part of a cursor.
ACTIVE = {"true": True, "false": False, "any": None}
ACTIVE_BY_DEFAULT = "true"
# The kind of value that each sort orders by.
SORTS = {
    "registered_at": "time",
    "reputation_score": "score",
    "total_feedback": "count",
    "total_payments": "count",
    "last_activity_at": "time",
}
SORT_ALIASES = {"average_score": "reputation_score"}
ORDERS = {
    order: f"By {sort}, {direction}."
    for sort in (*SORTS, *SORT_ALIASES)
    for order, direction in ((sort, "ascending"), (f"-{sort}", "descending"))
}
# All filters but status, claimed and active, which nearly every search has and which exclude few
# agents.
FILTERS = (
    "owner_address",
    "chain",
    "registry_address",
    "agent_id",
    "trust_level",
    "min_reputation_score",
    "min_success_rate",
    "min_feedback",
    "service",
    "skill",
    "domain",
    "x402",
    "q",
)
# The fields that a page of a search cuts.
CUT = {
    "name": "Only its first 200 characters are shown.",
    "description": "Only its first 300 characters are shown.",
    "services": "Only the first 20 are shown.",
}
SORT_COLUMNS = {"reputation_score": "average_score"}


class AgentSearch(pages.Page):
    """The filters of a search, all of which an agent must match, its order and its page."""

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
        metadata={"description": "The lowest average_score that matches."},
    )
    min_average_score = fields.Float(
        load_default=None,
        validate=validate.Range(min=0, max=100),
        metadata={"description": "The same filter as min_reputation_score."},
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
        about="By default true: find agents that their owners call inactive with false or any.",
        load_default=None,
    )
    x402 = flags.Flag(load_default=None)
    q = own.Text(
        min_length=1,
        max_length=200,
        load_default=None,
        metadata={"description": "Words, all of which the name or the description contains."},
    )
    sort = Choice(
        ORDERS,
        about="A leading - sorts in descending order. reputation_score is an older name of "
        "average_score; agents without a score are last in both directions. Agents with equal "
        "scores or counts are in the order of registration.",
        load_default="-registered_at",
    )
    offset = fields.Integer(
        load_default=0,
        validate=validate.Range(min=0, max=10_000),
        metadata={"description": "How many agents to skip; not with a cursor, which is faster."},
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
    def _one_lowest_score(self, data: dict[str, Any], **_: Any) -> None:
        scores = {data.get("min_reputation_score"), data.get("min_average_score")} - {None}
        if len(scores) > 1:
            raise ma.ValidationError("Give the same as min_reputation_score.", "min_average_score")

    @ma.post_load
    def _one_form(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Replace names that mean the same by one, so that equal searches are one search."""
        score = data.pop("min_average_score")
        if score is not None:
            data["min_reputation_score"] = score
        sign, name = data["sort"][: data["sort"].startswith("-")], data["sort"].removeprefix("-")
        data["sort"] = sign + SORT_ALIASES.get(name, name)
        return names.with_parts_of_agent(data)


class MetadataToRegister(bounded.Schema):
    """One metadata entry of an agent to register."""

    key = own.Text(min_length=1, max_length=128, required=True)
    value = own.Base64Bytes(required=True)


class AgentToRegister(bounded.Schema):
    """An agent to register here; with agent_id, one that is already on chain."""

    owner_address = own.Address(required=True)
    chain = names.ChainName(required=True)
    registration_file = own.RegistrationFile(required=True)
    metadata = bounded.List(fields.Nested(MetadataToRegister), max_length=50, load_default=list)
    agent_id = own.BigInteger(low=0, high=own.UINT256_MAX, load_default=None)
    registry_address = own.Address(load_default=None)

    @ma.validates_schema
    def _registry_needs_id(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("registry_address") and data.get("agent_id") is None:
            raise ma.ValidationError(
                "Give the agent_id too: only an agent that is on chain is in a registry.",
                "registry_address",
            )

    @ma.validates_schema
    def _distinct_metadata_keys(self, data: dict[str, Any], **_: Any) -> None:
        keys = [entry["key"] for entry in data.get("metadata") or []]
        if len(set(keys)) < len(keys):
            raise ma.ValidationError("Give each key once.", "metadata")
        if "agentWallet" in keys:
            raise ma.ValidationError("agentWallet is reserved by ERC-8004.", "metadata")


class AgentChange(bounded.Schema):
    """The fields of an agent to change; those left out stay as they are."""

    registration_file = own.RegistrationFile(load_default=None)
    token_uri = own.Uri(load_default=None)
    status = Choice(STATUSES, load_default=None)

    @ma.validates_schema(pass_original=True)
    def _something(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> None:
        if not original:
            raise ma.ValidationError("Give at least one of registration_file, token_uri, status.")


def claimed() -> fields.Boolean:
    """Return the field that says whether an agent is only claimed."""
    return fields.Boolean(
        required=True,
        metadata={
            "description": "True if the agent was registered here under a token id that no import "
            "from the registry has confirmed, so its owner is not proven."
        },
    )


def active() -> fields.Boolean:
    """Return the field that says whether an agent is active, by its own file."""
    return fields.Boolean(
        required=True,
        metadata={"description": "False if the agent's own file says that it is not active."},
    )


class Summary(OnChain):
    """The identity of an agent and a summary of its statistics."""

    agent_uuid = fields.UUID(required=True)
    agent_id = fields.String(
        required=True,
        metadata={"description": "Token id; 2^256 or above for an agent that is not on chain."},
    )
    registry_address = fields.String(required=True)
    owner_address = fields.String(required=True)
    status = Choice(STATUSES, required=True)
    claimed = claimed()
    registered_at = own.timestamp(required=True)
    last_activity_at = own.timestamp(required=True)
    total_feedback = fields.Integer(required=True)
    average_score = fields.Float(required=True, allow_none=True)
    total_payments = fields.Integer(required=True)
    success_rate = fields.Float(required=True, allow_none=True)
    trust_level = Choice(TRUST_LEVELS, required=True)


class FoundAgent(Summary):
    """An agent on a page of a search; GET /agents/{agent_uuid} returns all of it."""

    name = fields.String(
        required=True, allow_none=True, metadata={"description": "Its first 200 characters."}
    )
    description = fields.String(
        required=True, allow_none=True, metadata={"description": "Its first 300 characters."}
    )
    services = fields.List(
        fields.String(), required=True, metadata={"description": "The first 20 names."}
    )
    x402 = fields.Boolean(required=True)
    active = active()
    truncated = fields.List(
        Choice(CUT),
        required=True,
        metadata={"description": "The fields that are cut."},
    )


class AgentPage(ma.Schema):
    """One page of a search."""

    agents = fields.List(fields.Nested(FoundAgent), required=True)
    total = fields.Integer(
        required=True,
        metadata={"description": "Exact up to 10,000; counted for the first page only."},
    )
    total_relation = Choice(
        {"eq": "total is exact.", "gte": "total or more agents match."}, required=True
    )
    limit = fields.Integer(required=True)
    offset = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    as_of = own.timestamp("When the last refresh computed the statistics.", required=True)


class Unstorable(ma.Schema):
    """A record of a field that is not stored as the chain holds it."""

    reasons = fields.List(Choice(UNSTORABLE_REASONS), required=True)
    sha256 = fields.String(
        required=True,
        metadata={
            "description": "Of the original: of a text, its UTF-8; of a file, its JSON as the "
            "import line wrote it."
        },
    )
    bytes = fields.Integer(
        required=True, metadata={"description": "The length of the original in bytes."}
    )
    stored = Choice(STORED, required=True)
    hex = fields.String(metadata={"description": "The original, if it was read from a chain."})


class Agent(Summary):
    """One agent."""

    agent_registry = fields.String(
        required=True, metadata={"description": "eip155:{chainId}:{registry}"}
    )
    token_uri = fields.String(required=True, allow_none=True)
    registration_file = fields.Dict(required=True, allow_none=True)
    tx_hash = fields.String(required=True, allow_none=True)
    block_number = fields.Integer(required=True, allow_none=True)
    updated_at = own.timestamp(required=True)
    as_of = own.timestamp(
        "When the last refresh computed the statistics; GET /agents/{agent_uuid}/stats has those "
        "of now.",
        required=True,
    )
    active = active()
    services = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The names of the services in the file, in lower case."},
    )
    skills = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The skills and tools that the file or its services name."},
    )
    domains = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "The domains that the file or its services name."},
    )
    unstorable = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Unstorable),
        required=True,
        allow_none=True,
        metadata={
            "description": "The fields that are not stored as the chain holds them, by their "
            "names; null if there are none."
        },
    )
    source = source("Who decides owner, URI, wallet and metadata.")
    agent_wallet = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The address that receives payments, as the chain says; zeros after a "
            "transfer, until the owner sets one; null if the agent was not read from a chain."
        },
    )
    owner_since = own.timestamp("When the owner got the agent.", required=True, allow_none=True)
    as_of_block = as_of_block()


def kind_of(sort: str) -> str:
    """Return the kind of value that a sort orders by: a time, a score or a count."""
    return SORTS[sort.removeprefix("-")]


def cursor_parameters(search: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that start a search after its cursor. Raises InvalidCursor."""
    start: dict[str, Any] = dict.fromkeys(("after_number", "after_time", "after_uuid", "total"))
    start["is_after_known"] = False
    if search["cursor"] is None:
        return start
    walk = pages.walk_of("agents", search)
    number, time, agent_uuid, total = pages.decode_cursor(walk, search["cursor"], 4)
    is_count = kind_of(search["sort"]) == "count"
    number = pages.a_number(number, whole=is_count)
    return {
        "after_number": number,
        "after_time": pages.a_time(time),
        "after_uuid": pages.a_uuid(agent_uuid),
        "is_after_known": bool(number) if is_count else number is not None,
        "total": pages.a_count(total),
    }


def next_cursor(search: dict[str, Any], page: dict[str, Any]) -> str:
    """Return the cursor after the last agent of a page.

    It contains how many agents match in all, so that they are counted only for the first page.
    """
    last, sort = page["last_agent"], search["sort"].removeprefix("-")
    is_time = kind_of(sort) == "time"
    number = None if is_time else last[SORT_COLUMNS.get(sort, sort)]
    time = last[sort if is_time else "registered_at"]
    walk = pages.walk_of("agents", search)
    return pages.encode_cursor(walk, number, time, last["agent_uuid"], page["total"])
