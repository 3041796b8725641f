"""The memory of the workers after many requests."""

from __future__ import annotations

import psutil

from bench.figures import Figure
from bench.load import load
from bench.place import Place
from bench.reads import search_paths, stats_paths

MEGABYTE = 1024 * 1024


def measure(place: Place, requests: int) -> list[Figure]:
    """The largest worker after so many requests, and how it grew over the last half."""
    lines = [*stats_paths(place)[:2000], *search_paths(place)]
    half = after(place, lines, requests // 2)
    whole = after(place, lines, requests // 2)
    return [
        Figure(f"memory of a worker after {requests:,} requests", whole, 120, unit="MB"),
        Figure("its growth over the last half of them", whole - half, 1, unit="MB"),
    ]


def after(place: Place, lines: list[str], requests: int) -> float:
    """The megabytes of the largest worker after so many requests more."""
    sent = 0
    while sent < requests:
        sent += load(place.web, lines, 1, place.key).requests
    return max(psutil.Process(pid).memory_info().rss for pid in place.web.workers()) / MEGABYTE
