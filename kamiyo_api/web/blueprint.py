"""Blueprints whose views are decorators and a sentence: arguments, answers, documentation."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, make_response
from flask_smorest import Blueprint

from kamiyo_api import errors
from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import current_request
from kamiyo_api.policies import Policy, policy_of
from kamiyo_api.schemas import bounded
from kamiyo_api.web.arguments import arguments_parser, refuse_too_many
from kamiyo_api.web.idempotency import writing
from kamiyo_api.web.json import json_answer


class ApiBlueprint(Blueprint):
    """A blueprint whose schemas document the answers; the queries already yield their fields,
    so nothing is dumped through the schemas again."""

    ARGUMENTS_PARSER = arguments_parser

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        """Register a view, documented and wrapped by the policy that it declared."""
        if view_func is not None:
            policy = policy_of(view_func)
            view_func = documented_as(self.doc(**security_of(policy)), view_func)
            if not takes_query(view_func):
                view_func = without_query(view_func)
            if policy.is_transactional:
                view_func = writing(view_func)
        super().add_url_rule(rule, endpoint, view_func, **options)

    def arguments(self, schema: type[bounded.Schema], **options: Any) -> Callable[..., Any]:
        """Read arguments by a schema, which is made once: to make one costs more than to use it."""
        decorate: Callable[..., Any] = super().arguments(schema(), **options)
        return decorate

    def response(self, status_code: int, schema: Any = None, **kwargs: Any) -> Callable[..., Any]:
        """Document what a view answers, and send it with this status unless it gives its own;
        bytes are ready-made JSON."""
        documented = super().response(status_code, schema, **kwargs)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def answer(*args: Any, **view_kwargs: Any) -> Response:
                result = view(*args, **view_kwargs)
                if isinstance(result, bytes):
                    return json_answer(result)
                if isinstance(result, Response):
                    return result
                response: Response = make_response("" if result is None else result)
                if not isinstance(result, tuple):
                    response.status_code = status_code
                return response

            return documented_as(documented, answer)

        return decorate


def documented_as(document: Callable[..., Any], view: Callable[..., Any]) -> Callable[..., Any]:
    """A view with what a decorator of flask-smorest notes of it, without its wrapper, which
    would do once more what ours does."""
    view._apidoc = document(view)._apidoc  # type: ignore[attr-defined]
    return view


def security_of(policy: Policy) -> dict[str, Any]:
    """Return what a policy requires of the key, as OpenAPI says it."""
    if policy.scope is None:
        return {"security": []}
    return {"security": [{"apiKey": []}], "x-required-scope": policy.scope}


def takes_query(view: Callable[..., Any]) -> bool:
    """Whether a view declared what may stand in the query string."""
    declared = view._apidoc.get("arguments", {}).get("parameters", [])  # type: ignore[attr-defined]
    return any(parameter["in"] == "query" for parameter in declared)


def without_query(view: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse every parameter, as a view with a query refuses those that it does not know."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        asked = current_request()
        is_ours = asked.query_string and asked.path.startswith(API_PREFIX)
        if is_ours:
            refuse_too_many(asked.query_string)
        if is_ours and asked.args:
            raise errors.InvalidInput(errors={name: ["Unknown field."] for name in asked.args})
        return view(*args, **kwargs)

    return answer
