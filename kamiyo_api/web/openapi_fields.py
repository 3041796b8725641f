"""The OpenAPI form of fields: members of bodies, and parameters of query strings."""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_instance
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import fields

from kamiyo_api.schemas import bounded


class FieldConverter(OpenAPIConverter):
    """The converter of apispec, for documents from which clients are generated."""

    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """Return the schema of an object. An input takes no other members; an answer may get more,
        which a client must not refuse."""
        described: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        if not isinstance(resolve_schema_instance(schema), bounded.Schema):
            described.pop("additionalProperties", None)
        return described

    def field2default(self, field: fields.Field[Any], **kwargs: Any) -> dict[str, Any]:
        """Return the default of a field, but not null, which only means that it was left out: a
        generated client would send it."""
        return {} if field.load_default is None else super().field2default(field, **kwargs)

    def field2property(self, field: fields.Field[Any]) -> dict[str, Any]:
        """Return the schema of a field; a choice that may be null is either a word or null, because
        generators name the words of a list with null badly."""
        schema = super().field2property(field)
        return schema if None not in schema.get("enum", ()) else word_or_null(schema)

    def _field2parameter(
        self, field: fields.Field[Any], *, name: str, location: str
    ) -> dict[str, Any]:
        parameter = super()._field2parameter(field, name=name, location=location)
        parameter["schema"] = of_parameter(parameter["schema"])
        return parameter


class SchemaPlugin(MarshmallowPlugin):
    """The plugin of apispec that reads schemas, with our converter."""

    Converter = FieldConverter


def word_or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a choice that may be null, from that of apispec."""
    word = {name: schema.pop(name) for name in list(schema) if "enum" in name.lower()}
    word["enum"] = [each for each in word["enum"] if each is not None]
    del schema["type"]
    return {"anyOf": [{"type": "string", **word}, {"type": "null"}], **schema}


def of_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a field in a query string.

    There, nothing is null. An example would be filled into the form of /docs, and be sent as a
    filter by whoever does not remove it.
    """
    if "anyOf" in schema:
        schema = schema["anyOf"][0] | {name: schema[name] for name in schema if name != "anyOf"}
    shown = {name: part for name, part in schema.items() if name not in ("example", "examples")}
    if isinstance(shown.get("type"), list):
        types = [each for each in shown["type"] if each != "null"]
        shown["type"] = types if len(types) > 1 else types[0]
    if "items" in shown:
        shown["items"] = of_parameter(shown["items"])
    return shown
