"""Prove by the bloom filter of a block that all its logs are known. This works only on chains that
fill the filters, and only for blocks with few logs: the filter of a full block matches every
log."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from kamiyo_api.indexer.keccak import keccak256
from kamiyo_api.indexer.values import WORD, Header, Log

BLOCKS_UNTIL_TRUSTED = 10
# The most bits of a bloom of few logs, of 2,048.
FEW_BITS = 120


@lru_cache(4096)
def bits_of(item: bytes) -> int:
    """Return the bits that an address or a topic sets."""
    digest = keccak256(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2]) & 2047)
    return bits


def bits_of_logs(logs: Iterable[Log]) -> int:
    """Return the bits that logs set."""
    bits = 0
    for log in logs:
        bits |= bits_of(log.address)
        for start in range(0, len(log.topics), WORD):
            bits |= bits_of(log.topics[start : start + WORD])
    return bits


class Blooms:
    """The trust in the blooms of a provider: they are believed after some blocks with logs all
    carried the bits, and never again after one did not."""

    def __init__(self) -> None:
        self._carried = 0
        self._is_broken = False

    def is_doubtful(self, header: Header, logs: Iterable[Log]) -> bool:
        """Return whether a block should hold more logs than the known ones: others', or lost
        ones."""
        if self._is_broken or not 0 < header.bloom.bit_count() <= FEW_BITS:
            self._is_broken |= header.bloom == 0 and any(True for _ in logs)
            return False
        bits = bits_of_logs(logs)
        if bits & ~header.bloom:
            self._is_broken = True
            return False
        self._carried += bits != 0
        return bits != header.bloom and self._carried >= BLOCKS_UNTIL_TRUSTED
