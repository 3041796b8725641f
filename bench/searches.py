"""Every documented filter and sort of the search, alone and in pairs, not cached."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from statistics import median, quantiles
from urllib.parse import urlencode

import requests

from bench.figures import Figure
from bench.place import Place
from kamiyo_api.schemas.search import FILTERS, SORTS

ROUNDS = 2
PAGES = 1000
PAIRS = 20

# Of each filter values that few agents match and that many do.
VALUES: dict[str, tuple[str, ...]] = {
    "chain": ("base", "sepolia"),
    "trust_level": ("new", "excellent", "poor"),
    "min_reputation_score": ("0", "80", "99"),
    "min_average_score": ("80",),
    "min_effective_reviewers": ("1", "10"),
    "min_paying_reviewers": ("1", "10"),
    "min_success_rate": ("0", "99.5"),
    "min_feedback": ("1", "1000"),
    "service": ("mcp", "ens", "unheard-of"),
    "skill": ("code_review", "unheard-of"),
    "domain": ("finance", "unheard-of"),
    "registry_address": ("0x8004a169fb4a3325136eb29fa0ceb6d2e539a432",),
    "x402": ("true", "false"),
    "verified": ("true",),
    "q": (
        "oracle",
        "amber oracle weather",
        "unheard-of",
        # A beginning, a stem, a typing mistake, joined words, a place, a script without spaces.
        "swi",
        "code reviews",
        "swfit",
        "swiftoracle",
        "agent-77.example",
        "\u5206\u6790",
    ),
    "endpoint": ("agent-77.example", "x.example"),
    "status": ("any", "suspended", "revoked"),
    "testnet": ("true", "any"),
    "collapse": ("owner",),
}


def measure(place: Place, seconds: float) -> list[Figure]:
    """The slowest of all searches, and a late page against the first."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {place.key}"
        times = timed_searches(place, session)
        depth = late_page(place, session)
    worst = sorted(((max(each), query) for query, each in times.items()), reverse=True)
    every = [each for some in times.values() for each in some]
    measured = {"searches": len(times), "slowest": [[round(ms, 1), q] for ms, q in worst[:10]]}
    return [
        Figure(
            "search, filters and sorts alone and in pairs: p95",
            quantiles(every, n=20)[-1],
            40,
            unit="ms",
            measured=measured,
        ),
        Figure("the slowest of them", worst[0][0], 150, unit="ms"),
        depth,
    ]


def timed_searches(place: Place, session: requests.Session) -> dict[str, list[float]]:
    """The milliseconds of each search, in several rounds after one to be warm."""
    searches = sorted(set(queries(place)))
    times: dict[str, list[float]] = {query: [] for query in searches}
    for _ in range(1 + ROUNDS):
        place.clear_cache()
        for query in searches:
            times[query].append(timed(place, session, f"/api/v1/agents/?{query}"))
    return {query: each[1:] for query, each in times.items()}


def queries(place: Place) -> Iterator[str]:
    """No filter; each filter; each pair of two; each with each sort."""
    sorts = [{"sort": f"{sign}{sort}"} for sort in SORTS for sign in ("", "-")]
    single = list(filters(place))
    for chosen in [{}, *single]:
        yield urlencode(chosen)
        yield from (urlencode(chosen | sort) for sort in sorts)
    for one, other in itertools.combinations(single, 2):
        if one.keys() != other.keys():
            yield urlencode(one | other)


def filters(place: Place) -> Iterator[dict[str, str]]:
    """Each filter with each of its values; an owner and an id are those of an agent here."""
    owner, agent_id = place.sql(
        "select owner_address, agent_id::text from erc8004_agents where id = %s", place.agents[0]
    )[0]
    values = {**VALUES, "owner_address": (owner,), "wallet": (owner,), "agent_id": (agent_id,)}
    assert values.keys() == {*FILTERS, "status", "testnet", "collapse"}, (
        "a documented filter is not measured"
    )
    for name, given in values.items():
        yield from ({name: value} for value in given)


def timed(place: Place, session: requests.Session, path: str) -> float:
    """The milliseconds that an answer takes."""
    began = time.perf_counter()
    answer = session.get(place.web.url + path)
    milliseconds = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return milliseconds


def late_page(place: Place, session: requests.Session) -> Figure:
    """Page 1,000 by cursor against the first, or the last page of a small scale."""
    agents = place.sql("select count(*) from erc8004_agents where status = 'active'")[0][0]
    limit = max(1, min(50, agents // PAGES - 1))
    first = path = f"/api/v1/agents/?limit={limit}"
    number = 1
    while number < PAGES:
        following = session.get(place.web.url + path).links.get("next")
        if following is None:
            break
        path, number = following["url"], number + 1
    ratios = []
    for _ in range(PAIRS):
        place.clear_cache()
        ratios.append(timed(place, session, path) / timed(place, session, first))
    measured = {"agents_a_page": limit}
    return Figure(f"page {number:,} by cursor, of page 1", median(ratios), 1.5, measured=measured)
