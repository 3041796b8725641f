"""Fields that hold one of several words, each explained in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

# The name under which programs that show OpenAPI documents look for the meanings.
MEANINGS = "x-enumDescriptions"


class Choice(fields.String):
    """One of several words, each given with its meaning."""

    def __init__(self, meanings: Mapping[str, str], *, about: str = "", **kwargs: Any) -> None:
        listed = "\n".join(f"- `{word}`: {meaning}" for word, meaning in meanings.items())
        metadata = {"description": f"{about}\n\n{listed}".strip(), MEANINGS: dict(meanings)}
        super().__init__(validate=validate.OneOf(list(meanings)), metadata=metadata, **kwargs)
