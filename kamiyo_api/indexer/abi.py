"""The values in logs and calls, as the ABI of Solidity encodes them."""

from __future__ import annotations

from collections.abc import Sequence

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
    return text_from(data, unsigned(data[head : head + WORD]), head)


def text_from(data: bytes, offset: int, head: int) -> bytes:
    """Return the bytes at an offset that was read at `head`. Raises Undecodable."""
    start = offset + WORD
    end = start + unsigned(data[offset:start])
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


Value = int | str | bytes | Sequence[str]


def encode(*values: Value) -> bytes:
    """Return the arguments of a call: numbers, addresses, bytes or strings, lists of addresses."""
    heads, tails = b"", b""
    for value in values:
        if isinstance(value, int | str):
            heads += word_of(value)
            continue
        heads += word_of(WORD * len(values) + len(tails))
        tails += tail_of(value)
    return heads + tails


def word_of(value: int | str) -> bytes:
    """Return the word of a number or an address."""
    return (int(value, 16) if isinstance(value, str) else value).to_bytes(WORD)


def tail_of(value: bytes | Sequence[str]) -> bytes:
    """Return what stands at the offset of bytes, of a string, or of a list of addresses."""
    if isinstance(value, bytes):
        return word_of(len(value)) + value + bytes(-len(value) % WORD)
    return word_of(len(value)) + b"".join(map(word_of, value))


def words_in(data: bytes, count: int) -> list[bytes]:
    """Return the first words of data. Raises Undecodable."""
    if len(data) < WORD * count:
        raise Undecodable(f"{len(data)} bytes, {WORD * count} are expected")
    return [data[at : at + WORD] for at in range(0, WORD * count, WORD)]


def addresses_at(data: bytes, head: int) -> tuple[str, ...]:
    """Return the list of addresses whose offset is at `head`. Raises Undecodable."""
    start = unsigned(data[head : head + WORD]) + WORD
    count = unsigned(data[start - WORD : start]) if WORD <= start <= len(data) else 0
    if start > len(data) or start + count * WORD > len(data):
        raise Undecodable(f"the list at {head} ends beyond the {len(data)} bytes of data")
    return tuple(address_in(word) for word in words_in(data[start:], count))
