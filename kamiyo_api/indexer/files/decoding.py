"""Decode content that is in the URI itself, and unpack gzip, with a size limit before and during
the unpacking."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from urllib.parse import unquote_to_bytes

from kamiyo_api.indexer.files.failures import Unresolved
from kamiyo_api.schemas.fields import MAX_FILE_BYTES

# A percent-encoded file has three characters for each byte; the rest is for the media type.
MAX_URI_CHARACTERS = 3 * MAX_FILE_BYTES + 4096
GZIP_MAGIC = b"\x1f\x8b"
GZIP_WINDOW = 16 + zlib.MAX_WBITS
BLANK = re.compile(rb"[ \t\r\n]+")
URL_ALPHABET = bytes.maketrans(b"-_", b"+/")


def is_inline(uri: str) -> bool:
    """Return whether a URI is a JSON object itself, as some agents store it."""
    return uri.startswith("{")


def data_of(uri: str) -> bytes:
    """Return the content of a data URI, base64 or percent-encoded, unpacked if it is gzip.

    Raises Unresolved.
    """
    if len(uri) > MAX_URI_CHARACTERS:
        raise Unresolved("too_large")
    kind, comma, data = uri.partition(",")
    if not comma:
        raise Unresolved("invalid_uri")
    content = unquote_to_bytes(data)
    if "base64" in [each.strip() for each in kind.lower().split(";")[1:]]:
        content = from_base64(content)
    return unpacked(content)


def from_base64(text: bytes) -> bytes:
    """Return what base64 encodes, in either alphabet and with or without padding.

    Raises Unresolved.
    """
    text = BLANK.sub(b"", text).rstrip(b"=").translate(URL_ALPHABET)
    try:
        return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise Unresolved("invalid_encoding") from None


def unpacked(content: bytes) -> bytes:
    """Return a file of at most MAX_FILE_BYTES, unpacked if it begins as gzip does.

    Raises Unresolved.
    """
    if content.startswith(GZIP_MAGIC):
        content = inflated(content)
    if len(content) > MAX_FILE_BYTES:
        raise Unresolved("too_large")
    return content


def inflated(packed: bytes) -> bytes:
    """Return what gzip packs, and at most one byte more than a file may have.

    Raises Unresolved.
    """
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    try:
        content = unpacker.decompress(packed, MAX_FILE_BYTES + 1)
    except zlib.error:
        raise Unresolved("invalid_encoding") from None
    if not unpacker.eof and len(content) <= MAX_FILE_BYTES:
        raise Unresolved("invalid_encoding")
    return content
