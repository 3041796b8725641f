"""Track whether PostgreSQL takes writes, by whether the server is read-only and by the result of
the last write."""

from __future__ import annotations

import logging
import time

from kamiyo_api.outages import DatabaseReadOnly, DatabaseUnwritable

# A refusal is assumed to last this long, unless another write succeeds or is refused.
REFUSAL_SECONDS = 300

log = logging.getLogger(__name__)


class WriteState:
    """The last refusal of a write, until a write succeeds."""

    def __init__(self) -> None:
        self._refusal: DatabaseUnwritable | None = None
        self._until = 0.0

    @property
    def refusal(self) -> DatabaseUnwritable | None:
        """Return the error that a write would get, or None if it would probably succeed."""
        refusal = self._refusal
        return refusal if refusal is not None and time.monotonic() < self._until else None

    def record_refusal(self, refusal: DatabaseUnwritable) -> None:
        """Record that a write was refused."""
        if type(self.refusal) is not type(refusal):
            log.warning("PostgreSQL takes no writes: %s", refusal.reason)
        self._refusal, self._until = refusal, time.monotonic() + REFUSAL_SECONDS

    def record_success(self) -> None:
        """Record that a write succeeded."""
        if self._refusal is not None:
            log.warning("PostgreSQL takes writes again")
            self._refusal = None

    def record_read_only(self, *, is_read_only: bool) -> None:
        """Record whether the server is read-only."""
        if is_read_only:
            self.record_refusal(DatabaseReadOnly())
        elif isinstance(self._refusal, DatabaseReadOnly):
            self.record_success()
