"""What a hundred times as many agents cost a reader, and the curve of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from statistics import median

from bench.figures import Figure
from bench.load import Run
from bench.place import Place, place
from bench.reads import load_uncached, search_paths, stats_paths
from bench.scales import Scale
from bench.serving import ROOT
from kamiyo_api.dev.databases import Servers

RUNS = 5
CURVE_OF = "ms_at_so_many_agents"
CURVE = ROOT / "docs" / "growth.png"
READS: dict[str, Callable[[Place], list[str]]] = {"stats": stats_paths, "search": search_paths}

Curves = dict[str, dict[int, float]]


def measure(servers: Servers, scale: Scale) -> list[Figure]:
    """Answers that are not cached at every size, in turns; the largest against the smallest."""
    curves = measured(servers, scale)
    return [
        Figure(
            f"{name}, not cached: {scale.growth[-1]:,} agents against {scale.growth[0]:,}",
            max(curve.values()) / curve[scale.growth[0]],
            1.3,
            measured={CURVE_OF: curve},
        )
        for name, curve in curves.items()
    ]


def measured(servers: Servers, scale: Scale) -> Curves:
    """The median milliseconds of each read at each size."""
    runs: dict[str, dict[int, list[Run]]] = {}
    with ExitStack() as stack:
        places = {
            agents: stack.enter_context(place(servers, agents, number))
            for number, agents in enumerate(scale.growth, start=1)
        }
        for name, paths_of in READS.items():
            paths = {agents: paths_of(each) for agents, each in places.items()}
            runs[name] = {agents: [] for agents in places}
            for agents in [*places] * RUNS:
                run = load_uncached(places[agents], paths[agents], scale.seconds)
                runs[name][agents].append(run)
    return {
        name: {agents: round(median(run.p50 for run in some), 2) for agents, some in curve.items()}
        for name, curve in runs.items()
    }


def draw(figures: list[Figure]) -> None:
    """Draw the curves among the figures as docs/growth.png."""
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(7, 4), layout="constrained")
    axes = drawing.add_subplot()
    for figure in figures:
        curve = figure.measured.get(CURVE_OF, {})
        if curve:
            axes.plot([*curve], [*curve.values()], marker="o", label=figure.what.split(":")[0])
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("agents")
    axes.set_ylabel("median ms, 16 connections at once")
    axes.legend()
    axes.grid(alpha=0.3)
    drawing.savefig(CURVE, dpi=120)
