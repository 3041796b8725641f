"""Cursors, signed so that only those that the service created are accepted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
from collections.abc import Sequence
from typing import Any

import orjson

from kamiyo_api import errors

SIGNATURE_BYTES = 16
SALT = b"kamiyo-api cursors"
# The cost is about 50 ms and 16 MB, once per process.
SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


class Cursors:
    """The cursors of an installation, signed with the first key and accepted if any key signed
    them.

    A signature covers the payload of the cursor and its context: the list with its filters and
    sort.
    """

    def __init__(self, secrets: Sequence[str], database_url: str) -> None:
        """Without secrets, the key is derived from the URL of the database (scrypt, RFC 7914) when
        the first cursor is needed; every process of an installation derives the same key."""
        self._keys = [secret.encode() for secret in secrets]
        self._database_url = database_url
        self._lock = threading.Lock()

    def sign(self, context: bytes, parts: Sequence[Any]) -> str:
        """Return the cursor with these parts in a context."""
        payload = orjson.dumps(parts)
        return encoded(signature(self._signing_keys()[0], context, payload) + payload)

    def read(self, context: bytes, cursor: str) -> Any:
        """Return the parts of a cursor in a context. Raises InvalidCursor."""
        raw = decoded(cursor)
        sent, payload = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        expected = (signature(key, context, payload) for key in self._signing_keys())
        if not any(hmac.compare_digest(sent, each) for each in expected):
            raise errors.InvalidCursor
        return orjson.loads(payload)

    def _signing_keys(self) -> Sequence[bytes]:
        with self._lock:
            if not self._keys:
                self._keys = [hashlib.scrypt(self._database_url.encode(), salt=SALT, **SCRYPT)]
        return self._keys


def signature(key: bytes, context: bytes, payload: bytes) -> bytes:
    """Return the signature of a payload in a context: a truncated HMAC (RFC 2104) with SHA-256."""
    # The context is JSON without a line break, so the boundary between the two is unambiguous.
    return hmac.digest(key, context + b"\n" + payload, "sha256")[:SIGNATURE_BYTES]


def encoded(raw: bytes) -> str:
    """Return bytes as the text of a cursor: base64url without padding (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(cursor: str) -> bytes:
    """Return the bytes of a cursor. Raises InvalidCursor unless the text is their only encoding."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True)
    except ValueError as error:
        raise errors.InvalidCursor from error
    if encoded(raw) != cursor:
        raise errors.InvalidCursor
    return raw
