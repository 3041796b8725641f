"""Read final blocks in ranges. Store exactly the range that the provider answered."""

from __future__ import annotations

from kamiyo_api.indexer.failures import Contradiction
from kamiyo_api.indexer.journal import Cursor, Tip
from kamiyo_api.indexer.pieces import Piece, fetch_piece, headers_by_number
from kamiyo_api.indexer.provider import Provider
from kamiyo_api.indexer.reading import Reading, is_on_branch


def read_history(reading: Reading, cursor: Cursor, until: int, tip: Tip) -> bool:
    """Store the next range of final blocks, up to a block at most. Return False, and store nothing,
    if the chain was reorganised below the cursor. Raises Stop, CursorMoved."""

    until, is_gap = cursor.until_gap(cursor.read_block + 1, until)
    if is_gap:
        return skip(reading, cursor, until, tip)

    def fetch(provider: Provider) -> tuple[Piece, int] | None:
        piece = fetch_piece(provider, reading.contracts, cursor.read_block + 1, until)
        if piece.headers[piece.start].parent == cursor.read_hash:
            return piece, provider.range.value
        if is_on_branch(provider, cursor):
            raise Contradiction(f"its block {piece.start} does not follow its block before")
        return None

    fetched = reading.providers.use(fetch)
    if fetched is None:
        return False
    piece, range_size = fetched
    headers = sorted(piece.headers.values())
    outcomes = reading.providers.taken_outcomes()
    reading.journal.extend(cursor, headers, piece.logs, tip, range_size, outcomes)
    return True


def skip(reading: Reading, cursor: Cursor, until: int, tip: Tip) -> bool:
    """Move the cursor to the end of a gap, of which only the last header is read; return True.

    Raises Stop, CursorMoved.
    """
    headers = reading.providers.use(lambda provider: headers_by_number(provider, [until]))
    outcomes = reading.providers.taken_outcomes()
    reading.journal.extend(cursor, headers, (), tip, cursor.range_size, outcomes)
    return True
