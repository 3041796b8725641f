"""Refreshing the statistics, and how fresh they are."""

from __future__ import annotations

from kamiyo_api import cache, db
from kamiyo_api.extensions import timestamp


def refresh() -> db.Row | None:
    """Refresh every statistic; the record of it (seconds per view).

    None where another refresh was running already, behind which this one does not queue.
    """
    with db.transaction(limited=False) as tx:
        if not tx.rows("stats.refresh")[0]["refreshed"]:
            return None
        refreshed = tx.rows("stats.get_totals")[0]
    cache.refreshed(timestamp(refreshed["as_of"]))
    return refreshed
