"""The cursors of the pages of a search."""

from __future__ import annotations

from typing import Any

from kamiyo_api import errors
from kamiyo_api.schemas import pages
from kamiyo_api.schemas.search import RANKS, kind_of

SORT_COLUMNS = {"reputation_score": "score"}


def cursor_parameters(search: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that start a search after its cursor. Raises InvalidCursor."""
    start: dict[str, Any] = dict.fromkeys(("after_number", "after_time", "after_uuid", "total"))
    start["is_after_known"] = start["is_corrected"] = False
    if search["cursor"] is None:
        return start
    walk, is_corrected = walk_of_cursor(search)
    number, time, agent_uuid, total = pages.decode_cursor(walk, search["cursor"], 4)
    kind = kind_of(search["sort"])
    number = pages.a_number(number, whole=kind in ("count", "rank"))
    if kind == "rank" and number not in RANKS:
        raise errors.InvalidCursor
    return {
        "after_number": number,
        "after_time": pages.a_time(time),
        "after_uuid": pages.a_uuid(agent_uuid),
        "is_after_known": bool(number) if kind == "count" else number is not None,
        "total": pages.a_count(total),
        "is_corrected": is_corrected,
    }


def walk_of_cursor(search: dict[str, Any]) -> tuple[bytes, bool]:
    """Return the walk that the cursor of a search belongs to, and whether it has the corrected
    text."""
    walk = pages.walk_of("agents", search)
    if search["q"] is not None:
        try:
            pages.decode_cursor(walk, search["cursor"], 4)
        except errors.InvalidCursor:
            return pages.walk_of("corrected agents", search), True
    return walk, False


def next_cursor(search: dict[str, Any], page: dict[str, Any]) -> str:
    """Return the cursor after the last agent of a page.

    It contains the total, so only the first page counts the agents.
    """
    last, sort = page["last_agent"], search["sort"].removeprefix("-")
    kind = kind_of(sort)
    number = last[SORT_COLUMNS.get(sort, sort)] if kind in ("score", "count") else None
    if kind == "rank":
        number = page["last_rank"]
    time = last[sort if kind == "time" else "registered_at"]
    walk = pages.walk_of("corrected agents" if page["is_corrected"] else "agents", search)
    return pages.encode_cursor(walk, number, time, last["agent_uuid"], page["total"])
