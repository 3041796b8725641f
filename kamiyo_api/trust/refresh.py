"""Refreshing the statistics, and how fresh they are."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.cache import answers


def refresh_stats(*, from_history: bool = False) -> db.Row | None:
    """Refresh every statistic; the record of it (seconds per view).

    `from_history` counts everything anew instead of what changed, to the same figures.

    None where another refresh was running already, behind which this one does not queue.
    """
    with db.transaction(limited=False) as tx:
        if not tx.rows("stats.refresh", from_history=from_history)[0]["refreshed"]:
            return None
        refreshed = tx.rows("stats.get_totals")[0]
    answers.advance_refresh(refreshed["refresh"])
    return refreshed
