"""Fetch a file over HTTPS from a public address, and from nowhere else.

A name is looked up once per hop, and the connection goes to the address that was checked: a name
that has another address a moment later leads nowhere else. Proxies are not used.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from http.client import HTTPResponse

from kamiyo_api.config import VERSION
from kamiyo_api.indexer.files.addresses import Address, is_public, look_up
from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.indexer.files.places import Place, place_of
from kamiyo_api.indexer.files.transport import Deadline, body_of, connect, request, secured

MAX_REDIRECTS = 3
SECONDS = 10.0
# How many addresses of a host are tried.
MAX_ADDRESSES = 2
REDIRECTS = {
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
}
GONE = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
CLIENT_ERRORS = range(400, 500)
HEAD = (
    "GET {target} HTTP/1.1\r\n"
    "Host: {authority}\r\n"
    "User-Agent: kamiyo-api/{version}\r\n"
    "Accept: application/json, */*;q=0.5\r\n"
    "Accept-Encoding: identity\r\n"
    "Connection: close\r\n"
    "\r\n"
)


class Fetcher:
    """Fetches files. Its arguments are for tests, whose servers are on this machine."""

    def __init__(
        self,
        is_allowed: Callable[[Address], bool] = is_public,
        look_up: Callable[[str, float], list[Address]] = look_up,
        trusted: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._is_allowed, self._look_up, self._seconds = is_allowed, look_up, seconds
        self._trusted = trusted or system_trust()

    def fetch(self, url: str) -> bytes:
        """Return the file at an https URL. Raises Unresolved."""
        return self._follow(place_of(url), Deadline(self._seconds), is_gateway=False)

    def fetch_from_gateway(self, url: str) -> bytes:
        """Return a file from a gateway that the operator has set: it may be on this machine and
        without TLS, but what it redirects to may not. Raises Unresolved."""
        place = place_of(url, ("https", "http"))
        return self._follow(place, Deadline(self._seconds), is_gateway=True)

    def _follow(self, place: Place, deadline: Deadline, *, is_gateway: bool) -> bytes:
        """Return the file at a place or where it redirects to. Raises Unresolved."""
        for hop in range(MAX_REDIRECTS + 1):
            found = self._visit(place, deadline, is_checked=hop > 0 or not is_gateway)
            if isinstance(found, bytes):
                return found
            place = place.joined(found)
        raise Unresolved("too_many_redirects")

    def _visit(self, place: Place, deadline: Deadline, *, is_checked: bool) -> bytes | str:
        """Return the file at a place, or the URL to which it redirects. Raises Unresolved."""
        addresses = self._look_up(place.host, deadline.remaining())
        if is_checked:
            addresses = [each for each in addresses if self._is_allowed(each)]
        if not addresses:
            raise Unresolved("address_refused")
        failure = Unresolved("connection_failed")
        for address in addresses[:MAX_ADDRESSES]:
            try:
                connection = connect(str(address), place.port, deadline)
            except Unresolved as error:
                failure = error
                continue
            with connection:
                return self._exchange(connection, place, deadline)
        raise failure

    def _exchange(self, connection: socket.socket, place: Place, deadline: Deadline) -> bytes | str:
        """Return what a connected host answers. Raises Unresolved."""
        if place.scheme == "https":
            connection = secured(connection, place.host, self._trusted, deadline)
        head = HEAD.format(target=place.target, authority=place.authority, version=VERSION)
        with connection:
            return file_or_location(request(connection, head.encode("ascii"), deadline))


@cache
def system_trust() -> ssl.SSLContext:
    """Return a context that trusts the authorities of the system; to read them takes long."""
    return ssl.create_default_context()


def file_or_location(answer: HTTPResponse) -> bytes | str:
    """Return the file that an answer is, or the URL to which it redirects. Raises Unresolved."""
    location = answer.getheader("Location")
    if answer.status in REDIRECTS and location:
        return location
    if answer.status == HTTPStatus.OK:
        return body_of(answer)
    if answer.status in GONE:
        raise Unresolved("not_found")
    raise Unresolved("refused_by_host" if answer.status in CLIENT_ERRORS else "host_error")
