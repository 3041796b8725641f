"""The answers about agents."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.agents import STATUSES, TRUST_LEVELS
from kamiyo_api.schemas.caveats import CAVEATS
from kamiyo_api.schemas.chains import OnChain
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.marks import unstorable
from kamiyo_api.schemas.on_chain import as_of_block, source
from kamiyo_api.schemas.registration import REASONS, REFERENCES, STATES

# The fields that a search shortens.
CUT = {
    "name": "Only its first 200 characters are shown.",
    "description": "Only its first 300 characters are shown.",
    "services": "Only the first 20 names are shown.",
}


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
    """Return the field that says whether an agent is active according to its own file."""
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
    is_testnet = fields.Boolean(
        required=True, metadata={"description": "Whether the chain is a testnet."}
    )
    source = source("Who decides owner, URI, wallet and metadata.")
    as_of_block = as_of_block()
    score = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "The score, weighted by payments; null without ratings."},
    )
    score_low = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "The score with two more dissatisfied paying reviewers."},
    )
    score_high = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "The score with two more satisfied paying reviewers."},
    )
    effective_reviewers = fields.Float(
        required=True,
        metadata={"description": "The sum of all weights; unpaid reviewers add under 0.5."},
    )
    paying_reviewers = fields.Integer(
        required=True, metadata={"description": "The number of reviewers who paid the agent."}
    )
    caveats = fields.List(
        Choice(CAVEATS),
        required=True,
        metadata={"description": "Reasons for caution; the codes are permanent."},
    )


class FoundAgent(Summary):
    """An agent on a page of a search; GET /agents/{agent_uuid} returns it in full."""

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
        metadata={"description": "The fields that are shortened."},
    )
    matched = fields.List(
        fields.String(),
        metadata={
            "description": "With endpoint or wallet: where the agent names it: owner_address, "
            "agent_wallet, or registration_file. and the name of a service."
        },
    )
    owner_matches = fields.Integer(
        metadata={
            "description": "With collapse=owner: how many agents of this owner match, this one "
            "included; if more than 10,000 agents match in all, or 3,000 with a filter by "
            "texts, how many are on this page."
        },
    )


class AgentPage(ma.Schema):
    """One page of a search."""

    agents = fields.List(fields.Nested(FoundAgent), required=True)
    total = fields.Integer(
        required=True,
        metadata={
            "description": "Exact up to 10,000, with a filter by texts up to 3,000; counted for "
            "the first page only."
        },
    )
    total_relation = Choice(
        {"eq": "total is exact.", "gte": "total or more agents match."}, required=True
    )
    limit = fields.Integer(required=True)
    offset = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
    as_of = own.timestamp("When the last refresh computed the statistics.", required=True)
    did_you_mean = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "A correction of q, if few agents match. If none matches q, the page "
            "shows those that match the correction."
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
    unstorable = unstorable()
    agent_wallet = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The address that receives payments, from the chain; zeros after a "
            "transfer, until the owner sets one; null if the agent was not read from a chain."
        },
    )
    owner_since = own.timestamp("When the owner got the agent.", required=True, allow_none=True)
    registration_status = Choice(
        STATES,
        about="The state of the file at token_uri; null if it is not fetched: "
        "without token_uri, for an agent that is only claimed or not on chain, and where the file "
        "was posted or imported.",
        required=True,
        allow_none=True,
    )
    registration_reason = Choice(
        REASONS, about="Why the last fetch failed.", required=True, allow_none=True
    )
    registration_sha256 = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The hash of the fetched file."},
    )
    registration_checked = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={
            "description": "Whether the file is proved to be the one at token_uri: by its hash, by "
            "TLS, or because token_uri contains it. False if only a gateway returned it."
        },
    )
    registration_reference = Choice(
        REFERENCES,
        about="What the registrations of the file say about this agent.",
        required=True,
        allow_none=True,
    )
    resolved_at = own.timestamp("When the file was fetched.", required=True, allow_none=True)
    verified = fields.Boolean(
        required=True,
        allow_none=True,
        metadata={
            "description": "True if the file at token_uri names this agent; null if "
            "that is not known."
        },
    )
    domain = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "The domain that domain_proof is about: of the first five of services "
            "with an https endpoint, the first that names this agent, else the first one."
        },
    )
    domain_proof = Choice(
        REFERENCES,
        about="What /.well-known/agent-registration.json of the domain says about this agent.",
        required=True,
        allow_none=True,
    )
    domain_reason = Choice(
        REASONS,
        about="Why the file of the domain could not be fetched.",
        required=True,
        allow_none=True,
    )
