"""Whether PostgreSQL takes writes, as far as this process knows: by what the server says of
itself, and by what became of the last write."""

from __future__ import annotations

import logging
import time

from kamiyo_api.errors import DatabaseReadOnly, DatabaseUnwritable

# A process that tries no write for so long does not know any more.
REMEMBERED_SECONDS = 300

log = logging.getLogger(__name__)


class Writes:
    """Why writes were refused last, until one is kept."""

    def __init__(self) -> None:
        self._refusal: DatabaseUnwritable | None = None
        self._until = 0.0

    @property
    def refusal(self) -> DatabaseUnwritable | None:
        """What a write would be answered, or None where nothing speaks against it."""
        refusal = self._refusal
        return refusal if refusal is not None and time.monotonic() < self._until else None

    def note_refused(self, refusal: DatabaseUnwritable) -> None:
        """Note that a write was refused."""
        if type(self.refusal) is not type(refusal):
            log.warning("PostgreSQL takes no writes: %s", refusal.reason)
        self._refusal, self._until = refusal, time.monotonic() + REMEMBERED_SECONDS

    def note_kept(self) -> None:
        """Note that a write was kept."""
        if self._refusal is not None:
            log.warning("PostgreSQL takes writes again")
            self._refusal = None

    def note_state(self, *, is_read_only: bool) -> None:
        """Note whether the server says that it is read-only."""
        if is_read_only:
            self.note_refused(DatabaseReadOnly())
        elif isinstance(self._refusal, DatabaseReadOnly):
            self.note_kept()
