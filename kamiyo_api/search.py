"""Pages of the search: the parameters of their queries, and their bodies."""

from __future__ import annotations

from typing import Any

from flask import current_app

from kamiyo_api import db
from kamiyo_api.chains import require_chain
from kamiyo_api.schemas import agents as schemas

COUNTED_UP_TO = 10_000
SORT_LIMIT = 1_000
EXPENSIVE_SORT_LIMIT = COUNTED_UP_TO


def find_page(search: dict[str, Any]) -> db.Row:
    """Return one page from the database. Raises InvalidCursor, ChainNotSupported."""
    parameters = search_parameters(search)
    part, *other_parts = parts_to_scan(search, parameters)
    if (parameters["total"] or 0) > parameters["sort_limit"]:
        page = db.rows("search.list_agents_of_many", **parameters, part=part)[0]
    else:
        page = db.rows("search.list_agents", **parameters, part=part)[0]
    for part in other_parts:
        page = fill_page(page, parameters, part)
    if not page["total"] and search["chain"]:
        require_chain(search["chain"], db)
    return {"refresh": page["refresh"], "body": body_of(search, page)}


def search_parameters(search: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the search query.

    It requests one row more than the page has, to find out if there is a next page. Up to
    `sort_limit` matches are sorted; more are read in the order of an index. The limit is higher
    for several filters or a text, which are too expensive to evaluate twice.
    """
    filters = sum(search[name] is not None for name in schemas.FILTERS)
    is_expensive = filters > 1 or has_text_filter(search)
    return search | {
        "sort_limit": EXPENSIVE_SORT_LIMIT if is_expensive else SORT_LIMIT,
        **schemas.cursor_parameters(search),
        "driving_column": driving_column(search),
        "status": None if search["status"] == "any" else search["status"],
        "claimed": schemas.CLAIMED[search["claimed"]],
        "active": schemas.ACTIVE[search["active"] or schemas.ACTIVE_BY_DEFAULT],
        "trust_level": search["trust_level"] or None,
        "limit": search["limit"] + 1,
    }


def has_text_filter(search: dict[str, Any]) -> bool:
    """Return whether a search has a filter by the texts of registration files."""
    return any(search[name] for name in ("service", "skill", "domain", "q"))


def driving_column(search: dict[str, Any]) -> str | None:
    """Return the statistic whose index finds the agents that may match, unless another filter
    leaves few.

    PostgreSQL expects the agents that have the statistic evenly spread over the table, and would
    read it from its start, although all of them may be at its end.
    """
    levels = search["trust_level"]
    selective_filters = (
        search["status"] in ("suspended", "revoked"),
        search["claimed"] == "true",
        search["active"] == "false",
        has_text_filter(search) or search["x402"],
        levels and "new" not in levels,
    )
    columns = {
        "average_score": search["min_reputation_score"] is not None,
        "total_feedback": bool(search["min_feedback"]),
        "success_rate": search["min_success_rate"] is not None,
    }
    if any(selective_filters):
        return None
    return next((name for name, is_filtered in columns.items() if is_filtered), None)


def parts_to_scan(search: dict[str, Any], parameters: dict[str, Any]) -> list[str]:
    """Return the parts of the result in the order of the sort, from that of the cursor on.

    The agents with a value to sort by are "known", the others "unknown"; each part is read from
    another index.
    """
    sort = search["sort"]
    kind = schemas.kind_of(sort)
    if kind == "time" or not may_be_unknown(search):
        return ["known"]
    is_zero_first = kind == "count" and not sort.startswith("-")
    parts = ["unknown", "known"] if is_zero_first else ["known", "unknown"]
    if parameters["after_uuid"] is None:
        return parts
    return parts[parts.index("known" if parameters["is_after_known"] else "unknown") :]


def may_be_unknown(search: dict[str, Any]) -> bool:
    """Return whether agents without a value to sort by may match.

    A score implies feedback, a success rate implies payments, and a high trust level both.
    """
    levels, has_score = search["trust_level"], search["min_reputation_score"] is not None
    implied = {
        "reputation_score": has_score,
        "total_feedback": has_score or bool(search["min_feedback"]),
        "total_payments": search["min_success_rate"] is not None,
    }
    is_trusted = bool(levels) and schemas.TRUSTED.issuperset(levels)
    return not (is_trusted or implied[search["sort"].removeprefix("-")])


def fill_page(page: db.Row, parameters: dict[str, Any], part: str) -> db.Row:
    """Return a page, filled up with the first agents of the next part if its own part ended."""
    scanned, offset = page["scanned"], parameters["offset"]
    if scanned is None or scanned >= parameters["limit"] + offset:
        return page
    remainder = {
        "part": part,
        "after_uuid": None,
        "total": page["total"],
        "limit": parameters["limit"] - max(0, scanned - offset),
        "offset": max(0, offset - scanned),
    }
    more = db.rows("search.list_agents_of_many", **parameters | remainder)[0]
    agents = [each["agents"][1:-1] for each in (page, more) if each["last_agent"]]
    return page | {
        "agents": f"[{','.join(agents)}]",
        "last_agent": more["last_agent"] or page["last_agent"],
        "is_more": more["is_more"],
    }


def body_of(search: dict[str, Any], page: db.Row) -> str:
    """Return the body of a search: the agents, which are JSON already, then the other fields."""
    total = page["total"]
    fields = {
        "total": min(total, COUNTED_UP_TO),
        "total_relation": "eq" if total <= COUNTED_UP_TO else "gte",
        "limit": search["limit"],
        "offset": search["offset"],
        "next_cursor": schemas.next_cursor(search, page) if page["is_more"] else None,
        "as_of": page["as_of"],
    }
    return f'{{"agents":{page["agents"]},{current_app.json.dumps(fields)[1:]}'
