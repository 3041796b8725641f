"""Values as pages show them: texts of agents made safe, short addresses, figures with units."""

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
# Letters of these scripts look like letters of the others.
CONFUSABLE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
# Unicode categories of characters without a visible form.
FORMLESS = ("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp")
# Shown for an unknown value.
UNKNOWN = "\N{EN DASH}"
# Everything except printable ASCII and line breaks.
SUSPECT = re.compile(r"[^\x20-\x7e\n\r\t]")
LINE_BREAKS = "\n\r\t"


def said(value: Any, longest: int = 300) -> Markup:
    """Return a text of an agent: shortened, isolated from the text direction of the page, and with
    a visible mark for each invisible character."""
    text = str(value)
    short = text[:longest]
    parts = Markup(SUSPECT.sub(marked, escape(short)))
    ending = Markup('<span class="cut" title="cut">…</span>') if len(text) > longest else ""
    warning = MIXED if mixes_scripts(short) else ""
    return Markup('<bdi class="said">%s%s</bdi>%s') % (parts, ending, warning)


MIXED = Markup(
    ' <span class="mark warn-mark" title="This text mixes letters of alphabets that look alike.">'
    "mixed alphabets</span>"
)


def marked(found: re.Match[str]) -> str:
    """Return a character, or the mark for it if it is invisible."""
    return mark_of(found[0]) if is_formless(found[0]) else found[0]


def is_formless(character: str) -> bool:
    """Return whether a character is invisible, or changes how others are shown."""
    if character in LINE_BREAKS or character.isascii():
        return (character < " " and character not in LINE_BREAKS) or character == "\x7f"
    return unicodedata.category(character) in FORMLESS


def mark_of(character: str) -> Markup:
    """Return the mark for an invisible character."""
    name = unicodedata.name(character, "no name").lower()
    return Markup('<span class="mark" title="{}">U+{:04X}</span>').format(name, ord(character))


def mixes_scripts(text: str) -> bool:
    """Return whether a word mixes letters of alphabets that look alike."""
    return not text.isascii() and any(len(scripts_of(word)) > 1 for word in text.split())


def scripts_of(word: str) -> set[str]:
    """Return the alphabets of a word that look alike."""
    names = (unicodedata.name(each, "").partition(" ")[0] for each in word if each.isalpha())
    return {name for name in names if name in CONFUSABLE}


def plain(value: Any, longest: int = 80) -> str:
    """Return a text of an agent for titles and labels: shortened, without invisible characters."""
    text = str(value)[:longest]
    return "".join(" " if is_formless(each) or each in LINE_BREAKS else each for each in text)


def link(value: Any, longest: int = 120) -> Markup:
    """Return a URI of an agent: as a link if it is a web URL, else as text."""
    text = str(value)
    if not is_web_url(text):
        return said(text, longest)
    content = said(text, longest)
    return Markup('<a href="%s" rel="nofollow ugc noopener noreferrer">%s</a>') % (text, content)


def is_web_url(text: str) -> bool:
    """Return whether a URI is a web URL that a browser may open."""
    if len(text) > LONGEST_LINK or any(is_formless(each) or each.isspace() for each in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in LINKED and bool(parts.hostname)


def short(value: str) -> Markup:
    """Return a shortened address or hash, with the full one in the title."""
    if len(value) <= 16:
        return Markup('<span class="hex">%s</span>') % value
    return Markup('<span class="hex" title="%s">%s…%s</span>') % (value, value[:6], value[-4:])


def whole(value: Any) -> str:
    """Return a count with thousands separators; a dash if it is unknown."""
    return UNKNOWN if value is None else f"{value:,}"


def points(value: float | None) -> str:
    """Return a score as a whole number; a dash if it is unknown."""
    return UNKNOWN if value is None else f"{value:.0f}"


def money(value: Any) -> str:
    """Return an amount of USDC; a dash if it is unknown."""
    if value is None:
        return UNKNOWN
    amount = float(value)
    if amount and abs(amount) < 0.01:
        return f"${amount:.6f}".rstrip("0")
    return f"${amount:,.2f}"


def day(value: Any) -> Markup:
    """Return the day of a time, with the full time in the title; a dash if it is unknown."""
    if value is None:
        return Markup(UNKNOWN)
    text = value if isinstance(value, str) else value.isoformat()
    return Markup('<time datetime="%s" title="%s">%s</time>') % (text, text, text[:10])


def chain_mark(name: str) -> Markup:
    """Return the two-letter mark of a chain."""
    letters = CHAIN_MARKS.get(name, name[:2].upper())
    return Markup('<abbr class="chain" title="%s">%s</abbr>') % (name, letters)


def total(row: dict[str, Any]) -> int:
    """Return the number of payments of a day or week."""
    return sum(row[name] for name in OUTCOMES)


def init_app(app: Flask) -> None:
    """Make the functions available in templates."""
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
