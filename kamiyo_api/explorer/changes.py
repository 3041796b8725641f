"""The changes of the last day, for the start page."""

from __future__ import annotations

from functools import partial
from typing import Any

import orjson

from kamiyo_api import db
from kamiyo_api.cache.answers import cached_search

SHOWN = 5
# The number of records of each kind to read; bounds the cost.
MOST = 300
# No search has this key: the key of a search contains at least its order.
KEY = "changes"


def changes_of_last_day() -> dict[str, Any]:
    """Return the agents of the last day's changes by kind, from the cache for up to a minute."""
    row = partial(db.row, "explorer_changes.get_of_last_day", most=MOST, shown=SHOWN)
    changes: dict[str, Any] = orjson.loads(cached_search(KEY, row))
    return changes | {"most": MOST}
