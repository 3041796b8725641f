"""The values in topics and data of a log, as the ABI of Solidity encodes them."""

from __future__ import annotations

WORD = 32
NO_BYTES = bytes(12)
BIGGEST_UINT64 = 2**64 - 1
BIGGEST_UINT8 = 2**8 - 1

unsigned = int.from_bytes


class Undecodable(ValueError):
    """The bytes are not what the event declares; the message says why."""


def text_at(data: bytes, head: int) -> bytes:
    """Return the bytes of the string or bytes value whose offset is at `head`, unchecked as text.

    Raises Undecodable if it does not lie within the data.
    """
    start = unsigned(data[head : head + WORD]) + WORD
    end = start + unsigned(data[start - WORD : start]) if start <= len(data) else start
    if end > len(data):
        raise Undecodable(f"the string at {head} ends beyond the {len(data)} bytes of data")
    return data[start:end]


def address_in(word: bytes) -> str:
    """Return the address in a word, in lower case. Raises Undecodable."""
    if word[:12] != NO_BYTES:
        raise Undecodable("an address has more than 20 bytes")
    return f"0x{word[12:].hex()}"


def uint64_in(word: bytes) -> int:
    """Return the uint64 in a word. Raises Undecodable."""
    number = unsigned(word)
    if number > BIGGEST_UINT64:
        raise Undecodable("a uint64 is out of range")
    return number


def uint8_in(word: bytes) -> int:
    """Return the uint8 in a word. Raises Undecodable."""
    number = unsigned(word)
    if number > BIGGEST_UINT8:
        raise Undecodable("a uint8 is out of range")
    return number


def int128_in(word: bytes) -> int:
    """Return the int128 in a word. Raises Undecodable."""
    number = int.from_bytes(word, signed=True)
    if not -(2**127) <= number < 2**127:
        raise Undecodable("an int128 is out of range")
    return number
