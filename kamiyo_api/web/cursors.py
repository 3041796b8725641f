"""Cursors: signed, so that only those that the service made are read."""

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
# About 50 ms and 16 MB, once a process.
WORK = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}


class Cursors:
    """Signs cursors with the first key and reads those that any key signed.

    A signature covers what the cursor says and the walk that it belongs to: the list with its
    filters and its sort.
    """

    def __init__(self, secrets: Sequence[str], database_url: str) -> None:
        """Without secrets, the key is derived from the address of the database when the first
        cursor is needed: every process of an installation has the same."""
        self._keys = [secret.encode() for secret in secrets]
        self._database_url = database_url
        self._lock = threading.Lock()

    def sign(self, walk: bytes, parts: Sequence[Any]) -> str:
        """Return the cursor that says this to a walk."""
        said = orjson.dumps(parts)
        return written(signature(self._known_keys()[0], walk, said) + said)

    def read(self, walk: bytes, cursor: str) -> Any:
        """Return what a cursor says to a walk. Raises InvalidCursor."""
        raw = raw_of(cursor)
        given, said = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not any(
            hmac.compare_digest(given, signature(key, walk, said)) for key in self._known_keys()
        ):
            raise errors.InvalidCursor
        return orjson.loads(said)

    def _known_keys(self) -> Sequence[bytes]:
        with self._lock:
            if not self._keys:
                self._keys = [hashlib.scrypt(self._database_url.encode(), salt=SALT, **WORK)]
        return self._keys


def signature(key: bytes, walk: bytes, said: bytes) -> bytes:
    """Return the signature under what a cursor says to a walk."""
    # The walk is JSON without a line break, so the two cannot run into each other.
    return hmac.digest(key, walk + b"\n" + said, "sha256")[:SIGNATURE_BYTES]


def written(raw: bytes) -> str:
    """Return bytes as the text of a cursor."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw_of(cursor: str) -> bytes:
    """Return the bytes of a cursor; only one text stands for them. Raises InvalidCursor."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", True)
    except ValueError as error:
        raise errors.InvalidCursor from error
    if written(raw) != cursor:
        raise errors.InvalidCursor
    return raw
