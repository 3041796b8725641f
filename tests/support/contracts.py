"""The registries as contracts: what version 2.0.0 answers, from the logs of a chain alone, without
the code of the service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.support.chain_logs import IDENTITY, NOBODY, REPUTATION, tail, word

NEXT_ID_SLOT = "0xa040f782729de4970518741823ec1276cbcd41a0c7493f62d173341566a04e00"
TRANSFER, REGISTERED, URI_UPDATED, METADATA_SET, NEW_FEEDBACK, REVOKED = (
    "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",
    "ca52e62c367d81bb2e328eb795f7c7ba24afb478408a26c0e201d155c449bc4a",
    "3a2c7fffc2cba7582c690e3b82c453ea02a308326a98a3ad7576c606336409fb",
    "2c149ed548c6d2993cd73efe187df6eccabe4538091b33adbd25fafdb8a1468b",
    "6a4a61743519c9d648a14e6493f47dbe3ff1aa29e7785c96c8326a205e58febc",
    "25156fd3288212246d8b008d5921fde376c71ed14ac2e072a506eb06fde6d09d",
)


class Reverted(Exception):
    """The contract refuses the call."""


def word_at(data: bytes, place: int) -> int:
    """The number in the word at a place."""
    return int.from_bytes(data[32 * place : 32 * place + 32])


def bytes_at(data: bytes, place: int) -> bytes:
    """The bytes whose offset is in the word at a place."""
    start = word_at(data, place)
    return data[start + 32 : start + 32 + int.from_bytes(data[start : start + 32])]


def addresses_at(data: bytes, place: int) -> list[str]:
    """The addresses whose offset is in the word at a place."""
    start = word_at(data, place)
    words = data[start + 32 : start + 32 + 32 * int.from_bytes(data[start : start + 32])]
    return [address_of(word_at(words, at)) for at in range(len(words) // 32)]


def address_of(number: int) -> str:
    """An address as text."""
    return f"0x{number:040x}"


def as_signed(number: int, bits: int) -> int:
    """A number as two's complement."""
    number %= 1 << bits
    return number - (1 << bits) if number >> (bits - 1) else number


def divided(number: int, by: int) -> int:
    """A quotient without its fraction, as Solidity divides."""
    return abs(number) // by * (1 if number >= 0 else -1)


class Contracts:
    """The state of the registries after some logs of plain registrations, sales and feedback."""

    def __init__(self, logs: Iterable[dict[str, Any]]) -> None:
        self.owners: dict[int, str] = {}
        self.wallets: dict[int, str] = {}
        self.uris: dict[int, bytes] = {}
        self.metadata: dict[tuple[int, bytes], bytes] = {}
        self.feedback: dict[tuple[int, str], list[list[Any]]] = {}
        for log in logs:
            if log["address"].lower() in (IDENTITY, REPUTATION):
                topics = [topic[2:] for topic in log["topics"]]
                self.emit(topics[0], topics[1:], bytes.fromhex(log["data"][2:]))

    def emit(self, topic: str, indexed: list[str], data: bytes) -> None:
        """Change the state as the function did that emitted an event."""
        words = [int(each, 16) for each in indexed]
        if topic == TRANSFER:
            self.owners[words[2]] = address_of(words[1])
            self.wallets[words[2]] = NOBODY if words[0] else address_of(words[1])
            self.uris.setdefault(words[2], b"")
        elif topic in (REGISTERED, URI_UPDATED):
            self.uris[words[0]] = bytes_at(data, 0)
        elif topic == METADATA_SET:
            self.metadata[words[0], bytes_at(data, 0)] = bytes_at(data, 1)
        elif topic == NEW_FEEDBACK:
            value = as_signed(word_at(data, 1), 128)
            given = [value, word_at(data, 2), bytes_at(data, 3), bytes_at(data, 4), False]
            self.feedback.setdefault((words[0], address_of(words[1])), []).append(given)
        elif topic == REVOKED:
            self.feedback[words[0], address_of(words[1])][words[2] - 1][4] = True

    def call(self, to: str, data: str) -> bytes:
        """The answer to a call. Raises Reverted."""
        function = CALLS.get((to, data[:10]))
        if function is None:
            raise Reverted
        arguments = bytes.fromhex(data[10:])
        return bytes(function(self, word_at(arguments, 0), arguments))

    def owner_of(self, agent_id: int, arguments: bytes) -> bytes:
        if agent_id not in self.owners:
            raise Reverted
        return word(self.owners[agent_id])

    def token_uri(self, agent_id: int, arguments: bytes) -> bytes:
        self.owner_of(agent_id, arguments)
        return word(32) + tail(self.uris[agent_id])

    def get_agent_wallet(self, agent_id: int, arguments: bytes) -> bytes:
        return word(self.wallets.get(agent_id, NOBODY))

    def get_metadata(self, agent_id: int, arguments: bytes) -> bytes:
        return word(32) + tail(self.metadata.get((agent_id, bytes_at(arguments, 1)), b""))

    def get_clients(self, agent_id: int, arguments: bytes) -> bytes:
        clients = [client for agent, client in self.feedback if agent == agent_id]
        return word(32) + word(len(clients)) + b"".join(map(word, clients))

    def get_last_index(self, agent_id: int, arguments: bytes) -> bytes:
        return word(len(self.feedback.get((agent_id, address_of(word_at(arguments, 1))), [])))

    def get_summary(self, agent_id: int, arguments: bytes) -> bytes:
        tag1, tag2 = bytes_at(arguments, 2), bytes_at(arguments, 3)
        clients = addresses_at(arguments, 1)
        if not clients:
            raise Reverted
        counted = [
            (value, decimals)
            for client in clients
            for value, decimals, *tags, revoked in self.feedback.get((agent_id, client), [])
            if not revoked and tag1 in (b"", tags[0]) and tag2 in (b"", tags[1])
        ]
        if not counted:
            return bytes(96)
        total = sum(value * 10 ** (18 - decimals) for value, decimals in counted)
        scales = [decimals for _, decimals in counted]
        mode = max(range(19), key=lambda each: (scales.count(each), -each))
        mean = divided(divided(total, len(counted)), 10 ** (18 - mode))
        return word(len(counted)) + word(as_signed(mean, 128)) + word(mode)


CALLS = {
    (IDENTITY, "0x6352211e"): Contracts.owner_of,
    (IDENTITY, "0xc87b56dd"): Contracts.token_uri,
    (IDENTITY, "0x00339509"): Contracts.get_agent_wallet,
    (IDENTITY, "0xcb4799f2"): Contracts.get_metadata,
    (REPUTATION, "0x42dd519c"): Contracts.get_clients,
    (REPUTATION, "0xf2d81759"): Contracts.get_last_index,
    (REPUTATION, "0x81bbba58"): Contracts.get_summary,
}
