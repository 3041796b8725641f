"""The OpenAPI form of fields: members of bodies, and parameters of query strings."""

from __future__ import annotations

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import fields


class FieldConverter(OpenAPIConverter):
    """The converter of apispec, for documents from which clients are generated."""

    def field2default(self, field: fields.Field[Any], **kwargs: Any) -> dict[str, Any]:
        """Return the default of a field, but not null, which only means that it was left out: a
        generated client would send it."""
        return {} if field.load_default is None else super().field2default(field, **kwargs)

    def _field2parameter(
        self, field: fields.Field[Any], *, name: str, location: str
    ) -> dict[str, Any]:
        parameter = super()._field2parameter(field, name=name, location=location)
        parameter["schema"] = of_parameter(parameter["schema"])
        return parameter


class SchemaPlugin(MarshmallowPlugin):
    """The plugin of apispec that reads schemas, with our converter."""

    Converter = FieldConverter


def of_parameter(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a field in a query string.

    There, nothing is null. An example would be filled into the form of /docs, and be sent as a
    filter by whoever does not remove it.
    """
    shown = {name: part for name, part in schema.items() if name not in ("example", "examples")}
    if isinstance(shown.get("type"), list):
        types = [each for each in shown["type"] if each != "null"]
        shown["type"] = types if len(types) > 1 else types[0]
    if "enum" in shown:
        shown["enum"] = [each for each in shown["enum"] if each is not None]
    if "items" in shown:
        shown["items"] = of_parameter(shown["items"])
    return shown
