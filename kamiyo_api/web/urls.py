"""What a request may ask for: an address of bounded length, whose path is UTF-8."""

from __future__ import annotations

from wsgiref.types import WSGIEnvironment

from werkzeug.exceptions import RequestURITooLarge
from werkzeug.routing import BaseConverter, UUIDConverter

from kamiyo_api import errors

LONGEST_TARGET = 8 * 1024


def refusal(environ: WSGIEnvironment) -> Exception | None:
    """Why a request is refused for its address alone, before anything reads that."""
    if length_of_target(environ) > LONGEST_TARGET:
        return RequestURITooLarge()
    path = environ["PATH_INFO"]
    if not path.isascii() and not is_utf8(path):
        return errors.MalformedPath()
    return None


def length_of_target(environ: WSGIEnvironment) -> int:
    """How long path and query string are as they were sent; in other servers, as they decode."""
    raw = environ.get("RAW_URI")
    if raw is not None:
        return len(raw)
    return len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", "")) + 1


def is_utf8(path: str) -> bool:
    """Whether a path, whose bytes WSGI writes as characters, is UTF-8. Werkzeug replaces what
    is not, so that different paths would be one."""
    try:
        path.encode("latin-1").decode()
    except UnicodeError:
        return False
    return True


class Identifier(UUIDConverter):
    """A UUID in a path as the text that keys, queries and answers have: in lower case."""

    def to_python(self, value: str) -> str:  # type: ignore[override]
        return value.lower()


class AnyText(BaseConverter):
    """The rest of a path as it is: slashes, line breaks and all."""

    part_isolating = False
    regex = r"(?s:.+)"
    # Behind every rule that says more of the path.
    weight = 200
