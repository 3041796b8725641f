"""Identifiers of requests, leases and versions."""

from __future__ import annotations

import random


def new_id() -> str:
    """Return 32 random hex digits, unique over all processes. Not secret: the next may be
    guessed."""
    return f"{random.getrandbits(128):032x}"
