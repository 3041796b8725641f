"""Reads against a bare Flask route that answers as many bytes."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

from bench.figures import Figure
from bench.load import Run, load
from bench.pairs import alternate
from bench.place import Place
from bench.serving import Server, serving
from kamiyo_api.schemas.agents import SORTS

PAGES_A_SORT = 200
POPULAR = 100


def stats_paths(place: Place) -> list[str]:
    """The statistics of many agents."""
    return [f"/api/v1/agents/{agent}/stats" for agent in place.agents]


def search_paths(place: Place) -> list[str]:
    """Pages of 50, from the first on, in every order; shuffled."""
    paths = [
        path for sort in SORTS for sign in ("", "-") for path in walk(place, f"sort={sign}{sort}")
    ]
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


def measure(place: Place, seconds: int) -> list[Figure]:
    """The four reads, each beside its target."""
    stats, search = stats_paths(place), search_paths(place)
    bodies = {"stats": body(place, stats[0]), "search": body(place, search[0])}
    with bare(bodies) as yardstick:

        def ratio(what: str, target: float, name: str, ours: Callable[[], Run]) -> Figure:
            value, measured = alternate(ours, lambda: load(yardstick, [f"/{name}"], seconds, "-"))
            return Figure(f"{what}, of a bare route", value, target, True, "", measured)

        def cached(paths: Sequence[str]) -> Callable[[], Run]:
            return lambda: load(place.web, paths[:POPULAR], seconds, place.key)

        def uncached(paths: Sequence[str]) -> Callable[[], Run]:
            return lambda: load_uncached(place, paths)

        return [
            ratio("stats, cached", 0.45, "stats", cached(stats)),
            ratio("stats, not cached", 0.22, "stats", uncached(stats)),
            ratio("search page of 50, cached", 0.35, "search", cached(search)),
            ratio("search page of 50, not cached", 0.10, "search", uncached(search)),
        ]


def load_uncached(place: Place, paths: Sequence[str]) -> Run:
    """Send many paths for a second, too short to send any twice, from an empty cache on."""
    return load(place.web, paths, 1, place.key, prepare=place.clear_cache)


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
