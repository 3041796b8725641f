"""The operations and schemas of the OpenAPI document, for the documentation page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markupsafe import Markup

from kamiyo_api.documentation.kinds import kind_of
from kamiyo_api.web.openapi import api

Described = Mapping[str, Any]
RENDERER = MarkdownIt("js-default")


class Field(NamedTuple):
    """A parameter, or a field of a body or an answer."""

    name: str
    kind: Markup
    is_required: bool
    about: Markup


class Answer(NamedTuple):
    """A successful answer: its status and its schema."""

    status: str
    kind: Markup
    about: str


class Operation(NamedTuple):
    """A method of a path."""

    id: str
    method: str
    path: str
    summary: str
    about: Markup
    scope: str | None
    parameters: Sequence[Field]
    body: Markup | None
    answers: Sequence[Answer]
    errors: Sequence[str]


class Group(NamedTuple):
    """The operations of one resource."""

    name: str
    about: str
    operations: Sequence[Operation]


class Schema(NamedTuple):
    """The fields of an object."""

    name: str
    about: Markup
    fields: Sequence[Field]


class Reference(NamedTuple):
    """The content of the page."""

    about: Markup
    groups: Sequence[Group]
    schemas: Sequence[Schema]


@cache
def reference() -> Reference:
    """Return the content of the page, as the document was when the process first read it."""
    document = api.spec.to_dict()
    operations = list(operations_of(document))
    return Reference(
        markdown(document["info"]["description"]),
        [group_of(tag, operations) for tag in document["tags"]],
        [schema_of(*each) for each in sorted(document["components"]["schemas"].items())],
    )


def group_of(tag: Described, operations: Sequence[tuple[str, Operation]]) -> Group:
    """Return the operations of one group."""
    name = tag["name"]
    return Group(name, tag["description"], [each for group, each in operations if group == name])


def operations_of(document: Described) -> Iterator[tuple[str, Operation]]:
    """Yield each operation with the name of its group."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                shared = item.get("parameters", [])
                yield operation["tags"][0], operation_of(path, method, operation, shared)


def operation_of(
    path: str, method: str, described: Described, shared: Sequence[Described]
) -> Operation:
    """Return an operation for the page."""
    body = described.get("requestBody", {}).get("content", {}).get("application/json")
    responses = described["responses"]
    return Operation(
        described["operationId"],
        method.upper(),
        path,
        described["summary"],
        markdown(described.get("description", "").rpartition("\n\nNeeds ")[0]),
        described.get("x-required-scope"),
        [parameter_of(each) for each in (*shared, *described.get("parameters", ()))],
        kind_of(body["schema"]) if body else None,
        [answer_of(*each) for each in responses.items() if each[0][0] in "23"],
        [status for status in responses if status[0] in "45"],
    )


def parameter_of(described: Described) -> Field:
    """Return a parameter for the page; path parameters have no description."""
    about = described.get("description", "")
    if described["in"] == "header":
        about = f"A header. {about}"
    kind = kind_of(described["schema"])
    return Field(described["name"], kind, described.get("required", False), markdown(about))


def answer_of(status: str, described: Described) -> Answer:
    """Return an answer for the page."""
    content = next(iter(described.get("content", {}).values()), None)
    kind = kind_of(content["schema"]) if content else Markup("no body")
    return Answer(status, kind, described["description"])


def schema_of(name: str, described: Described) -> Schema:
    """Return a schema for the page."""
    required = described.get("required", ())
    fields = [
        Field(each, kind_of(field), each in required, markdown(field.get("description", "")))
        for each, field in described.get("properties", {}).items()
    ]
    return Schema(name, markdown(described.get("description", "")), fields)


def markdown(text: str) -> Markup:
    """Return a text of the document as HTML; HTML in the text is escaped."""
    return Markup(RENDERER.render(text))
