"""Follow a reorganisation: delete what is above the newest common block, which must not be below
the final one."""

from __future__ import annotations

from kamiyo_api.indexer.failures import OtherHistory
from kamiyo_api.indexer.journal import Cursor, Tip
from kamiyo_api.indexer.pieces import headers_by_number
from kamiyo_api.indexer.provider import Provider
from kamiyo_api.indexer.reading import Reading

BLOCKS_PER_LOOK = 20

Known = tuple[int, bytes]


def is_reorganised(reading: Reading, cursor: Cursor, tip: Tip) -> bool:
    """Return whether the newest block of the chain is not the one that was read at its height."""
    if tip.head.number > cursor.read_block:
        return False
    known = reading.journal.block_hash(tip.head.number)
    return known is not None and known != tip.head.hash


def follow_reorganisation(reading: Reading, cursor: Cursor, tip: Tip) -> None:
    """Roll back to the newest block that the provider has, too.

    Raises Stop if that is below the final block, CursorMoved.
    """
    number, block_hash = reading.providers.use(lambda it: newest_common(it, reading, cursor, tip))
    if number < cursor.read_block:
        reading.journal.roll_back(cursor, number, block_hash, tip)


def newest_common(provider: Provider, reading: Reading, cursor: Cursor, tip: Tip) -> Known:
    """Return the newest known block that a provider has, too. Raises OtherHistory if that is below
    the final one."""
    until = min(cursor.read_block, tip.head.number)
    while until >= cursor.final_block:
        known = reading.journal.newest_blocks(until, BLOCKS_PER_LOOK)
        unfinal = [each for each in known if each[0] >= cursor.final_block]
        headers = headers_by_number(provider, [number for number, _ in unfinal])
        for each, header in zip(unfinal, headers, strict=True):
            if header.hash == each[1]:
                return each
        if len(unfinal) < BLOCKS_PER_LOOK:
            break
        until = unfinal[-1][0] - 1
    raise OtherHistory(f"it has none of the blocks from the final {cursor.final_block} on")
