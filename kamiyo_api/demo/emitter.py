"""A contract that emits the logs in its calldata, in place of a registry.

In Yul, where `log<count>` is log0 to log4 with the words after `at` as topics:

    if eq(calldatasize(), 4) { mstore(0, registry) return(0, 32) }   // getIdentityRegistry()
    for { let at := 0 } gt(calldatasize(), at) {} {
        let count := calldataload(at)
        let size := add(add(mul(count, 32), at), 32)
        let length := calldataload(size)
        calldatacopy(0, add(size, 32), length)
        log<count>(0, length, ...)
        at := add(add(size, length), 32)
    }
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kamiyo_api.demo.logs import Log, word

STOP, ADD, MUL, GT, EQ = b"\x00", b"\x01", b"\x02", b"\x11", b"\x14"
CALLDATALOAD, CALLDATASIZE, CALLDATACOPY = b"\x35", b"\x36", b"\x37"
POP, MSTORE, JUMP, JUMPI, JUMPDEST = b"\x50", b"\x52", b"\x56", b"\x57", b"\x5b"
RETURN = b"\xf3"
WORD = 32
TOPICS = range(5)


class Label(NamedTuple):
    """A place in the bytecode to jump to."""

    name: str


class To(NamedTuple):
    """The offset of a label."""

    name: str


Part = bytes | Label | To


def push(number: int, size: int = 1) -> bytes:
    """Return the instruction that puts a number onto the stack."""
    return bytes([0x5F + size]) + number.to_bytes(size)


def dup(depth: int) -> bytes:
    """Return the instruction that copies a value of the stack; the topmost is 1."""
    return bytes([0x7F + depth])


def swap(depth: int) -> bytes:
    """Return the instruction that swaps the topmost value of the stack; with the next is 1."""
    return bytes([0x8F + depth])


def assembled(parts: Sequence[Part]) -> bytes:
    """Return the bytecode of instructions and labels; a label takes one byte, its number three."""
    places, place = {}, 0
    for part in parts:
        if isinstance(part, Label):
            places[part.name] = place
        place += len(part) if isinstance(part, bytes) else 1 if isinstance(part, Label) else 3
    return b"".join(
        part
        if isinstance(part, bytes)
        else JUMPDEST
        if isinstance(part, Label)
        else push(places[part.name], 2)
        for part in parts
    )


def emitter(registry: str) -> bytes:
    """Return the bytecode of the contract, which says that it belongs to an identity registry."""
    return assembled(
        [
            *(CALLDATASIZE, push(4), EQ, To("answer"), JUMPI),
            *(push(0), Label("loop")),
            *(dup(1), CALLDATASIZE, GT, To("record"), JUMPI, STOP),
            *(Label("answer"), push(int(registry, 16), 20), push(0), MSTORE),
            *(push(WORD), push(0), RETURN),
            *_record(),
            *(part for count in TOPICS for part in _emission(count)),
        ]
    )


def _record() -> list[Part]:
    """Read a record at `at`, the only value of the stack; end with next, count, length, at."""
    return [
        *(Label("record"), dup(1), CALLDATALOAD),
        *(dup(1), push(WORD), MUL, dup(3), ADD, push(WORD), ADD),
        *(dup(1), CALLDATALOAD),
        *(dup(1), dup(3), push(WORD), ADD, push(0), CALLDATACOPY),
        *(swap(1), dup(2), ADD, push(WORD), ADD, swap(3)),
        *(part for count in TOPICS for part in (dup(3), push(count), EQ, To(f"log{count}"), JUMPI)),
        STOP,
    ]


def _emission(count: int) -> list[Part]:
    """Emit a log with so many topics, and continue with the next record."""
    topics: Iterable[Part] = (
        part
        for number in range(count, 0, -1)
        for part in (dup(1), push(WORD * number), ADD, CALLDATALOAD, swap(1))
    )
    emit = bytes([0xA0 + count])
    return [
        Label(f"log{count}"),
        *topics,
        *(POP, dup(count + 1), push(0), emit),
        *(POP, POP, To("loop"), JUMP),
    ]


def calldata(logs: Iterable[Log]) -> bytes:
    """Return the calldata that makes the contract emit logs."""
    return b"".join(
        word(len(log.topics) // WORD) + log.topics + word(len(log.data)) + log.data for log in logs
    )
