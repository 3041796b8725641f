"""IPFS content identifiers: read one, and check content against it.

A raw CID is the hash of the content. A dag-pb CID is the hash of a UnixFS node; that of a file
which fits into one block can be built from the content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable
from typing import NamedTuple

from kamiyo_api.indexer.files.failures import Unresolved

RAW = 0x55
DAG_PB = 0x70
SHA2_256 = 0x12
DIGEST_BYTES = 32
LONGEST = 128
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


class Cid(NamedTuple):
    """A content identifier: how the content is packed, and the digest; none of another hash."""

    codec: int
    digest: bytes | None

    def fits(self, content: bytes) -> bool | None:
        """Return whether the content of a file has this identifier; None if that cannot be known.

        The node of a file may be built in other ways, so that another hash proves nothing.
        """
        if self.digest is None:
            return None
        if self.codec == RAW:
            return hashlib.sha256(content).digest() == self.digest
        if self.codec != DAG_PB:
            return None
        nodes = (file_node(content, kind) for kind in (FILE, RAW_LEAF))
        return any(hashlib.sha256(node).digest() == self.digest for node in nodes) or None


# Types of UnixFS nodes.
RAW_LEAF = 0
FILE = 2


def file_node(content: bytes, kind: int) -> bytes:
    """Return the dag-pb block of a file that fits into one block, as `ipfs add` builds it."""
    data = bytes([0x08, kind])
    if content:
        data += b"\x12" + varint(len(content)) + content
    data += b"\x18" + varint(len(content))
    return b"\x0a" + varint(len(data)) + data


def varint(number: int) -> bytes:
    """Return a number in the encoding of protobuf."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*encoded, number])


def parse_cid(text: str) -> Cid:
    """Return a CID of either version. Raises Unresolved."""
    try:
        return read_cid(text)
    except (ValueError, IndexError, binascii.Error):
        raise Unresolved("invalid_cid") from None


def read_cid(text: str) -> Cid:
    """Return a CID of either version. Raises ValueError, IndexError."""
    if not 2 <= len(text) <= LONGEST or not text.isascii():
        raise ValueError(text)
    if len(text) == 46 and text.startswith("Qm"):
        return Cid(DAG_PB, digest_of(from_base(BASE58, text)))
    content = DECODERS[text[0]](text[1:]) if text[0] in DECODERS else b""
    version, rest = read_varint(content)
    if version != 1:
        raise ValueError(text)
    codec, rest = read_varint(rest)
    return Cid(codec, digest_of(rest))


def digest_of(multihash: bytes) -> bytes | None:
    """Return the SHA2-256 in a multihash; None of another hash. Raises ValueError, IndexError."""
    function, rest = read_varint(multihash)
    length, digest = read_varint(rest)
    if length != len(digest):
        raise ValueError(multihash)
    if function != SHA2_256:
        return None
    if length != DIGEST_BYTES:
        raise ValueError(multihash)
    return digest


def read_varint(content: bytes) -> tuple[int, bytes]:
    """Return the number at the beginning, and the rest. Raises ValueError, IndexError."""
    number = shift = 0
    for place in range(9):
        number |= (content[place] & 0x7F) << shift
        if content[place] < 0x80:
            return number, content[place + 1 :]
        shift += 7
    raise ValueError(content)


def from_base(alphabet: str, text: str) -> bytes:
    """Return the bytes that digits of some alphabet encode. Raises ValueError."""
    number = 0
    for character in text:
        number = number * len(alphabet) + alphabet.index(character)
    zeros = len(text) - len(text.lstrip(alphabet[0]))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def from_base32(text: str) -> bytes:
    """Return the bytes that base32 without padding encodes. Raises binascii.Error."""
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def from_base64url(text: str) -> bytes:
    """Return the bytes that base64url without padding encodes. Raises binascii.Error."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


# By the character that names the base (multibase).
DECODERS: dict[str, Callable[[str], bytes]] = {
    "b": from_base32,
    "B": from_base32,
    "f": bytes.fromhex,
    "F": bytes.fromhex,
    "k": lambda text: from_base(BASE36, text),
    "K": lambda text: from_base(BASE36, text.lower()),
    "u": from_base64url,
    "z": lambda text: from_base(BASE58, text),
}
