"""The reader of one chain: choose the next step by the cursor and the head of the chain."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from kamiyo_api.indexer.earlier import Earlier, raw
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.first_block import find_first_block
from kamiyo_api.indexer.head import read_head
from kamiyo_api.indexer.history import read_history
from kamiyo_api.indexer.journal import Cursor, CursorMoved, Journal, NotFinalYet, Tip
from kamiyo_api.indexer.pairs import check_pairs
from kamiyo_api.indexer.pieces import headers_by_number
from kamiyo_api.indexer.providers import Providers
from kamiyo_api.indexer.reading import Reading, Registry, fetch_tip, is_on_branch
from kamiyo_api.indexer.reorganisation import follow_reorganisation, is_reorganised
from kamiyo_api.indexer.second_look import look_again
from kamiyo_api.indexer.sequences import Sequences

# How many ranges are read before they are looked at again, so that they can be projected.
RANGES_BEFORE_SECOND_LOOK = 4
TIP_SECONDS = 10.0
DEFAULT_FINALITY = "finalized"


class AlreadyBegun(Stop):
    """Leave --from-block out: the chain goes on where it stopped."""

    code = "ALREADY_BEGUN"


class ChainReader:
    """Reads a chain step by step; each step is one range, and at most one transaction of it."""

    def __init__(
        self,
        chain: str,
        registries: Sequence[Registry],
        providers: Providers,
        until: int | None = None,
    ) -> None:
        """`until` is the last block to read; None reads on."""
        identities = {raw(each.address): each.identity_registry for each in registries}
        self._registries, self._until = registries, until
        self.reading = Reading(
            chain,
            providers,
            Journal(chain),
            frozenset(identities),
            Sequences(Earlier(chain, identities)),
        )
        self.cursor: Cursor | None = None
        self.tip: Tip | None = None
        self.checked_block: int | None = None
        self._tip_until = 0.0

    def begin(self, from_block: int | None = None, finality: str | None = None) -> Cursor:
        """Return the cursor, which is created if the chain was never read. Raises Stop."""
        providers, journal = self.reading.providers, self.reading.journal
        cursor = journal.cursor()
        for number, block_hash in journal.newest_blocks(cursor.final_block, 1) if cursor else ():
            providers.expect(number, block_hash)
        providers.use(lambda provider: check_pairs(provider, self._registries))
        if cursor is None:
            self._create(from_block, finality or DEFAULT_FINALITY)
            cursor = journal.cursor()
        elif finality is not None and finality != cursor.finality:
            journal.set_finality(finality)
            cursor = cursor._replace(finality=finality)
        if cursor is None:
            raise CursorMoved
        if from_block is not None and from_block != cursor.from_block:
            raise AlreadyBegun(f"{self.reading.chain} is read from block {cursor.from_block} on")
        providers.begin_with_range(cursor.range_size)
        self.cursor = cursor
        return cursor

    def _create(self, from_block: int | None, finality: str) -> None:
        providers = self.reading.providers
        tip = providers.use(lambda provider: fetch_tip(provider, finality))
        deployed = find_first_block(providers, self._registries, tip.final.number)
        number = deployed if from_block is None else from_block
        if number > tip.final.number:
            raise NotFinalYet(f"block {number} is above the final block {tip.final.number}")
        (first,) = providers.use(lambda provider: headers_by_number(provider, [number]))
        skipped = deployed if deployed < number else None
        self.reading.journal.begin(first, tip, finality, skipped)

    def step(self) -> bool:
        """Do what is next; return whether there may be more to do at once.

        Raises Stop, and CursorMoved if another process was faster.
        """
        cursor = self.cursor = self.reading.journal.cursor() or self.begin()
        self.checked_block = cursor.checked_block
        tip = self._fresh_tip(cursor)
        if self._is_due_for_second_look(cursor, tip):
            # Blocks that became final since they were read may have been replaced before.
            if not self.reading.providers.use(partial(is_on_branch, cursor=cursor)):
                self._extend(False)
                return True
            self._look_again(cursor, tip)
            return True
        if cursor.read_block < self._limited(tip.final.number):
            self._extend(read_history(self.reading, cursor, self._limited(tip.final.number), tip))
            return True
        if cursor.read_block < self._limited(tip.head.number):
            self._extend(read_head(self.reading, cursor, self._limited(tip.head.number), tip))
            return True
        if is_reorganised(self.reading, cursor, tip):
            follow_reorganisation(self.reading, cursor, tip)
            self.tip = None
            return True
        return False

    def idle(self) -> None:
        """Store the newest blocks after everything was read, and ask for newer ones next time."""
        if self.tip is not None:
            outcomes = self.reading.providers.taken_outcomes()
            self.reading.journal.note_tip(self.tip, outcomes)
        self.tip = None

    def _fresh_tip(self, cursor: Cursor) -> Tip:
        if self.tip is None or time.monotonic() > self._tip_until:
            self.tip = self.reading.providers.use(lambda it: fetch_tip(it, cursor.finality))
            self._tip_until = time.monotonic() + TIP_SECONDS
        return self.tip

    def _look_again(self, cursor: Cursor, tip: Tip) -> None:
        try:
            self.checked_block = look_again(self.reading, cursor, self._checkable(cursor, tip), tip)
        except Stop:
            # Only a block that is known to be final can be given up on.
            self.reading.journal.set_final(tip.final.number)
            raise

    def _extend(self, is_extended: bool) -> None:
        """Follow a reorganisation if nothing could be added."""
        if not is_extended and self.cursor is not None and self.tip is not None:
            follow_reorganisation(self.reading, self.cursor, self.tip)
            self.tip = None

    def _limited(self, block: int) -> int:
        return block if self._until is None else min(block, self._until)

    def _checkable(self, cursor: Cursor, tip: Tip) -> int:
        """Return the last block that can be looked at again."""
        return min(cursor.read_block, max(cursor.final_block, tip.final.number))

    def _is_due_for_second_look(self, cursor: Cursor, tip: Tip) -> bool:
        pending = self._checkable(cursor, tip) - cursor.checked_block
        is_history_read = cursor.read_block >= self._limited(tip.final.number)
        enough = RANGES_BEFORE_SECOND_LOOK * self.reading.providers.current.range.value
        return pending >= (1 if is_history_read else enough)
