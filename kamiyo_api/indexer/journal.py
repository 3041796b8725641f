"""The journal of a chain in the database: its cursor, and what is written together with it.

Every write is one transaction that begins with a compare-and-set of the cursor, which also locks
it: of two processes that read the same chain, one writes a range and the other finds it written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, NamedTuple

from kamiyo_api import db
from kamiyo_api.indexer.binary_copy import block_rows, file_of, log_rows
from kamiyo_api.indexer.counting import counts_of
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.values import Header, Log

Outcomes = Counter[tuple[str, str]]
MOST_REASON = 300


class NotFinalYet(Stop):
    """Name blocks that are final."""

    code = "NOT_FINAL_YET"


class AlreadyChecked(Stop):
    """Name blocks above the checked one: what is below is read, and right."""

    code = "ALREADY_CHECKED"


class CursorMoved(Exception):
    """Another process moved the cursor: nothing was written, read the cursor again."""


class Cursor(NamedTuple):
    """The state of the reading of a chain."""

    from_block: int
    read_block: int
    read_hash: bytes
    final_block: int
    checked_block: int
    projected_block: int
    head_block: int
    finality: str
    range_size: int
    # The ranges above the checked block that are not read, in their order: first and last blocks.
    gaps: Sequence[tuple[int, int]] = ()

    def until_gap(self, start: int, until: int) -> tuple[int, bool]:
        """Return the last block, up to one at most, of those that are all read from a block on or
        all part of a gap, and whether they are that."""
        for first, last in self.gaps:
            if first <= start <= last:
                return min(last, until), True
            if start < first <= until:
                return first - 1, False
        return until, False


class Tip(NamedTuple):
    """The newest block of a chain, and its newest final one, as a provider answered."""

    head: Header
    final: Header


class Journal:
    """The journal of one chain."""

    def __init__(self, chain: str) -> None:
        self.chain = chain

    def cursor(self) -> Cursor | None:
        """Return the cursor, or None if the chain was never read."""
        row = db.row("journal.get_cursor", chain=self.chain)
        if row is None:
            return None
        return Cursor(**{**row, "read_hash": bytes(row["read_hash"])})

    def begin(self, first: Header, tip: Tip, finality: str, skipped: int | None) -> None:
        """Create the cursor before a block; `skipped` is the first block of those before it that
        are not read, although there may be logs in them."""
        with db.transaction(limited=False) as tx:
            tx.execute(
                "journal.insert_cursor",
                chain=self.chain,
                from_block=first.number,
                read_hash=first.parent,
                final_block=tip.final.number,
                head_block=tip.head.number,
                finality=finality,
            )
            if skipped is not None:
                reason = "not read: the operator began at a later block"
                self._add_gap(tx, skipped, first.number - 1, reason)

    def extend(
        self,
        cursor: Cursor,
        headers: Sequence[Header],
        logs: Sequence[Log],
        tip: Tip,
        range_size: int,
        outcomes: Outcomes,
    ) -> None:
        """Store the logs and the blocks after the cursor, in the order of the chain, and move it to
        the last of them. Raises CursorMoved."""
        with db.transaction(limited=False) as tx:
            self._move(tx, cursor, headers[-1].number, headers[-1].hash, tip, range_size)
            tx.copy("journal.copy_blocks", file_of(block_rows(self.chain, headers)))
            if logs:
                tx.copy("journal.copy_logs", file_of(log_rows(self.chain, logs)))
            self._count(tx, outcomes + counts_of(logs))

    def roll_back(self, cursor: Cursor, number: int, block_hash: bytes, tip: Tip) -> None:
        """Delete everything above a block, and move the cursor back to it. Raises CursorMoved."""
        depth = cursor.read_block - number
        with db.transaction(limited=False) as tx:
            self._move(tx, cursor, number, block_hash, tip, cursor.range_size)
            deleted = tx.execute("journal.delete_logs_above", chain=self.chain, block=number)
            tx.execute("journal.delete_blocks_above", chain=self.chain, block=number)
            counts = {("rollback", f"depth {depth}"): 1, ("logs", "rolled_back"): deleted}
            self._count(tx, Counter(counts))

    def check(
        self,
        cursor: Cursor,
        number: int,
        missing: Sequence[Log] = (),
        headers: Iterable[Header] = (),
    ) -> None:
        """Move the checked block, and store the logs that were missing. Raises CursorMoved."""
        with db.transaction(limited=False) as tx:
            moved = tx.execute(
                "journal.update_checked",
                chain=self.chain,
                checked_block=cursor.checked_block,
                to_block=number,
            )
            if not moved:
                raise CursorMoved
            for header in headers:
                tx.execute("journal.insert_block", chain=self.chain, **header._asdict())
            if missing:
                tx.copy("journal.copy_logs", file_of(log_rows(self.chain, missing)))
                self._count(tx, counts_of(missing))
            # The block below stays: a reorganisation may end at it.
            tx.execute(
                "journal.delete_bare_blocks",
                chain=self.chain,
                from_block=cursor.checked_block,
                to_block=number - 1,
            )

    def give_up(self, start: int, end: int, reason: str) -> None:
        """Record that final blocks are not read, and why, and delete what was read of them. Raises
        Stop."""
        with db.transaction(limited=False) as tx:
            cursor = tx.row("journal.get_cursor_for_update", chain=self.chain)
            if cursor is None or end > cursor["final_block"]:
                raise NotFinalYet(f"block {end} of {self.chain} is not known to be final")
            if start <= cursor["checked_block"]:
                raise AlreadyChecked(f"{self.chain} is checked up to {cursor['checked_block']}")
            if cursor["error_code"] is not None:
                reason = f"{reason}: {cursor['error_code']}: {cursor['error_detail']}"
            bounds = {"chain": self.chain, "from_block": start, "to_block": end}
            tx.execute("journal.delete_logs_between", **bounds)
            tx.execute("journal.insert_gap", **bounds, reason=reason[:MOST_REASON])

    def check_from_the_start(self) -> None:
        """Move the checked block back to the beginning of a chain without any logs."""
        with db.transaction(limited=False) as tx:
            tx.execute("journal.update_unchecked", chain=self.chain)

    def note_tip(self, tip: Tip, outcomes: Outcomes) -> None:
        """Store the newest blocks, and what was counted."""
        with db.transaction(limited=False) as tx:
            tx.execute(
                "journal.update_tip",
                chain=self.chain,
                final_block=tip.final.number,
                head_block=tip.head.number,
            )
            self._count(tx, outcomes)

    def note_stop(self, stop: Stop, outcomes: Outcomes) -> None:
        """Store why the reading stopped, and what was counted."""
        with db.transaction(limited=False) as tx:
            detail = stop.detail[:1000]
            tx.execute("journal.update_error", chain=self.chain, code=stop.code, detail=detail)
            self._count(tx, outcomes)

    def set_final(self, block: int) -> None:
        """Store that a block is final."""
        with db.transaction(limited=False) as tx:
            tx.execute("journal.update_final", chain=self.chain, final_block=block)

    def set_finality(self, finality: str) -> None:
        """Set when a block of the chain is final."""
        with db.transaction(limited=False) as tx:
            tx.execute("journal.update_finality", chain=self.chain, finality=finality)

    def has_gaps(self) -> bool:
        """Return whether there are blocks that were not read."""
        row = db.row("journal.get_gaps", chain=self.chain) or {}
        return bool(row["has_gaps"])

    def is_empty(self) -> bool:
        """Return whether there is no log. A registry emits one when it is deployed."""
        row = db.row("journal.get_any_log", chain=self.chain) or {}
        return not row["has_logs"]

    def holds(self, start: int, end: int, logs: Sequence[Log]) -> bool:
        """Return whether the logs of a range are these, in every byte; they are sorted."""
        stored = BytesIO()
        with db.transaction(limited=False) as tx:
            bounds = {"from_block": start, "to_block": end}
            tx.copy_out("journal.copy_logs_between", stored, chain=self.chain, **bounds)
        return stored.getvalue() == b"".join(log_rows(self.chain, logs))

    def logs(self, start: int, end: int) -> list[Log]:
        """Return the logs of a range."""
        rows = db.rows("journal.list_logs", chain=self.chain, from_block=start, to_block=end)
        return [Log(*(as_bytes(value) for value in row.values())) for row in rows]

    def block_hash(self, number: int) -> bytes | None:
        """Return the hash of a block, if it is known."""
        row = db.row("journal.get_block", chain=self.chain, number=number)
        return None if row is None else bytes(row["block_hash"])

    def newest_blocks(self, until: int, limit: int) -> list[tuple[int, bytes]]:
        """Return the numbers and hashes of the newest known blocks, the newest first."""
        rows = db.rows("journal.list_blocks", chain=self.chain, to_block=until, limit=limit)
        return [(row["block_number"], bytes(row["block_hash"])) for row in rows]

    def _move(
        self, tx: db.Transaction, cursor: Cursor, number: int, to_hash: bytes, tip: Tip, size: int
    ) -> None:
        moved = tx.execute(
            "journal.update_read",
            chain=self.chain,
            to_block=number,
            to_hash=to_hash,
            final_block=tip.final.number,
            head_block=tip.head.number,
            range_size=size,
            read_block=cursor.read_block,
            read_hash=cursor.read_hash,
        )
        if not moved:
            raise CursorMoved

    def _count(self, tx: db.Transaction, outcomes: Outcomes) -> None:
        if outcomes:
            tx.execute(
                "journal.upsert_counts",
                chain=self.chain,
                kinds=[kind for kind, _ in outcomes],
                labels=[label for _, label in outcomes],
                totals=list(outcomes.values()),
            )

    def _add_gap(self, tx: db.Transaction, start: int, end: int, reason: str) -> None:
        tx.execute(
            "journal.insert_gap", chain=self.chain, from_block=start, to_block=end, reason=reason
        )


def as_bytes(value: Any) -> Any:
    """Return bytes for the memory that the driver answers them in."""
    return bytes(value) if isinstance(value, memoryview) else value
