"""Fields that hold one of several words, each explained in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

# The name under which programs that show OpenAPI documents look for the meanings.
MEANINGS = "x-enumDescriptions"
# The name under which generators look for the names of words that are no names themselves.
NAMES = "x-enum-varnames"


def name_of(word: str) -> str:
    """Return the name of a word in generated clients; a leading - is a descending order."""
    return f"{word[1:]}_desc".upper() if word.startswith("-") else word.upper()


class Choice(fields.String):
    """One of several words, each given with its meaning."""

    def __init__(self, meanings: Mapping[str, str], *, about: str = "", **kwargs: Any) -> None:
        listed = "\n".join(f"- `{word}`: {meaning}" for word, meaning in meanings.items())
        metadata: dict[str, Any] = {
            "description": f"{about}\n\n{listed}".strip(),
            MEANINGS: dict(meanings),
        }
        if any(word.startswith("-") for word in meanings):
            metadata[NAMES] = list(map(name_of, meanings))
        super().__init__(validate=validate.OneOf(list(meanings)), metadata=metadata, **kwargs)
