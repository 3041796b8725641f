"""The documents of the repository as pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from flask import Response
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from kamiyo_api import errors
from kamiyo_api.explorer.pages import page, rendered

ROOT = Path(__file__).parent.parent.parent
# For clients and readers first, then for who runs it.
GUIDES = ("README", "api", "trust", "data", "reference", "chains", "security", "operations")
COMMENT = re.compile(r"^<!--.*-->\n", re.MULTILINE)
# The ids that the documents set themselves, as they look once HTML is escaped.
ANCHOR = re.compile(r"&lt;a id=&quot;([\w-]+)&quot;&gt;&lt;/a&gt;")
LINK = re.compile(r"(?:\.\./|docs/)?(\w+)\.md(#.*)?")


class Guide(NamedTuple):
    """A document: its name, its title and its body."""

    name: str
    title: str
    body: Markup


@page("/guides/")
def list_guides() -> Response:
    """Show which documents there are."""
    return rendered(
        "guides.html", guides=[guide_of(name) for name in GUIDES if path_of(name).exists()]
    )


@page("/guides/<name>.md")
def show_guide(name: str) -> Response:
    """Show a document, at the address that others link it by."""
    if name not in GUIDES or not path_of(name).exists():
        raise errors.NotFound("There is no such guide; /guides/ lists them.")
    return rendered("guide.html", guide=guide_of(name))


def path_of(name: str) -> Path:
    """Return the file of a document."""
    return ROOT / f"{name}.md" if name == "README" else ROOT / "docs" / f"{name}.md"


@cache
def guide_of(name: str) -> Guide:
    """Return a document as it was when the process first needed it."""
    markdown = MarkdownIt("js-default", {"linkify": False})
    tokens = markdown.parse(COMMENT.sub("", path_of(name).read_text()))
    title = next(each.content for each in tokens if each.type == "inline")
    anchor(tokens)
    for token in tokens:
        for child in token.children or ():
            lead(child)
    # Written by us: HTML in it is escaped, and nothing in it is of agents.
    body = ANCHOR.sub(
        r'<span id="\1"></span>', markdown.renderer.render(tokens, markdown.options, {})
    )
    return Guide(name, title, Markup(body))


def anchor(tokens: Sequence[Token]) -> None:
    """Give each heading the id by which links name it, as GitHub does."""
    for heading, text in pairwise(tokens):
        if heading.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", text.content.lower())
            heading.attrSet("id", words.replace(" ", "-"))


def lead(token: Token) -> None:
    """Let a link lead to a page of ours, or nowhere if the file is not one."""
    if token.type == "image":
        token.type, token.tag, token.content = "text", "", token.content
    href = token.attrGet("href") if token.type == "link_open" else None
    if not isinstance(href, str) or href.startswith(("http", "#", "/")):
        return
    found = LINK.fullmatch(href)
    is_ours = found is not None and found[1] in GUIDES
    token.attrSet("href", f"/guides/{found[1]}.md{found[2] or ''}" if found and is_ours else "#")
