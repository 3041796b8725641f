"""The bench, over a handful of agents: that it measures, not how fast anything is."""

import math

import pytest

from bench import __main__ as bench
from bench import chains, following, growth, pairs, place, reads, refreshes, searches, writes
from bench.figures import table
from bench.scales import Scale
from tests.support.programs import needed

TINY = Scale("tiny", growth=(30, 300), seconds=0.5, requests_of_memory=50)


@pytest.fixture
def in_a_hurry(monkeypatch, tmp_path):
    """Everything once, on servers of its own."""
    monkeypatch.setattr(place, "DATA_DIR", tmp_path)
    for name in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    for room, name in (
        (growth, "RUNS"),
        (pairs, "PAIRS"),
        (reads, "PAGES_A_SORT"),
        (refreshes, "PAIRS"),
        (searches, "PAIRS"),
        (searches, "ROUNDS"),
        (writes, "ROUNDS"),
        (chains, "PAIRS"),
    ):
        monkeypatch.setattr(room, name, 1)
    monkeypatch.setattr(following, "SECONDS_BETWEEN", 0.1)
    monkeypatch.setattr(writes, "HOT", 100)
    monkeypatch.setattr(refreshes, "NEWS", 10)
    monkeypatch.setattr(chains, "AGENTS_AT_MOST", 200)
    monkeypatch.setattr(chains, "AGENTS_OF_EACH", 20)


def test_every_target_has_a_figure(in_a_hurry):
    needed("wrk")
    figures = bench.measure(TINY)
    assert len({figure.what for figure in figures}) == len(figures) == 31
    assert all(math.isfinite(figure.value) for figure in figures)
    missed = next(each for each in figures if "did not show" in each.what)
    assert missed.value == 0
    assert len(table(figures).splitlines()) == 33


def test_figure_is_held_to_its_target_from_the_right_side(in_a_hurry):
    least = growth.Figure("rate", 2.0, 3.0, is_at_least=True)
    most = growth.Figure("time", 2.0, 3.0)
    assert (least.holds, most.holds) == (False, True)
    assert "falls short" in table([least])
    assert "falls short" not in table([most])
