"""Yes or no in query strings."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from kamiyo_api.schemas.choices import Choice


class Flag(fields.Boolean):
    """A yes or no in a query string, as people and programs write it, in any case."""

    YES = frozenset({"true", "1", "yes", "y", "on", "t"})
    NO = frozenset({"false", "0", "no", "n", "off", "f"})
    MESSAGE = "Give true, 1, yes or on; or false, 0, no or off."

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        text = value.strip().lower() if isinstance(value, str) else None
        if text in self.YES or value is True:
            return True
        if text in self.NO or value is False:
            return False
        raise ma.ValidationError(self.MESSAGE)


class FlagOrAny(Choice):
    """A flag as a filter: "true", "false", or "any" to leave it out."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = value.strip().lower() if isinstance(value, str) else value
        if text in ("any", "all"):
            return "any"
        try:
            return str(Flag().deserialize(text)).lower()
        except ma.ValidationError as error:
            raise ma.ValidationError(f"{Flag.MESSAGE[:-1]}; or any.") from error
