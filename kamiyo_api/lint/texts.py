"""Texts and URLs in a registration file."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from typing import Any
from urllib.parse import urlsplit

from kamiyo_api.lint.findings import Findings, shown

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):")
LONGEST_URL = 2_048
# The number of characters of a text to check.
MOST_READ = 4_000
EXAMPLE = "https://agent.example/"
# They join the parts of emoji, and belong to the spelling of some languages.
JOINERS = "\u200c\u200d"
ALLOWED = "\n\r\t" + JOINERS
HIDDEN = ("Cc", "Cf", "Co", "Cn", "Zl", "Zp")
LOCAL = re.compile(r"localhost|.*\.(?:local|localhost|internal|lan)")


def check_text(found: Findings, path: str, text: str, most: int) -> None:
    """Find whether a text is too long or has hidden characters."""
    if len(text) > most:
        found.add("TOO_LONG", path, length=len(text), most=most)
    if not text.isascii() and any(map(is_hidden, text[:MOST_READ])):
        found.add("HIDDEN_CHARACTERS", path)


def is_hidden(character: str) -> bool:
    """Return whether a character is invisible or changes how others are shown."""
    return unicodedata.category(character) in HIDDEN and character not in ALLOWED


def check_url(
    found: Findings, path: str, text: str, schemes: tuple[str, ...], data: dict[str, str]
) -> None:
    """Find problems in a URL; `schemes` lists the allowed ones."""
    check_text(found, path, text, LONGEST_URL)
    matched = SCHEME.match(text)
    scheme = matched[1].lower() if matched else None
    if scheme == "http":
        found.add("NOT_HTTPS", path)
    elif scheme == "data":
        found.add("DATA_URI", path, **data)
    elif scheme is None or host_of(text) is None:
        found.add("MALFORMED", path, value=shown(text), expected=f"a URL such as {EXAMPLE}")
    elif scheme not in schemes:
        names = " or ".join(f"{each}:" for each in schemes)
        found.add("UNUSUAL_SCHEME", path, value=scheme, expected=names)
    check_host(found, path, text, scheme)


def check_host(found: Findings, path: str, text: str, scheme: str | None) -> None:
    """Find whether the host of a URL is not public."""
    host = host_of(text) if scheme in ("http", "https", "ws", "wss") else None
    if host and is_local(host):
        found.add("NOT_PUBLIC", path, value=shown(host))


def host_of(text: str) -> str | None:
    """Return the host of a URL; an empty text if it has none, None if it is malformed."""
    try:
        return urlsplit(text).hostname or ("" if not text.startswith("http") else None)
    except ValueError:
        return None


def is_local(host: str) -> bool:
    """Return whether a host belongs to a private network."""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return LOCAL.fullmatch(host) is not None


def is_text(value: Any) -> bool:
    """Return whether a value is a text that is not blank."""
    return isinstance(value, str) and bool(value.strip())
