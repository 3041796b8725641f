"""Keccak-256, as Ethereum hashes; Python's SHA-3 pads otherwise. For the few addresses and topics
whose bits are looked for in blooms."""

from __future__ import annotations

from functools import lru_cache

RATE = 136
LANES = 25
MASK = (1 << 64) - 1


def round_constants() -> list[int]:
    """Return the 24 constants of the rounds."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for power in range(7):
            if register & 1:
                constant |= 1 << ((1 << power) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def rotations() -> list[tuple[int, int]]:
    """Return the lanes in the order in which rho and pi visit them, with their rotations."""
    visited, x, y = [], 1, 0
    for step in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        visited.append((x + 5 * y, (step + 1) * (step + 2) // 2 % 64))
    return visited


CONSTANTS = round_constants()
ROTATIONS = rotations()


def permuted(lanes: list[int]) -> list[int]:
    """Return the lanes after the permutation keccak-f[1600]."""
    for constant in CONSTANTS:
        columns = [
            lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]
            for x in range(5)
        ]
        mixed = [columns[(x - 1) % 5] ^ rotated(columns[(x + 1) % 5], 1) for x in range(5)]
        lanes = [lane ^ mixed[at % 5] for at, lane in enumerate(lanes)]
        moving = lanes[1]
        for at, turn in ROTATIONS:
            lanes[at], moving = rotated(moving, turn), lanes[at]
        lanes = [
            lane ^ (~lanes[at - at % 5 + (at + 1) % 5] & lanes[at - at % 5 + (at + 2) % 5])
            for at, lane in enumerate(lanes)
        ]
        lanes[0] ^= constant
    return lanes


def rotated(lane: int, turn: int) -> int:
    """Return a lane that is rotated to the left."""
    return (lane << turn | lane >> (64 - turn)) & MASK


@lru_cache(4096)
def keccak256(message: bytes) -> bytes:
    """Return the hash of a message."""
    padded = bytearray(message + bytes(RATE - len(message) % RATE))
    padded[len(message)] ^= 0x01
    padded[-1] ^= 0x80
    lanes = [0] * LANES
    for start in range(0, len(padded), RATE):
        for at in range(RATE // 8):
            begin = start + 8 * at
            lanes[at] ^= int.from_bytes(padded[begin : begin + 8], "little")
        lanes = permuted(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])
