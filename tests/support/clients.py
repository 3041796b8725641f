"""What every answer must keep to, whichever test asked for it."""

from __future__ import annotations

import re
from copy import deepcopy
from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule
from werkzeug.test import TestResponse

from kamiyo_api.web.openapi import api

PROBLEM = "application/problem+json"
# The statuses that servers answer with before they know the operation.
OF_HTTP = {405, 408, 414, 417, 431, 501}
# What would give away how the service is built.
TELLTALES = ("Traceback", "psycopg2", "site-packages", "erc8004_", "api_keys", "LINE 1:")


class CheckedClient(FlaskClient):
    """An HTTP client that fails the test where an answer is not as /openapi.json says."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        answer = super().open(*args, **kwargs)
        check(self.application, answer)
        return answer


def check(app: Flask, answer: TestResponse) -> None:
    """Every field that is documented is there, of its type, and no other; no defect shows."""
    assert answer.status_code != 500, answer.text
    assert answer.headers["X-Request-ID"]
    if answer.data and answer.mimetype == PROBLEM:
        check_problem(app, answer)
    elif answer.data and answer.is_json:
        check_success(app, answer)


def check_problem(app: Flask, answer: TestResponse) -> None:
    operation = operation_of(app, answer)
    if operation is not None and answer.status_code not in OF_HTTP:
        assert str(answer.status_code) in operation["responses"], answer.text
    problem = answer.get_json(force=True)
    validator({"$ref": "#/components/schemas/Problem"}).validate(problem)
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert problem["type"].endswith(f"#{problem['code']}")
    assert not [telltale for telltale in TELLTALES if telltale in answer.text]


def check_success(app: Flask, answer: TestResponse) -> None:
    operation = operation_of(app, answer)
    if operation is None:
        return
    responses = operation["responses"]
    assert str(answer.status_code) in responses, f"{operation['operationId']} {answer.status}"
    content = responses[str(answer.status_code)].get("content")
    if content:
        schema = content["application/json"]["schema"]
        validator(schema).validate(answer.json)


def operation_of(app: Flask, answer: TestResponse) -> dict[str, Any] | None:
    """The operation that answered, as it is documented."""
    rule = rule_of(app, answer)
    path = documented_path(rule) if rule else None
    method = answer.request.method.lower().replace("head", "get")
    operation: dict[str, Any] | None = document()["paths"].get(path, {}).get(method)
    return operation


def rule_of(app: Flask, answer: TestResponse) -> Rule | None:
    """The route that answered."""
    adapter = app.url_map.bind("localhost")
    try:
        rule, _ = adapter.match(answer.request.path, method=answer.request.method, return_rule=True)
    except (HTTPException, RequestRedirect):
        return None
    return rule


def documented_path(rule: Rule) -> str:
    """A route as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document, in which answers have no members but those that are described."""
    described = deepcopy(api.spec.to_dict())
    for schema in described["components"]["schemas"].values():
        schema.setdefault("additionalProperties", False)
    return dict(described)


def validator(schema: dict[str, Any]) -> Any:
    """A validator of a schema that may refer to those of the document."""
    return validator_of(tuple(sorted(schema.items())))


@cache
def validator_of(schema: tuple[tuple[str, Any], ...]) -> Any:
    return jsonschema_rs.Draft202012Validator(
        {**dict(schema), "components": document()["components"]}, validate_formats=True
    )


def outcome(answer: TestResponse) -> tuple[int, str]:
    """The status and the code of an error."""
    assert answer.mimetype == PROBLEM, answer.text
    return answer.status_code, answer.get_json(force=True)["code"]
