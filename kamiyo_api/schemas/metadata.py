"""The metadata of an agent: a value of bytes for each key."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounded
from kamiyo_api.schemas import fields as own
from kamiyo_api.schemas.marks import unstorable


class MetadataToSet(bounded.Schema):
    """The value of one entry, at most 10 KiB, in base64."""

    value = own.Base64Bytes(required=True)


class MetadataEntry(ma.Schema):
    """One metadata entry of an agent."""

    key = fields.String(required=True)
    value = fields.String(required=True, metadata={"contentEncoding": "base64"})
    updated_at = own.timestamp(required=True)
    unstorable = unstorable()
    truncated = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "`value` if a list shows only its first 64 KiB, else empty."},
    )


class MetadataList(ma.Schema):
    """One page of the metadata of an agent, in the order of the keys."""

    metadata = fields.List(fields.Nested(MetadataEntry), required=True)
    limit = fields.Integer(required=True)
    next_cursor = fields.String(required=True, allow_none=True)
