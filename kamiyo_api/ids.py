"""Identifiers of requests, leases and versions."""

from __future__ import annotations

import random


def new_id() -> str:
    """32 hex digits that no process gives twice. No secret: the next one may be guessed."""
    return f"{random.getrandbits(128):032x}"
