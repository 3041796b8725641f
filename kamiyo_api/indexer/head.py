"""Read the blocks that are not final yet: headers linked by parent hashes, logs by block hashes."""

from __future__ import annotations

from kamiyo_api.indexer.failures import Contradiction
from kamiyo_api.indexer.journal import Cursor, Tip
from kamiyo_api.indexer.pieces import (
    check_blocks,
    check_blooms,
    headers_by_number,
    logs_of_blocks,
)
from kamiyo_api.indexer.provider import Provider
from kamiyo_api.indexer.reading import Reading, is_on_branch
from kamiyo_api.indexer.values import Header, Log

BLOCKS_PER_STEP = 50


def read_head(reading: Reading, cursor: Cursor, until: int, tip: Tip) -> bool:
    """Store the next blocks, up to one at most. Return False, and store nothing, if the chain was
    reorganised below the cursor. Raises Stop, CursorMoved."""
    end = min(until, cursor.read_block + BLOCKS_PER_STEP)
    numbers = range(cursor.read_block + 1, end + 1)

    def fetch(provider: Provider) -> tuple[list[Header], list[Log]] | None:
        headers = headers_by_number(provider, numbers)
        check_blocks((), {header.number: header for header in headers})
        if headers[0].parent == cursor.read_hash:
            logs = logs_of_blocks(provider, headers, reading.contracts)
            check_blooms(provider, headers, logs)
            return headers, logs
        if is_on_branch(provider, cursor):
            raise Contradiction(f"its block {headers[0].number} does not follow its block before")
        return None

    fetched = reading.providers.use(fetch)
    if fetched is None:
        return False
    headers, logs = fetched
    outcomes = reading.providers.taken_outcomes()
    reading.journal.extend(cursor, headers, logs, tip, cursor.range_size, outcomes)
    return True
