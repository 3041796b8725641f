"""The parts of a URL that may be fetched."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from kamiyo_api.indexer.files.failures import Unresolved

MAX_URL_CHARACTERS = 8192
PORTS = {"https": 443, "http": 80}
# Characters that stay as they are; others are percent-encoded.
UNCHANGED = "/%:=&?~+!$,;'@()*[]"


class Place(NamedTuple):
    """The place of a file: the scheme, the host in ASCII, the port, and the path with the query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def url(self) -> str:
        """Return the URL of the place."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Return the host as a URL and the header Host write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def joined(self, location: str) -> Place:
        """Return the place to which a redirect leads. Raises Unresolved."""
        try:
            return place_of(urljoin(self.url, location))
        except ValueError:
            raise Unresolved("invalid_uri") from None


def place_of(url: str, schemes: tuple[str, ...] = ("https",)) -> Place:
    """Return the parts of a URL that may be fetched. Raises Unresolved."""
    if len(url) > MAX_URL_CHARACTERS:
        raise Unresolved("invalid_uri")
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Unresolved("invalid_uri") from None
    if parts.scheme not in schemes:
        raise Unresolved("http_refused" if parts.scheme == "http" else "scheme_not_supported")
    return Place(parts.scheme, host_of(parts), port, target_of(parts))


def host_of(parts: SplitResult) -> str:
    """Return the host of a URL in ASCII. Raises Unresolved."""
    host = parts.hostname
    if not host or "@" in parts.netloc:
        raise Unresolved("invalid_uri")
    try:
        encoded = host if ":" in host else host.encode("idna").decode()
    except UnicodeError:
        raise Unresolved("invalid_uri") from None
    if not encoded.isprintable() or set(encoded) & set(' /\\?#"<>'):
        raise Unresolved("invalid_uri")
    return encoded


def target_of(parts: SplitResult) -> str:
    """Return the path and the query of a URL, percent-encoded. Raises Unresolved."""
    query = f"?{parts.query}" if parts.query else ""
    try:
        return quote(f"{parts.path or '/'}{query}", safe=UNCHANGED)
    except UnicodeError:
        raise Unresolved("invalid_uri") from None
