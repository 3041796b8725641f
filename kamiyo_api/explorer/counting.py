"""The counts beside the filters, within the current search if few enough agents match."""

from __future__ import annotations

from collections import Counter
from typing import Any, NamedTuple

import orjson

from kamiyo_api import db
from kamiyo_api.cache.answers import cached_search
from kamiyo_api.cache.prefetch import canonical_query
from kamiyo_api.schemas import search as schemas
from kamiyo_api.search import meaning_of, search_parameters

COUNTED_UP_TO = 3_000
# The filters that are counted, with the values of a search that uses none of them.
ALL = {
    "chain": None,
    "trust_level": None,
    "status": "any",
    "claimed": "any",
    "testnet": "any",
    "verified": None,
}
# The parameters that do not change which agents match.
OF_PAGE = {"cursor": None, "offset": 0, "limit": 1, "sort": "-registered_at", "collapse": None}
DEFAULTS = {"status": "active", "claimed": "false", "testnet": None}
EXACT = "Counts cover the agents of this search."
OVER_ALL = "Counts cover all agents, as of the last refresh."
UNCOUNTED = f"No counts: more than {COUNTED_UP_TO:,} agents match. Narrow the search to see counts."
Choices = dict[str, dict[str, int]]


class Counts(NamedTuple):
    """The number of agents for each choice of a filter, and a sentence about what is counted."""

    facets: Choices
    words: str

    def of(self, facet: str, choice: str) -> int | None:
        """Return how many agents a choice leaves; None if that is not known."""
        return self.facets[facet].get(choice, 0) if facet in self.facets else None


def counts_of(search: dict[str, Any], found: dict[str, Any], totals: Any) -> Counts:
    """Return the counts beside the filters of a search: within the search, over all agents if it
    has no filter, else none."""
    if found["did_you_mean"]:
        return Counts({}, "No counts: the search text may be mistyped.")
    if looks_for_something(search) and is_few(found):
        return within(search, search | ALL)
    if is_open(search) and not looks_for_something(search) and totals:
        return Counts(over_all(totals), OVER_ALL)
    if is_few(found):
        counts = within(search, search)
        return counts._replace(facets=without_choices(counts.facets, search))
    return Counts({}, UNCOUNTED)


def is_few(found: dict[str, Any]) -> bool:
    """Return whether few enough agents match to count them."""
    return bool(found["total_relation"] == "eq" and found["total"] <= COUNTED_UP_TO)


def looks_for_something(search: dict[str, Any]) -> bool:
    """Return whether a search has a filter that is not counted."""
    return any(search[name] is not None for name in schemas.FILTERS if name not in ALL)


def is_open(search: dict[str, Any]) -> bool:
    """Return whether a search has none of the counted filters."""
    return all(search[name] == DEFAULTS.get(name) for name in ALL)


def within(search: dict[str, Any], among: dict[str, Any]) -> Counts:
    """Return how many agents each choice leaves, counted among those of another search."""
    among = among | OF_PAGE
    key = f"facets:{canonical_query(search | OF_PAGE)}"
    counted = orjson.loads(
        cached_search(key, lambda: db.row("search_facets.get_facets", **asked(search, among)))
    )
    if counted["total"] > COUNTED_UP_TO:
        return Counts({}, UNCOUNTED)
    return Counts({name: counted["facets"].get(name, {}) for name in ALL}, EXACT)


def asked(search: dict[str, Any], among: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of the query: those of the search to count, and the choices."""
    chosen = search_parameters(search | OF_PAGE)
    given = None if search["testnet"] is None else chosen["testnet"]
    parameters = search_parameters(among) | meaning_of(among["q"])
    return parameters | {
        "counted_up_to": COUNTED_UP_TO,
        "of_testnet_given": given,
        **{f"of_{name}": chosen[name] for name in ALL},
    }


def without_choices(facets: Choices, search: dict[str, Any]) -> Choices:
    """Return the counts of the filters in which nothing is chosen: the other choices of a used
    filter lead out of the search."""
    return {
        name: choices
        for name, choices in facets.items()
        if name not in DEFAULTS and not search[name]
    }


def over_all(totals: dict[str, Any]) -> Choices:
    """Return the totals of the last refresh by choice."""
    chains, statuses, claims = Counter[str](), Counter[str](), Counter[str]()
    for each in totals["agents"]:
        chains[each["chain"]] += each["agents"]
        statuses[each["status"]] += each["agents"]
        claims["true"] += each["claimed"]
    return {
        "chain": dict(chains),
        "trust_level": totals["trust_levels"],
        "status": dict(statuses),
        "claimed": dict(claims),
    }
