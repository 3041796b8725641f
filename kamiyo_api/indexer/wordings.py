"""Classify the errors of providers, which use thirty wordings and several codes for the same
error."""

from __future__ import annotations

import re

from kamiyo_api.indexer.failures import CallError

RATE = re.compile(
    r"rate.{0,3}limit|too many requests|requests? (limit|per)|per second|throttl|capacity|quota"
    r"|credit|compute unit|usage limit|daily|monthly|plan limit",
    re.IGNORECASE,
)
RANGE = re.compile(
    r"block.{0,3}range|\d range|results|response size|too big|too large|logs? (limit|count)",
    re.IGNORECASE,
)
RATE_CODES = {429, -32029, -32097}
# A range that works, in hex or decimal.
SUGGESTED = re.compile(
    r"\[\s*0x([0-9a-f]{1,16})\s*,\s*0x([0-9a-f]{1,16})\s*\]|\brange (\d{1,12})-(\d{1,12})\b",
    re.IGNORECASE,
)
LIMIT = re.compile(
    r"(?:range|limited to|max(?:imum)?(?: of)?|up to)(?: an?)?[^0-9\[]{0,16}"
    r"(\d[\d,]{0,11})(k?)\b(?!-)",
    re.IGNORECASE,
)


def is_rate(error: CallError) -> bool:
    """Return whether an error limits the rate of requests, not the size of an answer."""
    if error.code in RATE_CODES:
        return True
    return bool(RATE.search(error.message)) and not RANGE.search(error.message)


def suggested_range(message: str, asked: int) -> int:
    """Return how many blocks to ask for after an error: what it suggests if that is fewer than were
    asked for, else half of these."""
    sizes = []
    for first_hex, last_hex, first, last in SUGGESTED.findall(message):
        sizes.append(int(last_hex or last, 16 if last_hex else 10) + 1)
        sizes[-1] -= int(first_hex or first, 16 if first_hex else 10)
    for number, thousands in LIMIT.findall(message):
        sizes.append(int(number.replace(",", "")) * (1000 if thousands else 1))
    return next((size for size in sizes if 0 < size < asked), max(asked // 2, 1))
