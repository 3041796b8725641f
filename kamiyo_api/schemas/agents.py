"""Agents: the fields of search, registration, update and their answers."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from kamiyo_api.schemas import bounded, flags, names, pages
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.chains import OnChain

TRUST_LEVELS = ("new", "excellent", "good", "fair", "poor")
# Only an agent with both a score and settled payments is at one of these levels.
TRUSTED = frozenset({"excellent", "good"})
STATUSES = ("active", "suspended", "revoked")
# Why a field is not stored as the chain holds it.
UNSTORABLE_REASONS = (
    "nul",
    "surrogate",
    "invalid_utf8",
    "escape_character",
    "number",
    "not_an_object",
    "too_deep",
    "too_large",
    "too_long",
)
# What each value of the parameter `claimed` means.
CLAIMED = {"false": False, "true": True, "any": None}
# The kind of value that each sort orders by.
SORTS = {
    "registered_at": "time",
    "reputation_score": "score",
    "total_feedback": "count",
    "total_payments": "count",
    "last_activity_at": "time",
}
# All filters but status and claimed, which nearly every search has and which exclude few agents.
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
    "x402",
    "q",
)
SORT_COLUMNS = {"reputation_score": "average_score"}
SORT_ALIASES = {"average_score": "reputation_score"}


class AgentSearch(pages.Page):
    """The filters of a search, all of which an agent must match, its order and its page."""

    owner_address = own.Address(load_default=None)
    chain = names.ChainName(load_default=None)
    registry_address = own.Address(load_default=None)
    agent_id = own.BigInteger(low=0, high=10**78 - 1, load_default=None)
    agent = names.AgentName(load_default=None)
    status = fields.String(
        load_default="active",
        validate=validate.OneOf((*STATUSES, "any")),
    )
    claimed = flags.FlagOrAny(
        load_default="false",
        metadata={
            "description": "Whether to find agents that were registered here under a token id "
            "that no import from the registry has confirmed."
        },
    )
    trust_level = bounded.List(
        fields.String(validate=validate.OneOf(TRUST_LEVELS)),
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
    x402 = flags.Flag(load_default=None)
    q = own.Text(
        min_length=1,
        max_length=200,
        load_default=None,
        metadata={"description": "Words, all of which the name or the description contains."},
    )
    sort = fields.String(
        load_default="-registered_at",
        validate=validate.OneOf(
            [sign + sort for sort in (*SORTS, *SORT_ALIASES) for sign in ("", "-")]
        ),
        metadata={
            "description": "A leading - sorts in descending order. reputation_score is an older "
            "name of average_score; agents without a score are last in both directions. Agents "
            "with equal scores or counts are in the order of registration."
        },
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
    status = fields.String(load_default=None, validate=validate.OneOf(STATUSES))

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


class Summary(OnChain):
    """The identity of an agent and a summary of its statistics."""

    agent_uuid = fields.UUID(required=True)
    agent_id = fields.String(
        required=True,
        metadata={"description": "Token id; 2^256 or above for an agent that is not on chain."},
    )
    registry_address = fields.String(required=True)
    owner_address = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    claimed = claimed()
    registered_at = own.timestamp(required=True)
    last_activity_at = own.timestamp(required=True)
    total_feedback = fields.Integer(required=True)
    average_score = fields.Float(required=True, allow_none=True)
    total_payments = fields.Integer(required=True)
    success_rate = fields.Float(required=True, allow_none=True)
    trust_level = fields.String(required=True, validate=validate.OneOf(TRUST_LEVELS))


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
    truncated = fields.List(
        fields.String(validate=validate.OneOf(["name", "description", "services"])),
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
    total_relation = fields.String(
        required=True,
        validate=validate.OneOf(["eq", "gte"]),
        metadata={"description": "eq: total is exact; gte: total or more agents match."},
    )
    limit = fields.Integer(required=True)
    offset = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    as_of = own.timestamp("When the last refresh computed the statistics.", required=True)


class Unstorable(ma.Schema):
    """A record of a field that is not stored as the chain holds it."""

    reasons = fields.List(fields.String(validate=validate.OneOf(UNSTORABLE_REASONS)), required=True)
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
    stored = fields.String(
        required=True,
        validate=validate.OneOf(["escaped", "nothing"]),
        metadata={
            "description": "escaped: in the field, U+FFFE and a code stand for each part that "
            "cannot be stored. nothing: the field is null."
        },
    )


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
