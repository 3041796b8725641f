"""Reads against a bare Flask route that answers as many bytes."""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.figures import Figure
from bench.load import Run, load
from bench.pairs import alternate
from bench.place import Place
from bench.serving import Server, serving
from kamiyo_api.schemas.search import SORTS

PAGES_A_SORT = 200
POPULAR = 100
WALKERS = 8
FASTEST = 2_000
"""More requests a second than any that is not cached was answered with."""
KEPT = ("cached", "not cached")


def stats_paths(place: Place) -> list[str]:
    """The statistics of many agents."""
    return [f"/api/v1/agents/{agent}/stats" for agent in place.agents]


def trust_paths(place: Place) -> list[str]:
    """The explained scores of many agents."""
    return [f"/api/v1/agents/{agent}/trust" for agent in place.agents]


def decision_paths(place: Place) -> list[str]:
    """A decision about each of many agents."""
    return [f"/api/v1/agents/{agent}/decision?amount_usdc=1" for agent in place.agents]


def search_paths(place: Place) -> list[str]:
    """Pages of 50, from the first on, in every order; shuffled."""
    queries = [f"sort={sign}{sort}" for sort in SORTS for sign in ("", "-")]
    with ThreadPoolExecutor(WALKERS) as walkers:
        walks = walkers.map(lambda query: list(walk(place, query)), queries)
        paths = list(itertools.chain.from_iterable(walks))
    random.Random(0).shuffle(paths)
    return paths


def walk(place: Place, query: str) -> Iterator[str]:
    """The pages of one search, as its Link headers lead through them."""
    path: str | None = f"/api/v1/agents/?limit=50&{query}"
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {place.key}"
        for _ in range(PAGES_A_SORT):
            if path is None:
                return
            yield path
            following = session.get(place.web.url + path, timeout=60).links.get("next")
            path = following["url"] if following else None


def measure(place: Place, seconds: float) -> list[Figure]:
    """The reads, cached and not, each beside its target."""
    stats, search = stats_paths(place), search_paths(place)
    trust, decisions = trust_paths(place), decision_paths(place)
    paths_of = {"stats": stats, "search": search, "trust": trust, "decision": decisions}
    bodies = {name: body(place, paths[0]) for name, paths in paths_of.items()}
    with bare(bodies) as yardstick:

        def figures(name: str, what: str, paths: Sequence[str], *targets: float) -> list[Figure]:
            ratios = alternate(
                lambda: load(yardstick, [f"/{name}"], seconds, "-"),
                # The first that the run before sent, which emptied the cache: so they are kept.
                lambda: load(place.web, paths[:POPULAR], seconds, place.key),
                lambda: load_uncached(place, paths, seconds),
            )
            return [
                Figure(f"{what}, {how}, of a bare route", ratio, target, True, "", measured)
                for how, (ratio, measured), target in zip(KEPT, ratios, targets, strict=True)
            ]

        return [
            *figures("stats", "stats", stats, 0.45, 0.22),
            *figures("search", "search page of 50", search, 0.35, 0.10),
            *figures("trust", "trust", trust, 0.45, 0.20),
            *figures("decision", "decision", decisions, 0.45, 0.20),
        ]


def load_uncached(place: Place, paths: Sequence[str], seconds: float) -> Run:
    """Send many paths once, from an empty cache on, for no longer than they last."""
    place.clear_cache()
    lasting = max(1, len(paths) / FASTEST)
    return load(place.web, paths, min(lasting, seconds), place.key, once=True)


def body(place: Place, path: str) -> bytes:
    """What the service answers."""
    headers = {"Authorization": f"Bearer {place.key}"}
    answer = place.web.request("GET", path, headers=headers)
    answer.raise_for_status()
    return answer.content


@contextmanager
def bare(bodies: dict[str, bytes]) -> Iterator[Server]:
    """The bare application, with one route for each body."""
    with tempfile.TemporaryDirectory(prefix="kamiyo-bare-") as folder:
        for name, content in bodies.items():
            (Path(folder) / name).write_bytes(content)
        with serving("bench.bare:app", BARE_BODIES=folder) as server:
            yield server
