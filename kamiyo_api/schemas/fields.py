"""The kinds of values that the API accepts, each with its limits and its OpenAPI form."""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import marshmallow as ma
import orjson
from marshmallow import fields, validate

from kamiyo_api import errors

UINT256_MAX = 2**256 - 1
INT128_BOUND = 10**38
METADATA_VALUE_BYTES = 10 * 1024
# Far below the limits of the JSON library and of PostgreSQL.
DEEPEST_FILE = 100
MAX_FILE_BYTES = 64 * 1024
TOO_DEEP = f"Nest at most {DEEPEST_FILE} levels."
# Far longer than any number within the limits.
MAX_NUMBER_LENGTH = 1_000


class Address(fields.String):
    """An address of 20 bytes, in upper or lower case, converted to lower case."""

    PATTERN = "^0x[0-9a-fA-F]{40}$"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {})["pattern"] = self.PATTERN
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not re.fullmatch(self.PATTERN[1:-1], text):
            raise ma.ValidationError("Give an address: 0x and 40 hex digits.")
        return str(text).lower()


class Hash32(fields.String):
    """A hash of 32 bytes, in upper or lower case, converted to lower case."""

    PATTERN = "^0x[0-9a-fA-F]{64}$"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {})["pattern"] = self.PATTERN
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not re.fullmatch(self.PATTERN[1:-1], text):
            raise ma.ValidationError("Give a hash: 0x and 64 hex digits.")
        return str(text).lower()


class Identifier(fields.UUID):
    """A UUID in any form, converted to text in lower case."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> str:  # type: ignore[override]
        return str(super()._deserialize(*args, **kwargs))


class Text(fields.String):
    """A text of bounded length without NUL, which PostgreSQL cannot store."""

    PATTERN = r"^[^\u0000]*$"

    def __init__(self, *, max_length: int, min_length: int = 0, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {}).setdefault("pattern", self.PATTERN)
        length = validate.Length(min=min_length, max=max_length)
        super().__init__(validate=length, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, *args, **kwargs))
        if "\0" in text:
            raise ma.ValidationError("Leave out NUL characters.")
        return text


class BigInteger(fields.Field[int]):
    """A whole number between two limits, as a number or, exactly, as a decimal string."""

    def __init__(self, *, low: int, high: int, **kwargs: Any) -> None:
        self.low, self.high = low, high
        kwargs.setdefault("metadata", {}).update(
            type=["string", "integer"],
            pattern=r"^-?[0-9]{1,39}$" if low < 0 else r"^[0-9]{1,78}$",
            minimum=max(low, -(2**53)),
            maximum=min(high, 2**53),
        )
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> int:
        if isinstance(value, float):
            raise ma.ValidationError("Give a whole number; beyond 2^53 send it as a string.")
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise ma.ValidationError("Give a whole number, or a string of decimal digits.")
        if not re.fullmatch(r"-?[0-9]{1,78}", str(value), re.ASCII):
            raise ma.ValidationError("Give a whole number, or a string of decimal digits.")
        if not self.low <= int(value) <= self.high:
            raise ma.ValidationError(f"Give a number from {self.low} to {self.high}.")
        return int(value)


class Amount(fields.Field[Decimal]):
    """An exact decimal number from 0 up, as a string or a number."""

    def __init__(self, *, digits: int, places: int, **kwargs: Any) -> None:
        self.places, self.limit = places, Decimal(10) ** digits
        kwargs.setdefault("metadata", {}).update(
            type=["string", "number"],
            pattern=rf"^[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?$",
            minimum=0,
        )
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ma.ValidationError("Give a decimal string.")
        if isinstance(value, float) and digits_of(value) > sys.float_info.dig:
            raise ma.ValidationError(
                "Give a number this long as a string; as a JSON number it is rounded."
            )
        if isinstance(value, str) and len(value) > MAX_NUMBER_LENGTH:
            raise ma.ValidationError(f"Give at most {MAX_NUMBER_LENGTH} characters.")
        if isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value, re.ASCII):
            raise ma.ValidationError("Give a decimal string such as 12.50.")
        return self._within_limits(value)

    def _within_limits(self, value: str | float) -> Decimal:
        try:
            amount = Decimal(str(value))
        except InvalidOperation as error:
            raise ma.ValidationError("Give a decimal string.") from error
        if not 0 <= amount < self.limit:
            raise ma.ValidationError(f"Give a number from 0 to below {self.limit}.")
        if amount != round(amount, self.places):
            raise ma.ValidationError(f"Give at most {self.places} decimals.")
        return amount


def digits_of(value: float) -> int:
    """Return how many significant digits a number has."""
    return len(Decimal(str(value)).normalize().as_tuple().digits)


class Base64Bytes(fields.Field[bytes]):
    """Bytes in base64 (RFC 4648, section 4)."""

    LONGEST = -(-METADATA_VALUE_BYTES // 3) * 4

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {}).update(
            type="string",
            contentEncoding="base64",
            pattern="^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
            maxLength=self.LONGEST,
        )
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bytes:
        if isinstance(value, str) and len(value) > self.LONGEST:
            raise ma.ValidationError(f"Give at most {METADATA_VALUE_BYTES} bytes.")
        try:
            decoded = base64.b64decode(value, validate=True)
        except (TypeError, ValueError) as error:
            raise ma.ValidationError("Give the value in base64.") from error
        if len(decoded) > METADATA_VALUE_BYTES:
            raise ma.ValidationError(f"Give at most {METADATA_VALUE_BYTES} bytes.")
        return decoded


class RegistrationFile(fields.Dict):
    """A registration file (ERC-8004, "Agent URI and Agent Registration File"): a JSON object
    of at most 64 KiB and 100 levels, stored as its owner wrote it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, dict):
            raise self.make_error("invalid")
        refuse_too_large(value)
        level: list[Any] = [value]
        for _ in range(DEEPEST_FILE):
            if any(isinstance(each, str) and "\0" in each for each in level):
                raise ma.ValidationError("Leave out NUL characters.")
            level = [child for each in level for child in children(each)]
        if level:
            raise ma.ValidationError(TOO_DEEP)
        return value


def refuse_too_large(file: dict[str, Any]) -> None:
    """Refuse a file by its size, before its levels are read. Raises ValidationError."""
    try:
        size = len(orjson.dumps(file))
    except orjson.JSONEncodeError as error:
        # What was read from JSON can be written as JSON, unless it is too deep.
        raise ma.ValidationError(TOO_DEEP) from error
    # PostgreSQL measures exactly, but logs all of a row that it refuses.
    if size > MAX_FILE_BYTES:
        raise ma.ValidationError(errors.RegistrationFileTooLarge.REASON)


def children(value: Any) -> list[Any]:
    """Return the items of a list, or the keys and values of an object; else nothing."""
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    return value if isinstance(value, list) else []


def first_message(messages: Any, name: str = "") -> str:
    """Return the first message of a validation error, after the name of its field."""
    if isinstance(messages, Mapping):
        field, inner = next(iter(messages.items()))
        return first_message(inner, "" if field == ma.exceptions.SCHEMA else str(field)[:100])
    text = messages[0] if isinstance(messages, list) else str(messages)
    return f"{name}: {text}" if name else str(text)


def timestamp(description: str = "UTC.", **kwargs: Any) -> fields.String:
    """Return a field for a time in an answer (RFC 3339)."""
    return fields.String(metadata={"format": "date-time", "description": description}, **kwargs)
