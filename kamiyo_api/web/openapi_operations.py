"""The parts of operations in the OpenAPI document that follow from their routes and policies: their
ids, scopes, errors and headers."""

from __future__ import annotations

from typing import Any

from apispec import BasePlugin
from flask import Flask
from werkzeug.routing import Rule

from kamiyo_api.config import API_PREFIX
from kamiyo_api.policies import Policy, policy_of
from kamiyo_api.web.openapi_components import (
    ERRORS,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    RATE_LIMIT,
    SECURITY_SCHEME,
    refer_to,
)

Operation = dict[str, Any]


class OperationPlugin(BasePlugin):
    """The plugin of apispec that completes each operation of an application."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def operation_helper(
        self,
        path: str | None = None,
        operations: dict[str, Operation] | None = None,
        *,
        rule: Rule | None = None,
        **kwargs: Any,
    ) -> None:
        """Complete the operations of a route."""
        if rule is None:
            return
        policy = policy_of(self._app.view_functions[rule.endpoint])
        for method, operation in (operations or {}).items():
            operation["operationId"] = rule.endpoint.rpartition(".")[2]
            describe_access(operation, policy)
            add_responses(operation, method, rule, policy)
            add_headers(operation, method, rule, policy)


def describe_access(operation: Operation, policy: Policy) -> None:
    """Say in the description which key an operation needs, and declare it."""
    words = {
        None: "Needs no API key.",
        "any": "Needs an API key, with any scope.",
    }.get(policy.scope, f"Needs an API key with the scope `{policy.scope}`.")
    paragraphs = (operation.get("description"), words)
    operation["description"] = "\n\n".join(each for each in paragraphs if each)
    operation["security"] = [] if policy.scope is None else [{SECURITY_SCHEME: []}]
    if policy.scope is not None:
        operation["x-required-scope"] = policy.scope


def add_responses(operation: Operation, method: str, rule: Rule, policy: Policy) -> None:
    """Add the answers that a view does not declare itself: its errors, and 304."""
    declared = {str(status): each for status, each in operation["responses"].items()}
    # flask-smorest names it otherwise from one version of Python to the next.
    declared.pop("422", None)
    for status in errors_of(operation, rule, policy):
        declared.setdefault(str(status), ERRORS[status].name)
    if is_conditional(method, rule):
        declared["304"] = {"description": "What the client has is current.", "headers": {}}
    others = [status for status in declared if status != "default"]
    operation["responses"] = {status: declared[status] for status in [*sorted(others), "default"]}


def errors_of(operation: Operation, rule: Rule, policy: Policy) -> set[int]:
    """Return the statuses of the errors that an operation may answer with."""
    conditions = {
        (400, 429, 500, 503): True,
        (401,): policy.scope is not None,
        (403,): policy.scope not in (None, "any"),
        # The path or the body of a write names what it is about.
        (404,): bool(rule.arguments) or policy.is_transactional,
        # A change of state, or an Idempotency-Key that was used before.
        (409,): policy.is_transactional,
        (413, 415): "requestBody" in operation,
        # Also for a parameter that the operation does not have.
        (422,): rule.rule.startswith(API_PREFIX),
    }
    return {status for statuses, holds in conditions.items() if holds for status in statuses}


def add_headers(operation: Operation, method: str, rule: Rule, policy: Policy) -> None:
    """Add the headers of requests, and those of the answers that are no references."""
    parameters = operation.setdefault("parameters", [])
    successes = ["X-Request-ID", *(RATE_LIMIT if policy.scope is not None else ())]
    if is_conditional(method, rule):
        parameters.append(IF_NONE_MATCH)
        successes.append("ETag")
    if policy.is_transactional and method == "post":
        parameters.append(IDEMPOTENCY_KEY)
        successes.append("Idempotency-Replayed")
    for response in operation["responses"].values():
        if isinstance(response, dict):
            response["headers"] = refer_to(*successes) | response.get("headers", {})


def is_conditional(method: str, rule: Rule) -> bool:
    """Return whether the answer of an operation has an ETag."""
    return method == "get" and rule.rule.startswith(API_PREFIX)
