"""URLs of pages: the current one with a changed query string."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from flask import Response, redirect, request

PLACE = ("cursor", "offset")


def address(*without: str, add: Iterable[tuple[str, str]] = ()) -> str:
    """Return the URL of the first page of this list, with parameters removed and added."""
    left_out = {*without, *PLACE}
    kept = [pair for pair in pairs() if pair[0] not in left_out]
    query = urlencode([*kept, *add])
    return f"{request.path}?{query}" if query else request.path


def toggled(name: str, value: str, *, repeats: bool = False) -> str:
    """Return the URL of this page with a value of a parameter added, or removed if present."""
    chosen = request.args.getlist(name)
    if value in chosen:
        return address(name, add=[(name, each) for each in chosen if each != value])
    others = [(name, each) for each in chosen] if repeats else []
    return address(name, add=[*others, (name, value)])


def next_page(cursor: str | None) -> str | None:
    """Return the URL of the next page, if there is one."""
    return None if cursor is None else address(add=[("cursor", cursor)])


def without_empty() -> Response | None:
    """Redirect to this page without empty parameters, which forms send; None if it has none."""
    if all(value.strip() for _, value in pairs()):
        return None
    query = urlencode([pair for pair in pairs() if pair[1].strip()])
    return redirect(f"{request.path}?{query}" if query else request.path, 302)  # type: ignore[return-value]


def pairs() -> list[tuple[str, str]]:
    """Return the parameters of this page in order."""
    return list(request.args.items(multi=True))
