"""Look a second time at final blocks: with other bounds, at the next provider if there is one.

What no check can see, a node that left a log out, shows in the comparison. Logs that one answer has
and another lacks are settled block by block: an answer counts if it holds every log that was ever
answered, twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kamiyo_api.indexer.failures import Contradiction, Incomplete
from kamiyo_api.indexer.journal import Cursor, Tip, digest_of
from kamiyo_api.indexer.pieces import Piece, fetch_piece, headers_by_number, logs_of_block
from kamiyo_api.indexer.provider import Provider
from kamiyo_api.indexer.reading import Reading
from kamiyo_api.indexer.values import Header, Log

# Bounds that fall on those of the first look would repeat its faults.
SHARE_OF_RANGE = 0.7
BLOCKS_BEYOND = 16
ANSWERS_TO_SETTLE = 8


class Settled(NamedTuple):
    """The logs of a block that two complete answers agree about."""

    header: Header
    logs: Sequence[Log]


def look_again(reading: Reading, cursor: Cursor, until: int, tip: Tip) -> None:
    """Compare the next blocks after the checked one with a new answer, store what was missing, and
    move the checked block. Raises Stop, CursorMoved."""
    start = cursor.checked_block + 1
    # The last bound falls on one of the first look, unless blocks beyond it are asked for.
    beyond = max(min(until + BLOCKS_BEYOND, tip.head.number), until)
    size = max(int((beyond - start + 1) * SHARE_OF_RANGE), BLOCKS_BEYOND)

    def fetch(provider: Provider) -> Piece:
        share = max(int(provider.range.value * SHARE_OF_RANGE), 1)
        end = min(beyond, start + min(size, share) - 1)
        return fetch_piece(provider, reading.contracts, start, end)

    reading.providers.rotate()
    piece = reading.providers.use(fetch)
    end = min(piece.end, until)
    second = [log for log in piece.logs if log.block_number <= end]
    if digest_of(second) == reading.journal.digest(start, end):
        reading.journal.check(cursor, end)
        return
    stored = reading.journal.logs(start, end)
    settled = settle(reading, stored, second)
    missing = sorted({log for each in settled for log in each.logs} - set(stored))
    reading.providers.current.suspect("missing_in_first_look", len(missing))
    reading.journal.check(cursor, end, missing, [each.header for each in settled])


def settle(reading: Reading, first: Sequence[Log], second: Sequence[Log]) -> list[Settled]:
    """Return the settled logs of each block about which two looks differ."""
    differing = set(first) ^ set(second)
    seen: dict[int, set[Log]] = {log.block_number: set() for log in differing}
    for log in (*first, *second):
        if log.block_number in seen:
            seen[log.block_number].add(log)
    return [settle_block(reading, number, seen[number]) for number in sorted(seen)]


def settle_block(reading: Reading, number: int, seen: set[Log]) -> Settled:
    """Return the logs of a block when two answers hold all that was seen of it. Raises Stop."""
    complete: list[set[Log]] = []
    for _ in range(ANSWERS_TO_SETTLE):

        def fetch(provider: Provider) -> Settled:
            (header,) = headers_by_number(provider, [number])
            return Settled(header, logs_of_block(provider, header, reading.contracts))

        reading.providers.rotate()
        answer = reading.providers.use(fetch)
        if any(log.block_hash != answer.header.hash for log in seen):
            raise Contradiction.stop(f"two looks found different blocks {number}")
        logs = set(answer.logs)
        seen |= logs
        complete = [each for each in [*complete, logs] if each == seen]
        if len(complete) >= 2:
            return answer
    raise Incomplete.stop(f"the logs of block {number} differ from answer to answer")
