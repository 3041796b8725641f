"""The body of every error."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api import error_codes
from kamiyo_api.schemas.choices import Choice


class Problem(ma.Schema):
    """An error (RFC 9457, application/problem+json)."""

    type = fields.String(required=True, metadata={"description": "The URL that explains the code."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True, metadata={"description": "What to do next."})
    code = Choice(error_codes.meanings(), about="Stable; switch on this.", required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(
        metadata={
            "description": "For invalid input: the messages by field; the first 20 messages, "
            "under names of at most 100 characters."
        }
    )
    errors_total = fields.Integer(
        metadata={"description": "The number of messages, if there are more than 20."}
    )
