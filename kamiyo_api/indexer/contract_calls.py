"""The functions of the registries that an audit calls, and the values in their answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from kamiyo_api.indexer import abi
from kamiyo_api.indexer.abi import Undecodable
from kamiyo_api.indexer.provider import Call

# Where version 2.0.0 of the identity registry holds the id that it gives next (ERC-7201).
NEXT_ID_SLOT = "0xa040f782729de4970518741823ec1276cbcd41a0c7493f62d173341566a04e00"
# The longest texts of values in a table, and in a line that is printed.
STORED, SHORT = 500, 120

# The answer of a contract that refuses a call.
REVERTS = None


class Function(NamedTuple):
    """A function of a registry: its selector, and what reads its answer."""

    selector: str
    read: Callable[[bytes], Any]


class Question(NamedTuple):
    """A call to a registry, and what we hold: the answer that is expected."""

    function: str
    contract: str
    agent_id: int
    arguments: tuple[abi.Value, ...]
    held: Any

    def call(self, block: int) -> Call:
        """Return the call of JSON-RPC, at a block."""
        if self.function == "nextId":
            return Call("eth_getStorageAt", (self.contract, NEXT_ID_SLOT, hex(block)))
        data = FUNCTIONS[self.function].selector + abi.encode(*self.arguments).hex()
        return Call("eth_call", ({"to": self.contract, "data": data}, hex(block)))

    def answer(self, result: Any) -> Any:
        """Return the value in a result. Raises Undecodable."""
        return FUNCTIONS[self.function].read(bytes_in(result))

    @property
    def about(self) -> str:
        """Return the arguments after the agent, in short."""
        return shown(", ".join(map(text_of, self.arguments[1:])))

    @property
    def name(self) -> str:
        """Return the call as an operator reads it."""
        if not self.arguments:
            return f"{self.function} of {self.contract}"
        more = f", {shown(self.about, SHORT)}" if self.about else ""
        return f"{self.function}({self.agent_id}{more})"


def bytes_in(result: Any) -> bytes:
    """Return the bytes of a result. Raises Undecodable."""
    try:
        if result[:2] == "0x":
            return bytes.fromhex(result[2:])
    except (TypeError, ValueError):
        pass
    raise Undecodable("no bytes in hex")


def text_of(value: Any) -> str:
    """Return a value as an operator reads it."""
    if value is REVERTS:
        return "reverts"
    if isinstance(value, bytes):
        return f"0x{value.hex()}" if not value.isascii() or b"\0" in value else repr(value.decode())
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(str, value))}]"
    return str(value)


def shown(text: str, most: int = STORED) -> str:
    """Return a text, shortened in its middle if it is longer than `most` characters."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]} … {text[-half:]} ({len(text)} characters)"


def first_differences(held: Any, answered: Any, most: int = STORED) -> tuple[str, str]:
    """Return two values as texts; long ones from shortly before where they begin to differ."""
    ours, theirs = text_of(held), text_of(answered)
    start = 0
    if max(len(ours), len(theirs)) > most:
        start = max(equal_characters(ours, theirs) - most // 4, 0)
    mark = f"(from character {start}) " if start else ""
    return mark + shown(ours[start:], most), mark + shown(theirs[start:], most)


def equal_characters(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def read_number(data: bytes) -> int:
    """Return the number in a word. Raises Undecodable."""
    (word,) = abi.words_in(data, 1)
    return abi.unsigned(word)


def read_address(data: bytes) -> str:
    """Return the address in an answer. Raises Undecodable."""
    return abi.address_in(*abi.words_in(data, 1))


def read_bytes(data: bytes) -> bytes:
    """Return the bytes or the string in an answer. Raises Undecodable."""
    abi.words_in(data, 2)
    return abi.text_at(data, 0)


def read_addresses(data: bytes) -> tuple[str, ...]:
    """Return the list of addresses in an answer. Raises Undecodable."""
    abi.words_in(data, 2)
    return abi.addresses_at(data, 0)


def read_uint64(data: bytes) -> int:
    """Return the number in an answer. Raises Undecodable."""
    return abi.uint64_in(*abi.words_in(data, 1))


def read_summary(data: bytes) -> tuple[int, int, int]:
    """Return count, value and decimals in an answer of getSummary. Raises Undecodable."""
    count, value, decimals = abi.words_in(data, 3)
    return abi.uint64_in(count), abi.int128_in(value), abi.uint8_in(decimals)


FUNCTIONS = {
    "nextId": Function("", read_number),
    "ownerOf": Function("0x6352211e", read_address),
    "tokenURI": Function("0xc87b56dd", read_bytes),
    "getAgentWallet": Function("0x00339509", read_address),
    "getMetadata": Function("0xcb4799f2", read_bytes),
    "getClients": Function("0x42dd519c", read_addresses),
    "getLastIndex": Function("0xf2d81759", read_uint64),
    "getSummary": Function("0x81bbba58", read_summary),
}
