"""Fields with one of several words, each explained in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import fields, validate

# The extension in which OpenAPI viewers look for the meanings.
MEANINGS = "x-enumDescriptions"
# The extension in which client generators look for the names of the words.
NAMES = "x-enum-varnames"


def name_of(word: str) -> str:
    """Return the name of a word in generated clients; a leading - is a descending order."""
    return f"{word[1:]}_desc".upper() if word.startswith("-") else word.upper()


def word_of(text: str, words: Iterable[str]) -> str:
    """Return the word that equals a text, ignoring case, else the text."""
    sought = text.strip().lower()
    return next((word for word in words if word.lower() == sought), text)


class Choice(fields.String):
    """One of several words, in any case, each given with its meaning."""

    def __init__(self, meanings: Mapping[str, str], *, about: str = "", **kwargs: Any) -> None:
        listed = "\n".join(f"- `{word}`: {meaning}" for word, meaning in meanings.items())
        metadata: dict[str, Any] = {
            "description": f"{about}\n\n{listed}".strip(),
            MEANINGS: dict(meanings),
        }
        if any(word.startswith("-") for word in meanings):
            metadata[NAMES] = list(map(name_of, meanings))
        self.words = tuple(meanings)
        super().__init__(validate=validate.OneOf(self.words), metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        return word_of(super()._deserialize(value, *args, **kwargs), self.words)
