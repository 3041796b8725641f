"""Whether PostgreSQL can be reached: asked aside from when on there is doubt until it answers, with
one line in the log when it goes away and one when it is back."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from kamiyo_api.db.queries import QUERIES
from kamiyo_api.observability.redaction import brief

PAUSE_SECONDS = 0.5
# How long a server may take to open a connection, and to answer over it: a pooler in between
# opens one at once, and answers once it has one of the server's.
CONNECT_SECONDS = 0.3
ANSWER_SECONDS = 2.0

log = logging.getLogger(__name__)


class Reach:
    """Whether the server can be reached, as far as this process knows."""

    def __init__(self, connect: Callable[[], Any], failure: type[Exception]) -> None:
        """`connect` opens a connection, or raises `failure`."""
        self._connect, self._failure = connect, failure
        self._lock = threading.Lock()
        self._is_asking = False
        self._unanswered_from = 0.0
        self._away_since = 0.0
        self.reason: str | None = None
        """Why it could not be reached; None where it can, as far as is known."""
        self.answered = 0.0
        """When it last answered what was asked aside."""
        self.is_logged = True

    def doubt(self) -> None:
        """Ask aside whether it answers, unless that is asked already."""
        with self._lock:
            if self._is_asking:
                return
            self._is_asking = True
            self._await(CONNECT_SECONDS)
        try:
            threading.Thread(target=self._ask, name="db-reach", daemon=True).start()
        except RuntimeError:
            # No thread can be had; the next doubt tries again.
            self._is_asking = False

    def is_unanswered(self, now: float) -> bool:
        """Whether what is asked aside has gone without an answer for too long."""
        return self._is_asking and now >= self._unanswered_from

    def note_away(self, reason: str) -> None:
        """Note that it cannot be reached, until it answers what is asked aside."""
        with self._lock:
            was_away, self.reason = self.reason is not None, reason
            if not was_away:
                self._away_since = time.monotonic()
        if not was_away and self.is_logged:
            log.warning("PostgreSQL is away (%s); what needs it is refused", brief(reason))
        self.doubt()

    def _await(self, seconds: float) -> None:
        self._unanswered_from = time.monotonic() + seconds

    def _ask(self) -> None:
        while not self._is_back():
            time.sleep(PAUSE_SECONDS)

    def _is_back(self) -> bool:
        self._await(CONNECT_SECONDS)
        try:
            self._look()
        except self._failure as error:
            if time.monotonic() < self._unanswered_from:
                # A refusal is an answer, too.
                self.answered = time.monotonic()
            self.note_away(str(error))
            return False
        except Exception as error:
            # Whatever it is, only the next attempt can tell whether the server answers.
            self.note_away(f"{type(error).__name__}: {error}")
            return False
        self._note_back()
        return True

    def _look(self) -> None:
        connection = self._connect()
        try:
            self._await(ANSWER_SECONDS)
            with connection.cursor() as cursor:
                cursor.execute(QUERIES["health.get_alive"])
        finally:
            connection.close()

    def _note_back(self) -> None:
        with self._lock:
            self._is_asking = False
            self.answered = time.monotonic()
            was_away, self.reason = self.reason is not None, None
            seconds = self.answered - self._away_since
        if was_away and self.is_logged:
            log.warning("PostgreSQL is back after %.1f s", seconds)
