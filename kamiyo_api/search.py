"""Pages of the search: the parameters of their queries, and their bodies."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app

from kamiyo_api import db
from kamiyo_api.chains import all_chains, refuse_other_registry, require_chain
from kamiyo_api.schemas import search as schemas
from kamiyo_api.schemas import search_cursors
from kamiyo_api.search_counts import remember_total, with_known_total

COUNTED_UP_TO = 10_000
SORT_LIMIT = 3_000
EXPENSIVE_SORT_LIMIT = COUNTED_UP_TO
# With a filter by texts, each match is a row to read: their indexes do not say if another filter
# excludes it.
TEXT_COUNTED_UP_TO = 3_000
TEXT_SORT_LIMIT = TEXT_COUNTED_UP_TO
# How many of the newest agents tell how frequent a rank is, and how many are searched for those of
# a frequent one. How many of another are sorted, before they are read in the order of registration.
SAMPLE_LIMIT = 400
SCAN_LIMIT = 12_000
RANK_LIMIT = 2_000
# The filters that the indexes of all sorts have, and those that an index has with all that nearly
# every search has.
IN_INDEXES_OF_SORTS = frozenset(
    {"chain", "trust_level", "min_reputation_score", "min_success_rate", "min_feedback"}
)
IN_AN_INDEX = IN_INDEXES_OF_SORTS.union(
    ("min_average_score", "min_effective_reviewers", "min_paying_reviewers", "x402", "verified")
)
WORDS_OF_RANKS = [f"words_of_rank_{rank}" for rank in schemas.RANKS]
NO_TEXT = dict.fromkeys((*WORDS_OF_RANKS, "wallet_in_q", "may_be_named"))


def find_page(search: dict[str, Any]) -> db.Row:
    """Return one page from the database; if nothing matches q, one of what q may have meant. Raises
    InvalidCursor, ChainNotSupported, InvalidInput."""
    parameters = search_parameters(search)
    if parameters.pop("is_corrected"):
        page = find_again(search, parameters)
    else:
        page = find_agents(search, parameters) | {"is_corrected": False}
        if page["correction"] and not page["total"]:
            page = find_corrected(search, parameters, page)
    if not page["total"]:
        refuse_what_cannot_match(search)
    return {"refresh": page["refresh"], "body": body_of(search, page)}


def refuse_what_cannot_match(search: dict[str, Any]) -> None:
    """Refuse a search for a chain that does not exist, or for agents of a registry that has none.
    Raises ChainNotSupported, InvalidInput."""
    chain = search["chain"] and require_chain(search["chain"], db)
    if search["registry_address"]:
        refuse_other_registry(search["registry_address"], [chain] if chain else all_chains(db))


def find_again(search: dict[str, Any], parameters: dict[str, Any]) -> db.Row:
    """Return a later page of what q may have meant."""
    correction = db.rows("search_by_relevance.get_correction", q=search["q"])[0]["correction"]
    page = find_agents(search, parameters | {"q": correction or search["q"]})
    return page | {"is_corrected": True, "correction": correction}


def find_corrected(search: dict[str, Any], parameters: dict[str, Any], empty: db.Row) -> db.Row:
    """Return the first page of what q may have meant, or the empty one if that is empty too."""
    page = find_agents(search, parameters | {"q": empty["correction"]})
    if not page["total"]:
        return empty | {"correction": None}
    return page | {"is_corrected": True, "correction": empty["correction"]}


def find_agents(search: dict[str, Any], parameters: dict[str, Any]) -> db.Row:
    """Return the agents of one page from the database."""
    parameters = with_known_total(parameters | meaning_of(parameters["q"]))
    part, *other_parts = parts_to_scan(search, parameters)
    if (parameters["total"] or 0) > parameters["sort_limit"]:
        page = part_of_many(parameters | {"part": part})
    else:
        page = db.rows(query_of_few(search), **parameters, part=part)[0]
        remember_total(parameters, page["total"])
    for part in other_parts:
        page = fill_page(page, parameters, part)
    return page


def query_of_few(search: dict[str, Any]) -> str:
    """Return the query that sorts what matches, unless many do. That of a wallet combines several
    indexes, and would read all of them for an owner of many agents."""
    if has_text_filter(search) and (search["wallet"] is None or search["q"] is not None):
        return "search.list_agents_by_text"
    return "search.list_agents"


def meaning_of(q: str | None) -> db.Row:
    """Return the queries of words that a text means, and the wallet that it is."""
    return NO_TEXT if q is None else db.rows("search_by_relevance.get_words", q=q)[0]


def part_of_many(parameters: dict[str, Any]) -> db.Row:
    """Return the agents of one part, if more than sort_limit match."""
    if parameters["sort"] == "relevance":
        words = words_of_rank(parameters, int(parameters["part"]))
        return db.rows("search_by_relevance.list_agents_of_rank", **parameters, **words)[0]
    return db.rows("search.list_agents_of_many", **parameters)[0]


def words_of_rank(parameters: dict[str, Any], rank: int) -> dict[str, Any]:
    """Return the query of the words of one rank, and of those of the rank before it, if any."""
    names = {"words": rank, "words_before": max(rank - 1, 0)}
    return {name: parameters[f"words_of_rank_{of_rank}"] for name, of_rank in names.items()}


def search_parameters(search: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the search query. It requests one row more than the page has, to
    find out if there is a next page. Up to `sort_limit` matches are sorted; more are read in the
    order of an index."""
    cursor = search_cursors.cursor_parameters(search)
    return search | {
        "sort_limit": sort_limit(search),
        "counts_first": cursor["total"] is None and is_counted_by_index(search),
        "counted_up_to": counted_up_to(search),
        "rank_limit": RANK_LIMIT,
        "scan_limit": SCAN_LIMIT,
        "sample_limit": min(SAMPLE_LIMIT, SCAN_LIMIT),
        **cursor,
        "driving_column": driving_column(search),
        "status": None if search["status"] == "any" else search["status"],
        "claimed": schemas.CLAIMED[search["claimed"]],
        "active": schemas.ACTIVE[search["active"] or schemas.ACTIVE_BY_DEFAULT],
        "testnet": schemas.testnet_of(search),
        "trust_level": search["trust_level"] or None,
        "limit": search["limit"] + 1,
    }


def sort_limit(search: dict[str, Any]) -> int:
    """Return up to how many matches are sorted: more if the indexes of the sorts do not say who
    matches, or if agents are folded, as only among those that are sorted all of an owner are."""
    if has_text_filter(search):
        return TEXT_SORT_LIMIT
    is_cheap = search["collapse"] is None and given_filters(search) <= IN_INDEXES_OF_SORTS
    return SORT_LIMIT if is_cheap else EXPENSIVE_SORT_LIMIT


def is_counted_by_index(search: dict[str, Any]) -> bool:
    """Return whether one index has all that a search filters by, so that it is cheap to count."""
    names = given_filters(search)
    is_one = len(names - {"chain", "trust_level"}) < 2 and names <= IN_AN_INDEX
    return is_one and search["collapse"] is None


def given_filters(search: dict[str, Any]) -> set[str]:
    """Return the names of the filters that a search has."""
    return {name for name in schemas.FILTERS if search[name] is not None}


def counted_up_to(search: dict[str, Any]) -> int:
    """Return up to how many matches are counted."""
    return TEXT_COUNTED_UP_TO if has_text_filter(search) else COUNTED_UP_TO


def has_text_filter(search: dict[str, Any]) -> bool:
    """Return whether a search has a filter by the texts of registration files."""
    names = ("service", "skill", "domain", "q", "endpoint", "wallet")
    return any(search[name] is not None for name in names)


def driving_column(search: dict[str, Any]) -> str | None:
    """Return the statistic whose index finds the agents that may match, unless another filter, or
    one of several statistics that few agents have, leaves few.

    PostgreSQL expects the agents that have the statistic evenly spread over the table, and would
    read it from its start, although all of them may be at its end.
    """
    levels = search["trust_level"]
    selective_filters = (
        search["status"] in ("suspended", "revoked"),
        search["claimed"] == "true",
        search["active"] == "false",
        search["testnet"] == "true",
        has_text_filter(search) or search["x402"] or search["verified"],
        levels and "new" not in levels,
    )
    narrow = {
        "paying_reviewers": bool(search["min_paying_reviewers"]),
        "effective_reviewers": bool(search["min_effective_reviewers"]),
        "success_rate": search["min_success_rate"] is not None,
    }
    columns = narrow | {
        "score": search["min_reputation_score"] is not None,
        "average_score": search["min_average_score"] is not None,
        "total_feedback": bool(search["min_feedback"]),
    }
    if any(selective_filters) or (any(narrow.values()) and sum(columns.values()) > 1):
        return None
    return next((name for name, is_filtered in columns.items() if is_filtered), None)


def parts_to_scan(search: dict[str, Any], parameters: dict[str, Any]) -> list[str]:
    """Return the parts of the result in the order of the sort, from that of the cursor on.

    The agents with a value to sort by are "known", the others "unknown"; each part is read from
    another index.
    """
    sort = search["sort"]
    kind = schemas.kind_of(sort)
    if kind == "rank":
        return ranks_to_scan(parameters)
    if kind == "time" or not may_be_unknown(search):
        return ["known"]
    is_zero_first = kind == "count" and not sort.startswith("-")
    parts = ["unknown", "known"] if is_zero_first else ["known", "unknown"]
    if parameters["after_uuid"] is None:
        return parts
    return parts[parts.index("known" if parameters["is_after_known"] else "unknown") :]


def ranks_to_scan(parameters: dict[str, Any]) -> list[str]:
    """Return the ranks from that of the cursor on, without the first if no agent has it. The query
    of a first page shows none of them if it sorts all that match, or else only counts."""
    is_many = (parameters["total"] or 0) > parameters["sort_limit"]
    start = parameters["after_number"] if is_many else None
    if start is None:
        start = 0 if parameters["may_be_named"] else 1
    ranks = [str(rank) for rank in schemas.RANKS[start:]]
    return ranks if is_many else ["sorted", *ranks]


def may_be_unknown(search: dict[str, Any]) -> bool:
    """Return whether agents without a value to sort by may match.

    A score implies an average, that implies feedback; a success rate and a reviewer who paid imply
    payments; and a high trust level implies all of them.
    """
    levels = search["trust_level"]
    has_score = search["min_reputation_score"] is not None or any(
        search[name] for name in ("min_effective_reviewers", "min_paying_reviewers")
    )
    has_average = has_score or search["min_average_score"] is not None
    implied = {
        "reputation_score": has_score,
        "average_score": has_average,
        "total_feedback": has_average or bool(search["min_feedback"]),
        "total_payments": search["min_success_rate"] is not None
        or bool(search["min_paying_reviewers"]),
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
    more = part_of_many(parameters | remainder)
    agents = [each["agents"][1:-1] for each in (page, more) if each["last_agent"]]
    return page | {
        "agents": f"[{','.join(agents)}]",
        "last_agent": more["last_agent"] or page["last_agent"],
        "last_rank": more["last_rank"] if more["last_agent"] else page["last_rank"],
        "scanned": scanned + more["scanned"],
        "is_more": more["is_more"],
    }


def body_of(search: dict[str, Any], page: db.Row) -> str:
    """Return the body of a search: the agents, which are JSON already, then the other fields."""
    total, limit = page["total"], counted_up_to(search)
    agents = page["agents"] if search["collapse"] is None else folded(page["agents"])
    fields = {
        "total": min(total, limit),
        "total_relation": "eq" if total <= limit else "gte",
        "limit": search["limit"],
        "offset": search["offset"],
        "next_cursor": search_cursors.next_cursor(search, page) if page["is_more"] else None,
        "as_of": page["as_of"],
        "did_you_mean": page["correction"],
    }
    return f'{{"agents":{agents},{current_app.json.dumps(fields)[1:]}'


def folded(agents: str) -> str:
    """Return the agents of a page as JSON, of each owner only the first. Those that are sorted are
    folded already."""
    first: dict[str, dict[str, Any]] = {}
    for agent in json.loads(agents):
        shown = first.setdefault(agent["owner_address"], agent)
        if shown is not agent:
            shown["owner_matches"] += agent["owner_matches"]
    return json.dumps(list(first.values()), ensure_ascii=False, separators=(",", ":"))
