"""The failure to resolve a URI."""

from __future__ import annotations

from kamiyo_api.schemas.registration import REASONS


class Unresolved(Exception):
    """A URI led to no registration file, for one of REASONS."""

    def __init__(self, reason: str) -> None:
        assert reason in REASONS, reason
        super().__init__(reason)
        self.reason = reason
