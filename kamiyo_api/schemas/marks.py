"""The marks of what is not stored as its chain or its import line has it."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas.choices import Choice

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
    hex = fields.String(
        metadata={
            "description": "The original, if it was read from a chain; left out of lists if long."
        }
    )


def unstorable() -> fields.Dict:
    """Return the field with the marks of a resource."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Unstorable),
        required=True,
        allow_none=True,
        metadata={
            "description": "The fields that are not stored as the chain holds them, by their "
            "names; null if there are none."
        },
    )
