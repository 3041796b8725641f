"""Bytes of a chain as text that PostgreSQL stores, with a mark where text and bytes differ."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import orjson

REPLACEMENT = "\ufffd"
MOST_NAME_BYTES = 1024
SHOWN_NAME_BYTES = 512
SHORT_NAME_BYTES, REMEMBERED_NAMES = 64, 1024

Mark = dict[str, Any]


def text_of(raw: bytes) -> tuple[str, Mark | None]:
    """Return bytes as text, with U+FFFD for NUL and for what is not UTF-8, and the mark that holds
    the bytes if they are not those of the text."""
    try:
        text = raw.decode()
        if "\0" not in text:
            return text, None
        reasons = ["nul"]
    except UnicodeDecodeError:
        text, reasons = raw.decode("utf-8", "replace"), ["invalid_utf8"]
        if "\0" in text:
            reasons = ["nul", "invalid_utf8"]
    return text.replace("\0", REPLACEMENT), mark(raw, reasons)


def name_of(raw: bytes) -> tuple[str, Mark | None]:
    """Return bytes as a name that equals the name of no other bytes: one that is not its bytes, or
    is too long for an index, ends with U+FFFD and the SHA-256 of them."""
    return short_name_of(raw) if len(raw) <= SHORT_NAME_BYTES else new_name_of(raw)


def new_name_of(raw: bytes) -> tuple[str, Mark | None]:
    """Return a name that is not remembered."""
    text, odd = text_of(raw)
    if odd is None and len(raw) > MOST_NAME_BYTES:
        odd = mark(raw, ["too_long"])
    elif odd is None and REPLACEMENT in text:
        odd = mark(raw, ["replacement_character"])
    if odd is None:
        return text, None
    shown = text.encode()[:SHOWN_NAME_BYTES].decode("utf-8", "ignore")
    return f"{shown}{REPLACEMENT}{odd['sha256']}", odd


# Most names are repeated.
short_name_of = lru_cache(REMEMBERED_NAMES)(new_name_of)


def mark(raw: bytes, reasons: list[str]) -> Mark:
    """Return the mark of bytes of which another text is stored."""
    return {
        "reasons": reasons,
        "sha256": hashlib.sha256(raw).hexdigest(),
        "bytes": len(raw),
        "stored": "replaced",
        "hex": raw.hex(),
    }


def marks_of(**marks: Mark | None) -> str | None:
    """Return the marks of the fields that have one, as the column `unstorable` holds them."""
    found = {name: each for name, each in marks.items() if each is not None}
    return orjson.dumps(found).decode() if found else None
