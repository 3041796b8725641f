"""URLs: limit their length, refuse paths that are not UTF-8, and convert parts of paths."""

from __future__ import annotations

from uuid import UUID
from wsgiref.types import WSGIEnvironment

from werkzeug.exceptions import RequestURITooLarge
from werkzeug.routing import BaseConverter, UUIDConverter

from kamiyo_api import errors

MAX_TARGET_BYTES = 8 * 1024


def refusal(environ: WSGIEnvironment) -> Exception | None:
    """Return the error of a request whose URL is too long or not UTF-8, or None."""
    if length_of_target(environ) > MAX_TARGET_BYTES:
        return RequestURITooLarge()
    path = environ["PATH_INFO"]
    if not path.isascii() and not is_utf8(path):
        return errors.MalformedPath()
    return None


def length_of_target(environ: WSGIEnvironment) -> int:
    """Return the length of the path and query string in bytes, as they were sent; under servers
    other than gunicorn, as they are decoded."""
    raw = environ.get("RAW_URI")
    if raw is not None:
        return len(raw)
    return len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", "")) + 1


def is_utf8(path: str) -> bool:
    """Return whether a path, whose bytes WSGI passes as Latin-1 (PEP 3333), is UTF-8. Werkzeug
    replaces invalid bytes, so that different paths would become the same."""
    try:
        path.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


class UuidConverter(UUIDConverter):
    """A converter of UUIDs in paths, with or without hyphens and in any case, to the text that
    cache keys, queries and answers have."""

    regex = "(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"

    def to_python(self, value: str) -> str:  # type: ignore[override]
        """Return the UUID in lower case with hyphens."""
        return value.lower() if len(value) == 36 else str(UUID(value))


class ChainConverter(BaseConverter):
    """A converter of names of chains in paths; the names of other resources are not among them."""

    regex = "(?!(?:feedback|payments|validations)/)[^/]{1,64}"


class AddressConverter(BaseConverter):
    """A converter of addresses in paths, in any case, to lower case."""

    regex = "0[xX][0-9A-Fa-f]{40}"

    def to_python(self, value: str) -> str:
        """Return the address in lower case."""
        return value.lower()


class TokenIdConverter(BaseConverter):
    """A converter of token ids in paths, decimal numbers of up to 78 digits."""

    regex = "[0-9]{1,78}"

    def to_python(self, value: str) -> int:
        """Return the number."""
        return int(value)


class TextConverter(BaseConverter):
    """A converter of the rest of a path, including slashes and line breaks."""

    part_isolating = False
    regex = r"(?s:.+)"
    # Tried after every rule that is more specific.
    weight = 200
