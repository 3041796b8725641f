"""Findings about registration files: their codes, and the fields of the answer."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.choices import Choice
from kamiyo_api.schemas.registration import STATES

# The worst first.
SEVERITIES = {
    "error": "The file violates ERC-8004, or the agent is unproved or unreachable.",
    "warning": "Some clients may misread the file or should not trust it.",
    "note": "An improvement is possible.",
}
MEANINGS = {
    "NO_URI": "The agent has neither a URI nor a file.",
    "UNREADABLE": "The file at the URI could not be read.",
    "NOT_READ": "No file has been read yet.",
    "REQUIRED_MISSING": "A required member is missing or empty.",
    "WRONG_KIND": "A member has a value of the wrong kind, such as a string instead of a boolean.",
    "WRONG_TYPE": "The type is not that of ERC-8004.",
    "NO_REFERENCE": "The registrations do not name this agent in this registry.",
    "RECOMMENDED_MISSING": "A recommended member is missing or empty.",
    "RENAMED": "A member has an older or misspelt name.",
    "NOT_HTTPS": "A URL begins with http:.",
    "DATA_URI": "A URL is a data: URI.",
    "UNUSUAL_SCHEME": "A URL has a scheme that clients do not support.",
    "NOT_PUBLIC": "The host of a URL is not public.",
    "MALFORMED": "A value does not have the required form.",
    "TOO_LONG": "A text is longer than clients show.",
    "TOO_MANY": "A list has more entries than are read.",
    "HIDDEN_CHARACTERS": "A text has characters that are invisible or reverse the text.",
    "NUMBER_AS_TEXT": "An agentId is a string.",
    "NOT_ON_CHAIN": "The agent has no id on a chain.",
    "OPTIONAL_MISSING": "An optional member that helps clients is missing.",
    "UNKNOWN_TRUST": "The standard does not define this trust model.",
    "UNKNOWN_MEMBER": "The standard does not define this member.",
    "NOT_ACTIVE": "The file says that the agent is not active.",
}


class LintFinding(ma.Schema):
    """A change that the owner of a registration file should make."""

    severity = Choice(SEVERITIES, required=True)
    code = Choice(MEANINGS, required=True)
    path = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The member, as services[0].endpoint; null for the whole file."},
    )
    text = fields.String(
        required=True,
        metadata={"description": "One sentence: the problem, and what to change."},
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
        required=True, metadata={"description": "Whether a file is stored and was checked."}
    )
    registration_status = Choice(
        STATES,
        about="The state of the file at token_uri; null if it is not fetched.",
        required=True,
        allow_none=True,
    )
    resolved_at = own.timestamp("When the file was fetched.", required=True, allow_none=True)
    counts = fields.Nested(LintCounts, required=True)
    findings = fields.List(fields.Nested(LintFinding), required=True)
    is_cut = fields.Boolean(
        required=True,
        metadata={"description": "Whether there are more findings than the hundred listed."},
    )
