"""The blueprint of the API: arguments, answers and documentation of views."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from flask import Response, make_response
from flask_smorest import Blueprint

from kamiyo_api import db, errors
from kamiyo_api.chains import Reader, find_chain
from kamiyo_api.config import API_PREFIX
from kamiyo_api.context import current_request, current_state, services
from kamiyo_api.policies import policy_of
from kamiyo_api.schemas import bounded
from kamiyo_api.web.arguments import arguments_parser, refuse_too_many_parameters
from kamiyo_api.web.idempotency import transactional_view
from kamiyo_api.web.json import json_answer


class ApiBlueprint(Blueprint):
    """A blueprint whose schemas document the answers. The queries return the fields of the answers
    already, so nothing is dumped through the schemas."""

    ARGUMENTS_PARSER = arguments_parser

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Callable[..., Any] | None = None,
        **options: Any,
    ) -> None:
        """Register a view, wrapped by the policy that it declares."""
        if view_func is not None:
            policy = policy_of(view_func)
            if policy.is_transactional:
                view_func = parsing_body_first(transactional_view(view_func))
            if getattr(view_func, "names_chain", False):
                view_func = with_hint_of_chain(view_func)
            if not accepts_query(view_func):
                view_func = refusing_query(view_func)
        super().add_url_rule(rule, endpoint, view_func, **options)

    def arguments(self, schema: type[bounded.Schema], **options: Any) -> Callable[..., Any]:
        """Parse arguments by a schema, which is created once, because to create one takes longer
        than to use it."""
        created = schema()
        decorate: Callable[..., Any] = super().arguments(created, **options)
        names_chain = "chain" in schema._declared_fields

        def decorate_view(view: Callable[..., Any]) -> Callable[..., Any]:
            decorated: Callable[..., Any] = decorate(
                with_name_of_chain(view) if names_chain else view
            )
            decorated.names_chain = names_chain  # type: ignore[attr-defined]
            if "location" not in options:
                decorated.body_schema = created  # type: ignore[attr-defined]
            return decorated

        return decorate_view

    def response(self, status_code: int, schema: Any = None, **kwargs: Any) -> Callable[..., Any]:
        """Document the answer of a view, and send it with this status unless the view sets one;
        bytes are sent as JSON."""
        documented = super().response(status_code, schema, **kwargs)

        def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(view)
            def answer(*args: Any, **view_kwargs: Any) -> Response:
                result = view(*args, **view_kwargs)
                if isinstance(result, bytes):
                    current_state().view = partial(view, *args)
                    return json_answer(result)
                if isinstance(result, Response):
                    return result
                response: Response = make_response("" if result is None else result)
                if not isinstance(result, tuple):
                    response.status_code = status_code
                return response

            return with_documentation(documented, answer)

        return decorate


def with_name_of_chain(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view that gets our name of the chain, however the arguments name it. A write finds
    the chain in its transaction.

    A name that means none is passed on as it is, so that other errors of the request come before
    that of the chain.
    """

    @wraps(view)
    def answer(*args: Any, **path: Any) -> Any:
        *transaction, arguments = args
        reader = transaction[0] if transaction else db
        names = {name: arguments.get(name) for name in ("chain", "network")}
        given = {name: value for name, value in names.items() if value is not None}
        arguments.pop("network", None)
        if not given:
            return view(*args, **path)
        arguments["chain"] = chain_meant(given, reader)
        return view(*args, **path)

    return answer


def with_hint_of_chain(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view whose error of an unknown chain says which chains are near, also if it comes
    from the database at the end of a transaction."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        try:
            return view(*args, **kwargs)
        except errors.ChainNotSupported as error:
            unknown = current_state().unknown_chain
            if unknown is None:
                raise
            raise services().chains.refusal_of(unknown) from error

    return answer


def chain_meant(given: dict[str, str], reader: Reader) -> str:
    """Return our name of the chain that all given fields mean, or that of them which means none.
    Raises InvalidInput."""
    found = {name: find_chain(value, reader) for name, value in given.items()}
    for name, chain in found.items():
        if chain is None:
            current_state().unknown_chain = given[name]
            return given[name]
    names = {name: chain.name for name, chain in found.items() if chain}
    if len(set(names.values())) > 1:
        reason = f"{names['network']} is not the chain {names['chain']}; give one of both."
        raise errors.InvalidInput(errors={"network": [reason]})
    return names.popitem()[1]


def with_documentation(
    document: Callable[..., Any], view: Callable[..., Any]
) -> Callable[..., Any]:
    """Return a view with the documentation that a decorator of flask-smorest adds, without the
    wrapper of that decorator, which would repeat the work of ours."""
    view._apidoc = document(view)._apidoc  # type: ignore[attr-defined]
    return view


def accepts_query(view: Callable[..., Any]) -> bool:
    """Return whether a view declares arguments in the query string."""
    documented = getattr(view, "_apidoc", {})
    declared = documented.get("arguments", {}).get("parameters", [])
    return any(parameter["in"] == "query" for parameter in declared)


def parsing_body_first(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view that refuses an invalid body before it begins a transaction, so that this needs
    neither the database nor a connection of the pool."""
    schema = getattr(view, "body_schema", None)
    if schema is None:
        return view

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        arguments_parser.read_body(schema, location="json")
        return view(*args, **kwargs)

    return answer


def refusing_query(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view that refuses every parameter, as a view with a query refuses unknown ones."""

    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        request = current_request()
        is_ours = request.query_string and request.path.startswith(API_PREFIX)
        if is_ours:
            refuse_too_many_parameters(request.query_string)
        if is_ours and request.args:
            raise errors.InvalidInput(errors={name: ["Unknown field."] for name in request.args})
        return view(*args, **kwargs)

    return answer
