"""Numbers in JSON texts, which PostgreSQL stores exactly and writes out in full."""

from __future__ import annotations

import re

# The limits of PostgreSQL: digits after the decimal point, and the exponent of a zero.
MAX_DECIMALS = 16_383
MAX_EXPONENT = 2**30 - 1
# Only a zero can have a greater exponent: any other number would be infinite.
MAX_DOUBLE_EXPONENT = 308
UNSTORABLE = 10**6
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
EXPONENT = re.compile(rb"[0-9][eE]\+?(-?)0*([0-9]+)")
# A search for equal bytes takes a tenth of the time of one for a run of digits.
DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
TOO_MANY_DECIMALS = b"0" * (MAX_DECIMALS + 1)


def digits_added(text: bytes) -> int:
    """Return how many digits PostgreSQL adds at most when it writes out the numbers of a text.

    A number that it cannot store counts as a million.
    """
    if EXPONENT.search(text) is None and not has_too_many_decimals(text):
        return 0
    outside = STRING.sub(b'""', text)
    if has_too_many_decimals(outside):
        return UNSTORABLE
    return sum(digits_of_exponent(*found) for found in EXPONENT.findall(outside))


def has_too_many_decimals(text: bytes) -> bool:
    """Return whether a run of digits is longer than the decimals of any number may be."""
    return TOO_MANY_DECIMALS in text.translate(DIGITS_AS_ZEROS)


def digits_of_exponent(sign: bytes, digits: bytes) -> int:
    """Return how many digits an exponent adds to its number."""
    exponent = int(digits[:20])
    if sign:
        return exponent if exponent <= MAX_DECIMALS else UNSTORABLE
    if exponent > MAX_DOUBLE_EXPONENT:
        return 0 if exponent <= MAX_EXPONENT else UNSTORABLE
    return exponent
