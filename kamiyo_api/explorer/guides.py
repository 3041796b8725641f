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
# For clients first, then for operators.
GUIDES = ("README", "api", "trust", "data", "reference", "chains", "security", "operations")
COMMENT = re.compile(r"^<!--.*-->\n", re.MULTILINE)
# The anchors in the documents, with HTML escaped.
ANCHOR = re.compile(r"&lt;a id=&quot;([\w-]+)&quot;&gt;&lt;/a&gt;")
LINK = re.compile(r"(?:\.\./|docs/)?(\w+)\.md(#.*)?")


class Guide(NamedTuple):
    """A document: its name, its title and its body."""

    name: str
    title: str
    body: Markup


@page("/guides/")
def list_guides() -> Response:
    """List the documents."""
    return rendered(
        "guides.html", guides=[guide_of(name) for name in GUIDES if path_of(name).exists()]
    )


@page("/guides/<name>.md")
def show_guide(name: str) -> Response:
    """Show a document."""
    if name not in GUIDES or not path_of(name).exists():
        raise errors.NotFound("This guide does not exist; /guides/ lists all guides.")
    return rendered("guide.html", guide=guide_of(name))


def path_of(name: str) -> Path:
    """Return the file of a document."""
    return ROOT / f"{name}.md" if name == "README" else ROOT / "docs" / f"{name}.md"


@cache
def guide_of(name: str) -> Guide:
    """Return a document, as it was when the process first read it."""
    markdown = MarkdownIt("js-default", {"linkify": False})
    tokens = markdown.parse(COMMENT.sub("", path_of(name).read_text()))
    title = next(each.content for each in tokens if each.type == "inline")
    anchor(tokens)
    for token in tokens:
        for child in token.children or ():
            point_to_page(child)
    # Our own text: HTML in it is escaped, and it has no texts of agents.
    body = ANCHOR.sub(
        r'<span id="\1"></span>', markdown.renderer.render(tokens, markdown.options, {})
    )
    return Guide(name, title, Markup(body))


def anchor(tokens: Sequence[Token]) -> None:
    """Give each heading the id that GitHub gives it."""
    for heading, text in pairwise(tokens):
        if heading.type == "heading_open":
            words = re.sub(r"[^\w\- ]", "", text.content.lower())
            heading.attrSet("id", words.replace(" ", "-"))


def point_to_page(token: Token) -> None:
    """Point a link between documents to the page of its target, or to # if it has no page."""
    if token.type == "image":
        token.type, token.tag, token.content = "text", "", token.content
    href = token.attrGet("href") if token.type == "link_open" else None
    if not isinstance(href, str) or href.startswith(("http", "#", "/")):
        return
    found = LINK.fullmatch(href)
    is_ours = found is not None and found[1] in GUIDES
    token.attrSet("href", f"/guides/{found[1]}.md{found[2] or ''}" if found and is_ours else "#")
