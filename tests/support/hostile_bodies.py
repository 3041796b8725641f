"""Bodies of one megabyte that cost much more to look at than to send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from itertools import count

from kamiyo_api.web.arguments import MAX_JSON_STRUCTURE

MEGABYTE = 1024 * 1024
# Of a body, for what stands around a value.
ROOM = 2_000


def repeated(unit: bytes, opening: bytes, closing: bytes, size: int) -> bytes:
    """A list or an object of so many bytes that holds one member over and over."""
    times = (size - len(opening) - len(closing)) // (len(unit) + 1)
    return opening + b",".join([unit] * times) + closing


def distinct(value: bytes, size: int, key: str = "{:x}") -> bytes:
    """An object of so many bytes, each of whose members has a name of its own."""
    members, left = [], size
    for number in count():
        members.append(b'"%s":%s' % (key.format(number).encode(), value))
        left -= len(members[-1]) + 1
        if left < ROOM:
            return b"{" + b",".join(members) + b"}"
    raise AssertionError


@cache
def values() -> dict[str, bytes]:
    """JSON values of about a megabyte, by what is hostile in them."""
    size = MEGABYTE - ROOM
    half = size // 2
    # Few enough to be parsed: what comes after that has to bound them.
    parsed = b" " * (size * 2 // MAX_JSON_STRUCTURE + 1)
    return {
        "objects, parsed": repeated(b"{}" + parsed, b"[", b"]", size),
        "lists, parsed": repeated(b"[]" + parsed, b"[", b"]", size),
        "numbers, parsed": repeated(b"1" + parsed[::2], b"[", b"]", size),
        "texts, parsed": repeated(b'""' + parsed[::2], b"[", b"]", size),
        "entries, parsed": repeated(b'{"key":"","value":"-"}' + parsed * 2, b"[", b"]", size),
        "members, parsed": distinct(b"1" + parsed, size),
        "one wide entry, parsed": b"[" + distinct(b"1" + parsed, size - 10) + b"]",
        "list in an object, parsed": b'{"a":' + repeated(b"[]" + parsed, b"[", b"]", size) + b"}",
        "wide entries": repeated(distinct(b"1", 2_000, "{:x}" + "x" * 900), b"[", b"]", size),
        "list of objects": repeated(b"{}", b"[", b"]", size),
        "list of lists": repeated(b"[]", b"[", b"]", size),
        "list of numbers": repeated(b"1", b"[", b"]", size),
        "list of fractions": repeated(b"1.5", b"[", b"]", size),
        "list of texts": repeated('"ä"'.encode(), b"[", b"]", size),
        "list of nulls": repeated(b"null", b"[", b"]", size),
        "list of small objects": repeated(b'{"key":"a","value":"="}', b"[", b"]", size),
        "list of wide objects": repeated(distinct(b"1", 5_000), b"[", b"]", size),
        "list of nested objects": repeated(b'{"a":{"b":{}}}', b"[", b"]", size),
        "fifty wide objects": repeated(distinct(b"1", size // 51), b"[", b"]", size),
        "wide object": distinct(b"1", size),
        "wide object of objects": distinct(b"{}", size),
        "wide object of long names": distinct(b"1", size, "{:x}" + "x" * 200),
        "object in an object": b'{"a":' + distinct(b"1", size - 10) + b"}",
        "same name again": repeated(b'"a":1', b"{", b"}", size),
        "brackets": b"[" * size,
        "deep list": b"[" * 1_000 + b"1" * (size - 2_000) + b"]" * 1_000,
        "deep object": b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
        "deep and wide": b'{"a":' * 90 + repeated(b"[]", b"[", b"]", size - 900) + b"}" * 90,
        "long text": b'"' + b"x" * size + b'"',
        "long text of digits": b'"' + b"1" * size + b'"',
        "long text of zeros": b'"0.' + b"0" * size + b'"',
        "long text of spaces": b'"' + b" " * size + b'"',
        "long text of escapes": b'"' + rb"\u0000" * (size // 6) + b'"',
        "long text of quotes": b'"' + rb"\"" * half + b'"',
        "long text of emoji": b'"' + "😀".encode() * (size // 4) + b'"',
        "long base64": b'"' + b"A" * (size // 4 * 4) + b'"',
        "long URI": b'"https://' + b"a%" * half + b'"',
        "long name": b'{"' + b"x" * size + b'":1}',
        "long number": b"1" * size,
        "long fraction": b"0." + b"1" * size,
        "long exponent": b"1e-" + b"9" * size,
        "white space": b" " * size + b"{}",
    }


def around(field: str, value: bytes, rest: dict[str, object]) -> bytes:
    """A body with a value in one field, and what else it has to hold."""
    others = json.dumps({name: given for name, given in rest.items() if name != field}).encode()
    separator = b"," if len(others) > 2 else b""
    return b"{" + json.dumps(field).encode() + b":" + value + separator + others[1:]


def bodies(fields: dict[str, object]) -> Iterator[tuple[str, bytes]]:
    """Every hostile body for a route: in place of its body, in each field, in one more, and
    valid ones that are as long."""
    for what, value in values().items():
        yield what, value
        for field in [*fields, "unknown"] if fields else []:
            yield f"{field}: {what}", around(field, value, fields)
    valid = json.dumps(fields).encode()
    yield "valid, and white space", valid + b" " * (MEGABYTE - len(valid))
    for field, value in fields.items():
        again = json.dumps({field: value}).encode()[1:-1] + b","
        yield f"{field}: again", b"{" + again * ((MEGABYTE - ROOM) // len(again)) + valid[1:]
        digits = json.dumps({field: "1" * 16_000}).encode()[1:-1] + b","
        yield f"{field}: digits", b"{" + digits * ((MEGABYTE - ROOM) // len(digits)) + valid[1:]
