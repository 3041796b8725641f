"""The URIs and endpoints that the API accepts."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import marshmallow as ma

from kamiyo_api.schemas.fields import Text

MAX_URI_LENGTH = 2048
SCHEMES = ("http", "https", "ipfs", "ar", "data")
# Control and format characters, and white space, by their Unicode category.
INVISIBLE = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
# Schemes that a browser executes. Any other name before a colon and a number is a host.
EXECUTED = frozenset({"javascript", "vbscript"})


class Uri(Text):
    """A URI of a scheme that is safe to show as a link; empty if min_length allows that."""

    PATTERN = (
        "^(([Hh][Tt][Tt][Pp][Ss]?|[Ii][Pp][Ff][Ss]|[Aa][Rr]|[Dd][Aa][Tt][Aa]):"
        r"[^\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f"
        r"\u205f-\u206f\u3000\ufeff\ufff9-\ufffb]*)?$"
    )
    REFUSAL = (
        f"Give a URI of one of the schemes {', '.join(SCHEMES)}, with white space and control "
        "characters percent-encoded."
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_URI_LENGTH, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if (
            len(text) <= MAX_URI_LENGTH
            and text
            and (scheme_of(text) not in SCHEMES or has_invisible(text))
        ):
            raise ma.ValidationError(self.REFUSAL)
        return text


class Endpoint(Text):
    """The endpoint of an agent that was used: a name, a path, a host with its port, or a URI."""

    REFUSAL = (
        "Give a name, a path, host:port, or a URI of one of the schemes "
        f"{', '.join(SCHEMES)}, without control characters."
    )

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"description": self.REFUSAL.replace("Give a", "A", 1)}
        super().__init__(max_length=MAX_URI_LENGTH, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if len(text) <= MAX_URI_LENGTH and (
            has_invisible(text, but=" ") or is_foreign(text.strip())
        ):
            raise ma.ValidationError(self.REFUSAL)
        return text


def scheme_of(text: str) -> str | None:
    """Return the scheme with which a text begins (RFC 3986, section 3.1), in lower case."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", text)
    return found[1].lower() if found else None


def has_invisible(text: str, but: str = "") -> bool:
    """Return whether a text has white space, control or format characters other than `but`."""
    if text.isascii() and text.isprintable() and " " not in text:
        return False
    return any(unicodedata.category(each) in INVISIBLE for each in text if each not in but)


def is_foreign(text: str) -> bool:
    """Return whether a text is a URI of another scheme, rather than a host and its port."""
    scheme = scheme_of(text)
    if scheme is None or scheme in SCHEMES:
        return False
    is_host = re.match(r"[^:]*:[0-9]{1,5}(?=[/?#]|$)", text)
    return scheme in EXECUTED or not is_host
