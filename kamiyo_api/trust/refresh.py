"""The refresh of the statistics."""

from __future__ import annotations

from kamiyo_api import db
from kamiyo_api.cache import answers


def refresh_stats(*, from_history: bool = False) -> db.Row | None:
    """Refresh every statistic; return the record of the refresh, with the seconds of each view.

    `from_history` recounts all of history instead of folding the changes, with the same result.
    Returns None at once if another refresh is running.
    """
    with db.transaction(limited=False) as tx:
        if not tx.rows("stats.refresh", from_history=from_history)[0]["refreshed"]:
            return None
        record = tx.rows("stats.get_totals")[0]
    answers.advance_refresh(record["refresh"])
    return record
