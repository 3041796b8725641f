"""What a request is going to ask of the cache, where that is sure before its view runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Request, current_app

from kamiyo_api import cache
from kamiyo_api.bounded import Bounded
from kamiyo_api.cache_backend import Question
from kamiyo_api.present import extension

SEARCHES_AT_MOST = 10_000
LONGEST_KNOWN_SEARCH = 500

View = TypeVar("View", bound=Callable[..., Any])


def shows(resource: str) -> Callable[[View], View]:
    """Say what a view answers from the cache, so that the round trip that counts the request
    brings it along."""

    def mark(view: View) -> View:
        view.cached = resource  # type: ignore[attr-defined]
        return view

    return mark


def question_of(request: Request, api_key: Any) -> Question | None:
    """What the view of a request will ask, where that is sure before it runs: what is asked
    here is leased, and has to be computed."""
    view = current_app.view_functions.get(request.endpoint or "")
    resource = getattr(view, "cached", None)
    if resource is None or request.method not in ("GET", "HEAD"):
        return None
    if not api_key.has(view.scope):  # type: ignore[union-attr]
        return None
    if resource == "search":
        query = known_searches().get(request.query_string)
        return None if query is None else cache.question(resource, cache.SEARCH_KEY.format(query))
    if request.query_string:
        return None
    agent_uuid = (request.view_args or {})["agent_uuid"]
    return cache.question(resource, cache.AGENT_KEYS[resource].format(agent_uuid))


def known_searches() -> Bounded[bytes, str]:
    """The keys of the searches that this process knows, by the query strings that asked."""
    known: Bounded[bytes, str] = extension("known_searches")
    return known


def know_search(query_string: bytes, key: str) -> None:
    """Remember a query string that was found to be valid."""
    if len(query_string) <= LONGEST_KNOWN_SEARCH:
        known_searches().note(query_string, key)


def init_app(app: Flask) -> None:
    """Know no search."""
    app.extensions["known_searches"] = Bounded(SEARCHES_AT_MOST)
