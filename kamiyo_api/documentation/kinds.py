"""The types of values in words, from their JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup, escape

OR = Markup(" or ")


def kind_of(schema: Mapping[str, Any]) -> Markup:
    """Return the type of a value in words; a named schema becomes a link."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    if "anyOf" in schema:
        return OR.join(kind_of(each) for each in schema["anyOf"])
    types = schema.get("type", "any JSON")
    kinds = OR.join(
        kind_of_type(each, schema) for each in (types if isinstance(types, list) else [types])
    )
    return kinds + limits(schema)


def kind_of_type(name: str, schema: Mapping[str, Any]) -> Markup:
    """Return one JSON type in words."""
    if name == "array":
        return Markup("list of ") + kind_of(schema.get("items", {}))
    if name == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return Markup("object of ") + kind_of(schema["additionalProperties"])
    if name == "string" and "enum" in schema:
        return Markup("one of {}").format(", ".join(map(str, schema["enum"])))
    if name == "string" and "format" in schema:
        return escape(schema["format"])
    return escape(name)


def limits(schema: Mapping[str, Any]) -> Markup:
    """Return the limits of a value and its default."""
    low, high = schema.get("minimum"), schema.get("maximum")
    words = ""
    if low is not None and high is not None:
        words += f", {low} to {high}"
    elif low is not None:
        words += f", {low} or more"
    if schema.get("maxLength"):
        words += f", up to {schema['maxLength']} characters"
    if schema.get("default") is not None:
        words += f", {schema['default']} by default"
    return escape(words)
