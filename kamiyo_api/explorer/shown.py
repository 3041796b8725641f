"""Values as pages show them: texts of agents harmlessly, addresses shortly, figures with units."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from markupsafe import Markup, escape

from kamiyo_api.explorer.typed import ens_name_in
from kamiyo_api.explorer.voices import OUTCOMES
from kamiyo_api.explorer.words import CHAIN_MARKS, caveat, why_unknown

LINKED = ("http", "https")
LONGEST_LINK = 2_048
# Letters of these scripts look like those of others.
CONFUSABLE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
# Others, formats, private use, surrogates, unassigned: whatever has no form of its own.
FORMLESS = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
# How a value is shown that nobody knows.
UNKNOWN = "\N{EN DASH}"
# All but what most texts are of.
SUSPECT = re.compile(r"[^\x20-\x7e\n\r\t]")
LINE_BREAKS = "\n\r\t"


def said(value: Any, longest: int = 300) -> Markup:
    """Return a text of an agent, cut, isolated from the direction of the page, and with characters
    that have no form replaced by marks that say which they are."""
    text = str(value)
    short = text[:longest]
    parts = Markup(SUSPECT.sub(marked, escape(short)))
    ending = Markup('<span class="cut" title="cut">…</span>') if len(text) > longest else ""
    warning = MIXED if mixes_scripts(short) else ""
    return Markup('<bdi class="said">%s%s</bdi>%s') % (parts, ending, warning)


MIXED = Markup(
    ' <span class="mark warn-mark" title="It mixes letters of several alphabets that look alike.">'
    "mixed alphabets</span>"
)


def marked(found: re.Match[str]) -> str:
    """Return a character, or the mark that stands for it."""
    return mark_of(found[0]) if is_formless(found[0]) else found[0]


def is_formless(character: str) -> bool:
    """Return whether a character is invisible, or changes how others are shown."""
    if character in LINE_BREAKS or character.isascii():
        return (character < " " and character not in LINE_BREAKS) or character == "\x7f"
    return unicodedata.category(character) in FORMLESS


def mark_of(character: str) -> Markup:
    """Return the mark that stands for a character."""
    name = unicodedata.name(character, "no name").lower()
    return Markup('<span class="mark" title="{}">U+{:04X}</span>').format(name, ord(character))


def mixes_scripts(text: str) -> bool:
    """Return whether a word of a text has letters of several alphabets that look alike."""
    return not text.isascii() and any(len(scripts_of(word)) > 1 for word in text.split())


def scripts_of(word: str) -> set[str]:
    """Return the alphabets of a word, of those that look alike."""
    names = (unicodedata.name(each, "").partition(" ")[0] for each in word if each.isalpha())
    return {name for name in names if name in CONFUSABLE}


def plain(value: Any, longest: int = 80) -> str:
    """Return a text of an agent for titles and labels: cut, and without what has no form."""
    text = str(value)[:longest]
    return "".join(" " if is_formless(each) or each in LINE_BREAKS else each for each in text)


def link(value: Any, longest: int = 120) -> Markup:
    """Return an address that an agent names: as a link if it leads to the web, else as text."""
    text = str(value)
    if not leads_to_web(text):
        return said(text, longest)
    content = said(text, longest)
    return Markup('<a href="%s" rel="nofollow ugc noopener noreferrer">%s</a>') % (text, content)


def leads_to_web(text: str) -> bool:
    """Return whether an address is one that a browser may open."""
    if len(text) > LONGEST_LINK or any(is_formless(each) or each.isspace() for each in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in LINKED and bool(parts.hostname)


def short(value: str) -> Markup:
    """Return an address of a wallet or a hash, shortened; all of it is in the title."""
    if len(value) <= 16:
        return Markup('<span class="hex">%s</span>') % value
    return Markup('<span class="hex" title="%s">%s…%s</span>') % (value, value[:6], value[-4:])


def whole(value: Any) -> str:
    """Return a count with its thousands set apart; a dash if it is not known."""
    return UNKNOWN if value is None else f"{value:,}"


def points(value: float | None) -> str:
    """Return a score as a whole number; a dash if it is not known."""
    return UNKNOWN if value is None else f"{value:.0f}"


def money(value: Any) -> str:
    """Return an amount of USDC; a dash if it is not known."""
    if value is None:
        return UNKNOWN
    amount = float(value)
    if amount and abs(amount) < 0.01:
        return f"${amount:.6f}".rstrip("0")
    return f"${amount:,.2f}"


def day(value: Any) -> Markup:
    """Return a time as its day, with all of it in the title; a dash if it is not known."""
    if value is None:
        return Markup(UNKNOWN)
    text = value if isinstance(value, str) else value.isoformat()
    return Markup('<time datetime="%s" title="%s">%s</time>') % (text, text, text[:10])


def chain_mark(name: str) -> Markup:
    """Return the two letters of a chain."""
    letters = CHAIN_MARKS.get(name, name[:2].upper())
    return Markup('<abbr class="chain" title="%s">%s</abbr>') % (name, letters)


def total(row: dict[str, Any]) -> int:
    """Return how many payments a day or week has."""
    return sum(row[name] for name in OUTCOMES)


def init_app(app: Flask) -> None:
    """Let templates use these."""
    for each in (
        said,
        plain,
        link,
        short,
        whole,
        points,
        money,
        day,
        chain_mark,
        total,
        ens_name_in,
        caveat,
        why_unknown,
    ):
        app.add_template_filter(each)
