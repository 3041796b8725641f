"""Read final blocks a second time: with other bounds, from the next provider if there is one.

The comparison shows logs that a node left out, which no other check can see. If one answer has logs
that another lacks, the blocks are requested one by one until two answers contain every log that was
ever returned. Logs that both answers lack may show in the sequences of the events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kamiyo_api.indexer.failures import Contradiction, Incomplete
from kamiyo_api.indexer.journal import Cursor, Tip
from kamiyo_api.indexer.pieces import Piece, fetch_piece, headers_by_number, logs_of_block
from kamiyo_api.indexer.provider import Provider
from kamiyo_api.indexer.reading import Reading
from kamiyo_api.indexer.values import Header, Log

# Bounds that fall on those of the first look would repeat its faults.
SHARE_OF_RANGE = 0.7
BLOCKS_BEYOND = 16
ANSWERS_TO_SETTLE = 8
# How often the missing logs are requested from each provider.
LOOKS_PER_PROVIDER = 2


class Settled(NamedTuple):
    """The logs of a block that two complete answers agree about."""

    header: Header
    logs: Sequence[Log]


class Look(NamedTuple):
    """A second look up to a block: all logs, those that the first one lacks, and their blocks."""

    end: int
    logs: Sequence[Log]
    missing: Sequence[Log]
    headers: Sequence[Header]


def look_again(reading: Reading, cursor: Cursor, until: int, tip: Tip) -> int:
    """Compare the next blocks after the checked one with a new answer, store what was missing, move
    the checked block, and return it. Raises Stop, CursorMoved."""
    is_whole = not reading.journal.has_gaps()
    until, is_gap = cursor.until_gap(cursor.checked_block + 1, until)
    if is_gap:
        reading.journal.check(cursor, until)
        return until
    for _ in range(LOOKS_PER_PROVIDER * len(reading.providers.all)):
        look = compare(reading, cursor, until, tip)
        try:
            known = reading.sequences.check(
                look.logs, cursor.checked_block, cursor.projected_block, is_whole=is_whole
            )
        except Incomplete as failure:
            reading.providers.current.suspect("out_of_sequence")
            last = failure
            continue
        if look.end == until and is_whole and not look.logs and reading.journal.is_empty():
            reading.journal.check_from_the_start()
            raise Incomplete.stop(f"there is no log at all up to block {until}")
        reading.journal.check(cursor, look.end, look.missing, look.headers)
        reading.sequences.remember(known, look.end)
        return look.end
    raise last.stop(str(last))


def compare(reading: Reading, cursor: Cursor, until: int, tip: Tip) -> Look:
    """Return a second look at the blocks after the checked one. Raises Stop."""
    start = cursor.checked_block + 1
    # The last bound would be one of the first look, unless blocks beyond it are requested.
    beyond, _ = cursor.until_gap(start, max(min(until + BLOCKS_BEYOND, tip.head.number), until))
    piece = reading.providers.use_next(
        lambda provider: fetch_other(provider, reading, start, beyond)
    )
    end = min(piece.end, until)
    second = [log for log in piece.logs if log.block_number <= end]
    if reading.journal.holds(start, end, second):
        return Look(end, second, (), ())
    stored = reading.journal.logs(start, end)
    settled = settle(reading, stored, second)
    missing = sorted({log for each in settled for log in each.logs} - set(stored))
    reading.providers.current.suspect("missing_in_first_look", len(missing))
    return Look(end, sorted([*stored, *missing]), missing, [each.header for each in settled])


def fetch_other(provider: Provider, reading: Reading, start: int, beyond: int) -> Piece:
    """Return a piece with other bounds than those of the first look."""
    size = max(int((beyond - start + 1) * SHARE_OF_RANGE), BLOCKS_BEYOND)
    share = max(int(provider.range.value * SHARE_OF_RANGE), 1)
    end = min(beyond, start + min(size, share) - 1)
    return fetch_piece(provider, reading.contracts, start, end)


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

    def fetch(provider: Provider) -> Settled:
        (header,) = headers_by_number(provider, [number])
        return Settled(header, logs_of_block(provider, header, reading.contracts))

    complete: list[set[Log]] = []
    for _ in range(ANSWERS_TO_SETTLE):
        answer = reading.providers.use_next(fetch)
        if any(log.block_hash != answer.header.hash for log in seen):
            raise Contradiction.stop(f"two looks found different blocks {number}")
        logs = set(answer.logs)
        seen |= logs
        complete = [each for each in [*complete, logs] if each == seen]
        if len(complete) >= 2:
            return answer
    raise Incomplete.stop(f"the logs of block {number} differ from answer to answer")
