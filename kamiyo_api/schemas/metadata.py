"""Metadata of an agent: key -> bytes."""

from __future__ import annotations

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas import bounds
from kamiyo_api.schemas import fields as own


class MetadataToSet(bounds.Schema):
    """The value of one entry, at most 10 KiB, in base64."""

    value = own.Base64Bytes(required=True)


class MetadataEntry(ma.Schema):
    """One entry."""

    key = fields.String(required=True)
    value = fields.String(required=True, metadata={"contentEncoding": "base64"})
    updated_at = own.timestamp(required=True)


class MetadataList(ma.Schema):
    """All entries of an agent, in the order of the keys; at most 50."""

    metadata = fields.List(fields.Nested(MetadataEntry), required=True)
