"""Refreshing the statistics, and how fresh they are."""

from __future__ import annotations

from kamiyo_api import db


def refresh() -> db.Row | None:
    """Refresh every statistic; the record of it (seconds per view).

    None where another refresh was running already, behind which this one does not queue.
    """
    with db.transaction() as tx:
        answer = tx.row("stats.refresh")
        if answer is None or not answer["refreshed"]:
            return None
        return tx.row("stats.get_totals")
