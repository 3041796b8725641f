"""Suggestions for mistyped words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LIKENESS = 0.7
LONGEST = 64


def nearest(word: str, known: Iterable[str], most: int) -> list[str]:
    """Return the known words that resemble a word, the most similar first; none for a long word."""
    if len(word) > LONGEST:
        return []
    return difflib.get_close_matches(word, list(known), n=most, cutoff=LIKENESS)
