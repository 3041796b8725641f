"""The searches of the pages, by the functions and the cache of the API search."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from typing import Any

import orjson
from flask import request

from kamiyo_api.cache.answers import cached_search
from kamiyo_api.cache.prefetch import cached_canonical_query, canonical_query
from kamiyo_api.schemas.search import AgentSearch
from kamiyo_api.search import find_page
from kamiyo_api.web.arguments import arguments_parser
from kamiyo_api.web.blueprint import with_hint_of_chain, with_name_of_chain

SEARCH = AgentSearch()


def searching(view: Callable[..., Any]) -> Callable[..., Any]:
    """Pass the search in the query string to a view, parsed as the API does."""
    named = with_hint_of_chain(with_name_of_chain(view))

    @wraps(view)
    def answer(**path: Any) -> Any:
        return named(arguments_parser.parse(SEARCH, request, location="query"), **path)

    return answer


def page_of(search: dict[str, Any]) -> dict[str, Any]:
    """Return the page of the search in the query string."""
    query = cached_canonical_query(request.query_string, search)
    return found(query, search)


def first_agents(**parameters: Any) -> list[dict[str, Any]]:
    """Return the first agents of a search with these parameters."""
    search = dict(search_for(tuple(sorted(parameters.items()))))
    agents: list[dict[str, Any]] = found(canonical_query(search), search)["agents"]
    return agents


@cache
def search_for(parameters: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    """Return a search with its defaults."""
    loaded: dict[str, Any] = SEARCH.load(dict(parameters))
    return {name: value for name, value in loaded.items() if name != "network"}


def found(query: str, search: dict[str, Any]) -> dict[str, Any]:
    """Return a page of a search, from the cache if possible."""
    page: dict[str, Any] = orjson.loads(cached_search(query, lambda: find_page(search)))
    return page
