"""Follow a chain step by step, until everything is read or forever."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from kamiyo_api import db, outages
from kamiyo_api.indexer.collecting import without_collector
from kamiyo_api.indexer.failures import Stop
from kamiyo_api.indexer.journal import CursorMoved
from kamiyo_api.indexer.reader import ChainReader
from kamiyo_api.observability.redaction import brief

log = logging.getLogger(__name__)

# Of the database: an interrupted commit is found or not found when the cursor is read again.
PASSING = (
    outages.DatabaseUnavailable,
    outages.DatabaseBusy,
    outages.TransactionFailed,
    outages.CommitUnknown,
    db.ConnectionLost,
)
DATABASE_PATIENCE_SECONDS = 120.0
DATABASE_PAUSE_SECONDS = 0.2
MOVED_PAUSE_SECONDS = 0.05
# How often newer blocks are requested: a third of the time between two blocks, within limits.
SHORTEST_POLL_SECONDS, LONGEST_POLL_SECONDS = 0.3, 6.0

Report = Callable[[ChainReader], object]


class DatabasePatience:
    """Waits for a database that is unavailable for a while."""

    def __init__(self) -> None:
        self._since: float | None = None

    def succeed(self) -> None:
        """Forget failures."""
        self._since = None

    def wait(self, error: Exception) -> None:
        """Wait after a failure. Raises it when patience ends."""
        now = time.monotonic()
        if self._since is None:
            self._since = now
            log.warning(
                "The database is unavailable; reading waits: %s",
                brief(str(error) or type(error).__name__),
            )
        if now - self._since > DATABASE_PATIENCE_SECONDS:
            raise error
        time.sleep(DATABASE_PAUSE_SECONDS)


class Poll:
    """The time until newer blocks are requested, learned from the times of blocks."""

    def __init__(self) -> None:
        self._last: tuple[int, int] | None = None
        self.seconds = SHORTEST_POLL_SECONDS

    def learn(self, number: int, block_time: int) -> None:
        """Learn from the newest block."""
        if self._last is not None and number > self._last[0]:
            between = (block_time - self._last[1]) / (number - self._last[0])
            self.seconds = min(max(between / 3, SHORTEST_POLL_SECONDS), LONGEST_POLL_SECONDS)
        self._last = (number, block_time)


def follow(
    reader: ChainReader,
    *,
    once: bool,
    until: int | None = None,
    report: Report = lambda reader: None,
    project: Callable[[str], object] = lambda chain: None,
    **options: Any,
) -> None:
    """Read a chain from where its cursor is; with `once`, until everything up to now is read, else
    until the last block that is requested. `project` is called when more was checked. `options` are
    those of ChainReader.begin.

    Raises Stop, which is stored with the cursor.
    """
    try:
        _follow(reader, once, until, report, project, options)
    except Stop as failure:
        stop = failure
        outcomes = reader.reading.providers.taken_outcomes()
        _patiently(lambda: reader.reading.journal.note_stop(stop, outcomes))
        raise


def _follow(
    reader: ChainReader,
    once: bool,
    until: int | None,
    report: Report,
    project: Callable[[str], object],
    options: Any,
) -> None:
    poll = Poll()
    _patiently(lambda: reader.begin(**options))
    report(reader)
    projected = None
    while True:
        with without_collector():
            has_more = _patiently(reader.step)
        report(reader)
        if reader.checked_block != projected:
            _patiently(lambda: project(reader.reading.chain))
            projected = reader.checked_block
        if has_more:
            continue
        tip, cursor = reader.tip, reader.cursor
        _patiently(reader.idle)
        if once or (until is not None and cursor is not None and cursor.read_block >= until):
            return
        if tip is not None:
            poll.learn(tip.head.number, tip.head.time)
        time.sleep(poll.seconds)


def _patiently(work: Callable[[], Any]) -> Any:
    """Return what work returns, and do it again if another process was faster or while the
    database is unavailable."""
    patience = DatabasePatience()
    while True:
        try:
            return work()
        except CursorMoved:
            patience.succeed()
            time.sleep(MOVED_PAUSE_SECONDS)
        except PASSING as error:
            patience.wait(error)
