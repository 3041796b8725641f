"""Text from chains and imports: parts that cannot be stored are escaped or omitted, and marked.

PostgreSQL stores neither NUL characters nor surrogates nor bytes that are not UTF-8, nor numbers of
any size. In a line of JSON they are written behind the character U+FFFE, which no text should
contain; where one does, it is escaped too. So two different texts or keys never become equal.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from typing import Any, NamedTuple

import orjson

ESCAPE = "\ufffe"
MOST_LEVELS = 1000
STRING = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)', re.DOTALL)
STRING_OR_NUMBER = re.compile(STRING.pattern + r"|-?[0-9][0-9.eE+-]*+", re.DOTALL)
STRING_OR_MARK = re.compile(STRING.pattern + r"|[{}\[\],:]", re.DOTALL)
# A pair of surrogates is one character and stays, as does any other escape.
ODD_PART = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|\\u([0-9a-fA-F]{4})|\\.|([\x00-\x1f\udc80-\udcff\ufffe])",
    re.DOTALL,
)
RAW_BYTE = re.compile("([\udc80-\udcff])")
SUSPECT = re.compile(rb"\\u(?:0000|[fF]{3}[eE])")
ESCAPE_BYTES = ESCAPE.encode()
# Of a character in UTF-8.
MOST_BYTES = 4
# Numbers near the limits of PostgreSQL's numeric, far beyond those of a double: with thousands of
# decimals, as an exponent or written out; and a zero with an exponent of thousands, with which any
# other number would be infinite. Each pattern begins with its rarest character, which makes the
# search ten times as fast.
SMALL_EXPONENT = re.compile(rb"-(?<=[eE]-)0*[1-9][0-9]{3}")
MANY_DECIMALS = re.compile(rb"\.[0-9]{1000}")
GREAT_ZERO = re.compile(rb"0(?<![0-9A-Za-z.]0)(?:\.0+)?[eE]\+?0*[1-9][0-9]{3}")


class Mark(NamedTuple):
    """A record of a value that is not stored as it is: the reasons, the SHA-256 and the length in
    bytes of the original, and whether an escaped form is stored or nothing.

    The original of a text is its UTF-8, that of anything else is its JSON as the line writes it.
    """

    reasons: list[str]
    sha256: str
    bytes: int
    stored: str

    def as_json(self) -> dict[str, Any]:
        """Return the mark as the column `unstorable` holds it."""
        return self._asdict()


class Source(NamedTuple):
    """A line that can be stored, the object in it, and, if the line had to be changed for that,
    the original JSON of each field."""

    text: bytes
    fields: dict[str, Any]
    originals: dict[str, str] | None

    def mark(self, name: str, *reasons: str) -> Mark | None:
        """Return the mark of a field that is escaped, or, for the given reasons, not stored."""
        original = self._original(name)
        escapes = [] if self.originals is None else escaped_parts(original)[1]
        if self.is_left_out(name):
            reasons = ("too_deep",)
        if not reasons and not escapes:
            return None
        content = content_of(original)
        stored = "nothing" if reasons else "escaped"
        digest = hashlib.sha256(content).hexdigest()
        return Mark([*escapes, *reasons], digest, len(content), stored)

    def storable_text(self, name: str, most: int) -> tuple[str | None, Mark | None]:
        """Return a text field as it can be stored, if it has at most so many bytes, and its mark.

        Raises TypeError if the field is neither a text nor null.
        """
        value = self.fields.get(name)
        if value is None:
            return None, self.mark(name) if self.is_left_out(name) else None
        if not isinstance(value, str):
            raise TypeError
        if len(value) * MOST_BYTES > most and len(value.encode()) > most:
            return None, self.mark(name, "too_long")
        return value, None if self.originals is None else self.mark(name)

    def with_storable_numbers(self) -> Source:
        """Return the same source, in which also numbers that cannot be stored are escaped."""
        if self.originals is None and may_be_unstorable(self.text):
            return repaired(self.text)
        return self

    def is_left_out(self, name: str) -> bool:
        """Return whether a field nests too deeply, and is null instead."""
        return (
            self.originals is not None
            and self.fields.get(name) is None
            and self.originals.get(name, "null") != "null"
        )

    def _original(self, name: str) -> str:
        """Return the JSON of a field as the line writes it."""
        originals = self.originals
        if originals is None:
            originals = members(self.text.decode())
        return originals[name]


def read_source(line: bytes) -> Source:
    """Return the JSON object of a line, in which each text can be stored.

    Raises JSONDecodeError, and TypeError if it is no object.
    """
    if may_hold_odd_texts(line):
        return repaired(line)
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError:
        return repaired(line)
    if not isinstance(fields, dict):
        raise TypeError
    return Source(line, fields, None)


def repaired(line: bytes) -> Source:
    """Return the JSON object of a line, in which everything that cannot be stored is escaped."""
    text = line.decode("utf-8", "surrogateescape")
    escaped, _ = escaped_parts(text)
    try:
        fields = orjson.loads(escaped.encode("utf-8", "surrogateescape"))
    except orjson.JSONDecodeError:
        escaped = without_depths(escaped)
        fields = orjson.loads(escaped.encode("utf-8", "surrogateescape"))
    if not isinstance(fields, dict):
        raise TypeError
    return Source(escaped.encode(), fields, members(text))


def may_hold_odd_texts(line: bytes) -> bool:
    """Return whether a line may contain a text that cannot be stored, although it is JSON.

    A search for a single byte takes a fraction of the time of one for several.
    """
    return (b"\xef" in line and ESCAPE_BYTES in line) or (
        b"\\" in line and SUSPECT.search(line) is not None
    )


def may_be_unstorable(line: bytes) -> bool:
    """Return whether a line may contain a number with thousands of decimals or a zero with an
    exponent of thousands."""
    return bool(
        SMALL_EXPONENT.search(line) or MANY_DECIMALS.search(line) or GREAT_ZERO.search(line)
    )


def escaped_parts(text: str) -> tuple[str, list[str]]:
    """Return a JSON text in which what cannot be stored is escaped, and the reasons, sorted."""
    reasons: set[str] = set()

    def escape_part(found: re.Match[str]) -> str:
        code, raw = found[1], found[2]
        if code is not None:
            return escaped_code(code.lower(), found[0], reasons)
        return found[0] if raw is None else escaped_raw(raw, reasons)

    def escape_token(found: re.Match[str]) -> str:
        token = found[0]
        if token[0] == '"':
            return ODD_PART.sub(escape_part, token)
        if not is_beyond_numbers(token):
            return token
        reasons.add("number")
        return f'"{ESCAPE}{token}"'

    return STRING_OR_NUMBER.sub(escape_token, text), sorted(reasons)


def escaped_code(code: str, written: str, reasons: set[str]) -> str:
    """Return an escape sequence of JSON for one character, escaped if it cannot be stored."""
    if code == "0000":
        reasons.add("nul")
    elif "d800" <= code <= "dfff":
        reasons.add("surrogate")
    elif code == "fffe":
        reasons.add("escape_character")
    else:
        return written
    return ESCAPE + code


def escaped_raw(character: str, reasons: set[str]) -> str:
    """Return a character that a JSON string may not contain as it is, or that cannot be stored.

    Python reads a byte that is not UTF-8 as U+DC00 plus the byte.
    """
    code = ord(character)
    if code >= 0xDC80 and character != ESCAPE:
        reasons.add("invalid_utf8")
        return f"{ESCAPE}x{code - 0xDC00:02x}"
    return escaped_code(f"{code:04x}", f"\\u{code:04x}", reasons)


def is_beyond_numbers(literal: str) -> bool:
    """Return whether a number is beyond those that PostgreSQL stores and that clients read."""
    try:
        return may_be_unstorable(literal.encode()) or math.isinf(float(literal))
    except ValueError:
        return False


def members(text: str) -> dict[str, str]:
    """Return the JSON of each field of the object in a JSON text, as it is written."""
    found = places(text).items()
    return {json.loads(key, strict=False): text[start:end] for key, (start, end) in found}


def places(text: str) -> dict[str, tuple[int, int]]:
    """Return where the JSON of each field of an object begins and ends, whatever its depth.

    The names are as written. They are in the order of the last occurrence, which counts.
    """
    found: dict[str, tuple[int, int]] = {}
    level, start, last_string, key = 0, 0, "", ""
    for token in STRING_OR_MARK.finditer(text):
        sign = token[0][0]
        if level == 1 and sign == ":":
            key, start = last_string, token.end()
        elif level == 1 and sign in ",}" and key:
            found.pop(key, None)
            found[key] = trimmed(text, start, token.start())
        elif sign == '"':
            last_string = token[0]
        level += (sign in "{[") - (sign in "}]")
    return found


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a place in a text without the white space around it."""
    content = text[start:end]
    left = len(content) - len(content.lstrip())
    return start + left, start + max(left, len(content.rstrip()))


def depth(text: str) -> int:
    """Return how many levels a JSON text nests."""
    level = deepest = 0
    for token in STRING_OR_MARK.finditer(text):
        level += (token[0] in "{[") - (token[0] in "}]")
        deepest = max(deepest, level)
    return deepest


def without_depths(text: str) -> str:
    """Return a JSON object with null in the place of fields that nest too deeply to be read."""
    for start, end in sorted(places(text).values(), reverse=True):
        if depth(text[start:end]) >= MOST_LEVELS:
            text = f"{text[:start]}null{text[end:]}"
    return text


def content_of(original: str) -> bytes:
    """Return the bytes to which the hash and the length of a mark refer."""
    if not original.startswith('"'):
        return original.encode("utf-8", "surrogateescape")
    text: str = json.loads(original, strict=False)
    if not RAW_BYTE.search(original):
        return text.encode("utf-8", "surrogatepass")
    parts = RAW_BYTE.split(text)
    return b"".join(
        part.encode("utf-8", "surrogateescape" if RAW_BYTE.match(part) else "surrogatepass")
        for part in parts
    )
