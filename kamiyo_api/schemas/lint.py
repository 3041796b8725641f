"""Findings about registration files: the rules, and the answer that names them."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.registration import STATES

# From the worst on.
SEVERITIES = {
    "error": "It breaks ERC-8004, or leaves the agent unproved or out of reach.",
    "warning": "Some clients misread it, or should not trust it.",
    "note": "It could say more.",
}
MEANINGS = {
    "NO_URI": "The agent has neither a URI nor a file.",
    "UNREADABLE": "The file at the URI could not be read.",
    "NOT_READ": "No file was read yet.",
    "REQUIRED_MISSING": "A member that every file has is missing or empty.",
    "WRONG_KIND": "A member has a value of another kind, such as a text for true or false.",
    "WRONG_TYPE": "The member type does not name the format of ERC-8004.",
    "NO_REFERENCE": "The registrations do not name this agent in this registry.",
    "RECOMMENDED_MISSING": "A member that readers expect is missing or empty.",
    "RENAMED": "A member has an older or misspelt name.",
    "NOT_HTTPS": "An address begins with http:.",
    "DATA_URI": "An address is a data: URI.",
    "UNUSUAL_SCHEME": "An address begins with a scheme that no client opens.",
    "NOT_PUBLIC": "An address leads to a machine that only its own network reaches.",
    "MALFORMED": "A value is not of the form that its member asks for.",
    "TOO_LONG": "A text is longer than clients show.",
    "TOO_MANY": "A list has more entries than are read.",
    "HIDDEN_CHARACTERS": "A text has characters that are invisible or turn others around.",
    "NUMBER_AS_TEXT": "An agentId is a text.",
    "NOT_ON_CHAIN": "The agent has no id on a chain, which its file could name.",
    "OPTIONAL_MISSING": "A member that helps readers is missing.",
    "UNKNOWN_TRUST": "A model of trust is none that the standard names.",
    "UNKNOWN_MEMBER": "The standard names no such member.",
    "NOT_ACTIVE": "The file says that the agent is not active.",
}


class LintFinding(ma.Schema):
    """Something that the owner of a registration file should change."""

    severity = Choice(SEVERITIES, required=True)
    code = Choice(MEANINGS, required=True)
    path = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Such as services[0].endpoint; null for the whole file."},
    )
    text = fields.String(
        required=True,
        metadata={"description": "One sentence: what is the matter, and what to change."},
    )


class LintCounts(ma.Schema):
    """The numbers of findings of each severity."""

    error = fields.Integer(required=True)
    warning = fields.Integer(required=True)
    note = fields.Integer(required=True)


class Lint(ma.Schema):
    """The findings about the registration file of an agent, the worst first."""

    agent_uuid = fields.UUID(required=True)
    is_read = fields.Boolean(
        required=True, metadata={"description": "Whether a file is stored that could be looked at."}
    )
    registration_status = Choice(
        STATES,
        about="What became of the file to which token_uri leads; null if it is not fetched.",
        required=True,
        allow_none=True,
    )
    resolved_at = own.timestamp("When the file was fetched.", required=True, allow_none=True)
    counts = fields.Nested(LintCounts, required=True)
    findings = fields.List(fields.Nested(LintFinding), required=True)
    is_cut = fields.Boolean(
        required=True,
        metadata={"description": "Whether there are more than the hundred that are listed."},
    )
