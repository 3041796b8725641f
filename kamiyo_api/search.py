"""Pages of the search: what the database is asked for them, and what they say."""

from __future__ import annotations

from typing import Any

from flask import current_app

from kamiyo_api import db, errors
from kamiyo_api.schemas import agents as schemas

COUNTED_UP_TO = 10_000
FEW = 1_000
FEW_AT_A_PRICE = COUNTED_UP_TO


def find_page(search: dict[str, Any]) -> db.Row:
    """One page, from the database. Raises ChainNotSupported, InvalidCursor."""
    asked = search_parameters(search)
    part, *others = parts_to_walk(search, asked)
    if (asked["total"] or 0) > asked["few"]:
        page = db.rows("search.list_agents_of_many", **asked, part=part)[0]
    else:
        page = db.rows("search.list_agents", **asked, part=part)[0]
    for part in others:
        page = filled_up(page, asked, part)
    if not page["total"] and search["chain"] and not db.rows("chains.get", chain=search["chain"]):
        raise errors.ChainNotSupported
    return {"refresh": page["refresh"], "body": body_of(search, page)}


def search_parameters(search: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the search query; one row more than the page tells if there is a next.

    So few as are sorted rather than found along an index are more where several filters
    meet, or a text is looked for: those are too dear to evaluate twice.
    """
    filters = sum(search[name] is not None for name in schemas.FILTERS)
    is_dear = filters > 1 or looks_for_text(search)
    return search | {
        "few": FEW_AT_A_PRICE if is_dear else FEW,
        **schemas.cursor_parameters(search),
        "found_by": found_by(search),
        "status": None if search["status"] == "any" else search["status"],
        "claimed": schemas.CLAIMED[search["claimed"]],
        "trust_level": search["trust_level"] or None,
        "limit": search["limit"] + 1,
    }


def looks_for_text(search: dict[str, Any]) -> bool:
    """Whether agents are asked for by what their registration files say in words."""
    return bool(search["service"] or search["q"])


def found_by(search: dict[str, Any]) -> str | None:
    """The figure whose index finds the agents that may match, unless something else finds few:
    those that have it may stand behind all others in the table, where PostgreSQL expects them
    evenly spread and would read the table from its start."""
    levels = search["trust_level"]
    finds_few = (
        search["status"] in ("suspended", "revoked"),
        search["claimed"] == "true",
        looks_for_text(search) or search["x402"],
        levels and "new" not in levels,
    )
    figures = {
        "average_score": search["min_reputation_score"] is not None,
        "total_feedback": bool(search["min_feedback"]),
        "success_rate": search["min_success_rate"] is not None,
    }
    return None if any(finds_few) else next((name for name in figures if figures[name]), None)


def parts_to_walk(search: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """The agents that are known to the sort and those that are not, in the order of the sort,
    from the part on in which the cursor stands."""
    sort = search["sort"]
    kind = schemas.kind_of(sort)
    if kind == "time" or not may_be_unknown(search):
        return ["known"]
    is_zero_first = kind == "count" and not sort.startswith("-")
    parts = ["unknown", "known"] if is_zero_first else ["known", "unknown"]
    if asked["after_uuid"] is None:
        return parts
    return parts[parts.index("known" if asked["is_after_known"] else "unknown") :]


def may_be_unknown(search: dict[str, Any]) -> bool:
    """Whether agents may match that have nothing to be sorted by: a score comes of feedback, a
    success rate of payments, and the upper trust levels of both."""
    levels, has_score = search["trust_level"], search["min_reputation_score"] is not None
    implied = {
        "reputation_score": has_score,
        "total_feedback": has_score or bool(search["min_feedback"]),
        "total_payments": search["min_success_rate"] is not None,
    }
    is_trusted = bool(levels) and schemas.TRUSTED.issuperset(levels)
    return not (is_trusted or implied[search["sort"].removeprefix("-")])


def filled_up(page: db.Row, asked: dict[str, Any], part: str) -> db.Row:
    """A page; where its walk came to an end before the page did, with the first of a part that
    follows."""
    walked, offset = page["walked"], asked["offset"]
    if walked is None or walked >= asked["limit"] + offset:
        return page
    wanted = {
        "part": part,
        "after_uuid": None,
        "total": page["total"],
        "limit": asked["limit"] - max(0, walked - offset),
        "offset": max(0, offset - walked),
    }
    more = db.rows("search.list_agents_of_many", **asked | wanted)[0]
    agents = [each["agents"][1:-1] for each in (page, more) if each["last_agent"]]
    return page | {
        "agents": f"[{','.join(agents)}]",
        "last_agent": more["last_agent"] or page["last_agent"],
        "is_more": more["is_more"],
    }


def body_of(search: dict[str, Any], page: db.Row) -> str:
    """The body of a search: the agents, which are JSON already, and what is said of the page."""
    total = page["total"]
    about = {
        "total": min(total, COUNTED_UP_TO),
        "total_relation": "eq" if total <= COUNTED_UP_TO else "gte",
        "limit": search["limit"],
        "offset": search["offset"],
        "next_cursor": schemas.next_cursor(search, page) if page["is_more"] else None,
        "as_of": page["as_of"],
    }
    return f'{{"agents":{page["agents"]},{current_app.json.dumps(about)[1:]}'
