"""The marks of fields that are not stored exactly as on chain or in the import line."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas.choices import Choice

# The reasons why a field is not stored exactly.
UNSTORABLE_REASONS = {
    "nul": "It has a NUL character.",
    "surrogate": "It has a lone surrogate.",
    "invalid_utf8": "It has bytes that are not UTF-8.",
    "escape_character": "It has U+FFFE, which marks escaped parts.",
    "number": "It has a number that PostgreSQL cannot hold.",
    "not_an_object": "The file is not a JSON object.",
    "too_deep": "The file nests too deep.",
    "too_large": "The file is too large.",
    "too_long": "The text is too long.",
    "replacement_character": "It has U+FFFD, which replaces parts that cannot be stored.",
}
STORED = {
    "escaped": "U+FFFE and a code replace each part that cannot be stored.",
    "nothing": "The field is null.",
    "replaced": "U+FFFD replaces each part that cannot be stored; `hex` has the original.",
}


class Unstorable(ma.Schema):
    """A mark of a field that is not stored exactly as on chain."""

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
        metadata={"description": "The original, if it was read from a chain; lists omit long ones."}
    )


def unstorable() -> fields.Dict:
    """Return the field with the marks of a resource."""
    return fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Unstorable),
        required=True,
        allow_none=True,
        metadata={
            "description": "The fields that are not stored exactly as on chain, by name; null if "
            "there are none."
        },
    )
