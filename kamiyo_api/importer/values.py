"""The values in the lines of all kinds: times, hashes and numbers, in the text format of COPY."""

from __future__ import annotations

import datetime as dt
import json
import re
import sys
from decimal import Decimal
from typing import Any

from kamiyo_api.schemas.fields import digits_of

NULL = b"\\N"
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
HASH = re.compile(r"0x[0-9a-fA-F]{64}")
EARLIEST = dt.datetime(2015, 1, 1, tzinfo=dt.UTC)
# Blocks may be stamped a little ahead.
AHEAD = dt.timedelta(minutes=1)
INTEGER = re.compile(r"-?[0-9]{1,78}")
AMOUNT = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")


class LineRejected(ValueError):
    """This line cannot be imported; the message says why."""


class NotJson(LineRejected):
    """This line cannot be read as JSON."""


def moment_of(fields: dict[str, Any], name: str) -> dt.datetime | None:
    """Return a time given in RFC 3339 or in seconds since 1970, or None. Raises LineRejected."""
    value = fields.get(name)
    if value is None:
        return None
    try:
        moment = (
            dt.datetime.fromtimestamp(value, dt.UTC)
            if type(value) is int
            else dt.datetime.fromisoformat(value)
        )
        if moment.tzinfo is dt.UTC:
            return moment
        if moment.tzinfo is not None:
            return moment.astimezone(dt.UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        pass
    raise LineRejected(
        f"{name} must be a time such as 2026-01-31T12:00:00Z, or seconds since 1970, "
        f"not {shown(value)}"
    )


def past_of(fields: dict[str, Any], name: str) -> dt.datetime | None:
    """Return a time since 2015 that is not in the future, or None. Raises LineRejected."""
    moment = moment_of(fields, name)
    if moment is not None and not EARLIEST <= moment <= dt.datetime.now(dt.UTC) + AHEAD:
        raise LineRejected(f"{name} must be between 2015 and now, not {shown(fields[name])}")
    return moment


def time_column(moment: dt.datetime | None) -> bytes:
    """Return a time as COPY reads it."""
    return NULL if moment is None else moment.isoformat().encode()


def address_of(fields: dict[str, Any], name: str) -> bytes:
    """Return an address in lower case. Raises LineRejected."""
    return hex_of(ADDRESS, name, fields.get(name))


def hash_of(fields: dict[str, Any], name: str) -> bytes:
    """Return a hash of 32 bytes in lower case, or null if it is missing. Raises LineRejected."""
    value = fields.get(name)
    return NULL if value is None else hex_of(HASH, name, value)


def integer_of(fields: dict[str, Any], name: str, low: int, high: int, line: bytes) -> int | None:
    """Return a whole number, exact as a number or as a text of digits, or None.

    Raises LineRejected.
    """
    value = fields.get(name)
    if value is None:
        return None
    if isinstance(value, float):
        # orjson rounds integers beyond 64 bit to a float; the standard parser does not.
        value = parse_exactly(line)[name]
    if isinstance(value, str) and INTEGER.fullmatch(value):
        value = int(value)
    if type(value) is not int or not low <= value <= high:
        raise LineRejected(
            f"{name} must be a whole number from {low} to {high}, not {shown(fields[name])}"
        )
    return value


def amount_of(fields: dict[str, Any], name: str, places: int, high: int) -> Decimal | None:
    """Return an exact decimal number from 0 to below a limit, or None. Raises LineRejected."""
    value = fields.get(name)
    if value is None:
        return None
    is_rounded = isinstance(value, float) and digits_of(value) > sys.float_info.dig
    if type(value) in (int, float) and not is_rounded:
        value = f"{Decimal(str(value)):f}"
    if isinstance(value, str) and AMOUNT.fullmatch(value):
        amount = Decimal(value)
        if amount < high and amount == round(amount, places):
            return amount
    raise LineRejected(
        f"{name} must be a decimal from 0 to below {high} with at most {places} decimals, "
        f"not {shown(fields[name])}"
    )


def hex_of(pattern: re.Pattern[str], name: str, value: Any) -> bytes:
    """Return a hex text of the given form, in lower case. Raises LineRejected."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        kind = "an address" if pattern is ADDRESS else "a hash of 64 hex digits"
        raise LineRejected(f"{name} must be {kind}, not {shown(value)}")
    return value.lower().encode()


def parse_exactly(line: bytes) -> dict[str, Any]:
    """Return the JSON object of a line from the slower, exact parser of the standard library."""
    try:
        agent: dict[str, Any] = json.loads(line)
    except RecursionError:
        raise LineRejected("nested too deeply") from None
    return agent


def shown(value: Any) -> str:
    """Return a value as a message shows it, cut if it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
