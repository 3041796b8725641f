"""Track whether PostgreSQL can be reached. After a failure, a background thread checks the server
until it answers. One line is logged when the server becomes unavailable, and one when it is
back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kamiyo_api.db.queries import QUERIES
from kamiyo_api.observability.redaction import brief

PAUSE_SECONDS = 0.5
# How long a server may take to open a connection, and to answer a query over it: a pooler opens
# one at once, and answers after it got a connection of the server.
CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 2.0

log = logging.getLogger(__name__)


class Reachability:
    """The reachability of the server, as far as this process knows."""

    def __init__(self, connect: Callable[[], Any], failure: type[Exception]) -> None:
        """`connect` opens a connection, or raises `failure`."""
        self._connect, self._failure = connect, failure
        self._lock = threading.Lock()
        self._is_checking = False
        self._overdue_at = 0.0
        self._unavailable_since = 0.0
        self.reason: str | None = None
        """Why the server could not be reached; None if it can, as far as is known."""
        self.answered_at = 0.0
        """When the server last answered a check, in seconds of the monotonic clock."""
        self.is_logged = True

    def check(self) -> None:
        """Check in the background whether the server answers, unless a check is in progress."""
        with self._lock:
            if self._is_checking:
                return
            self._is_checking = True
            self._expect_within(CONNECT_SECONDS)
        try:
            threading.Thread(target=self._check_until_back, name="db-reach", daemon=True).start()
        except RuntimeError:
            # No thread could be started; the next call tries again.
            self._is_checking = False

    def is_overdue(self, now: float) -> bool:
        """Return whether the check in progress has taken too long."""
        return self._is_checking and now >= self._overdue_at

    def mark_unavailable(self, reason: str) -> None:
        """Record that the server cannot be reached, and check it until it answers."""
        with self._lock:
            was_unavailable, self.reason = self.reason is not None, reason
            if not was_unavailable:
                self._unavailable_since = time.monotonic()
        if not was_unavailable and self.is_logged:
            log.warning("PostgreSQL is away (%s); what needs it is refused", brief(reason))
        self.check()

    def _expect_within(self, seconds: float) -> None:
        self._overdue_at = time.monotonic() + seconds

    def _check_until_back(self) -> None:
        while not self._is_back():
            time.sleep(PAUSE_SECONDS)

    def _is_back(self) -> bool:
        self._expect_within(CONNECT_SECONDS)
        try:
            self._check_once()
        except self._failure as error:
            if time.monotonic() < self._overdue_at:
                # A refusal counts as an answer.
                self.answered_at = time.monotonic()
            self.mark_unavailable(str(error))
            return False
        except Exception as error:
            # After any other error, only another attempt can show whether the server answers.
            self.mark_unavailable(f"{type(error).__name__}: {error}")
            return False
        self._mark_available()
        return True

    def _check_once(self) -> None:
        connection = self._connect()
        try:
            self._expect_within(ANSWER_SECONDS)
            with connection.cursor() as cursor:
                cursor.execute(QUERIES["health.get_alive"])
        finally:
            connection.close()

    def _mark_available(self) -> None:
        with self._lock:
            self._is_checking = False
            self.answered_at = time.monotonic()
            was_unavailable, self.reason = self.reason is not None, None
            seconds = self.answered_at - self._unavailable_since
        if was_unavailable and self.is_logged:
            log.warning("PostgreSQL is back after %.1f s", seconds)
