"""`make bench`: measure everything at one scale, and print every target beside its figure."""

from __future__ import annotations

import argparse
import json
import sys
import time
from types import ModuleType

from bench import (
    chains,
    following,
    growth,
    imports,
    memory,
    projection,
    reads,
    refreshes,
    searches,
    writes,
)
from bench.figures import Figure, table
from bench.load import check_installed
from bench.place import place, servers
from bench.scales import SCALES, Scale
from bench.serving import ROOT

RESULTS = ROOT / "bench" / "results"


def main() -> None:
    """Measure, print, and keep the figures."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("scale", choices=SCALES)
    scale = SCALES[parser.parse_args().scale]
    check_installed()
    figures = measure(scale)
    print(table(figures))
    keep(scale, figures)
    growth.draw(figures)


def measure(scale: Scale) -> list[Figure]:
    """Every figure of a scale; what changes the data much comes last."""
    with servers() as started:
        say(growth)
        figures = growth.measure(started, scale)
        say(imports)
        figures += imports.measure(started, scale.agents)
        say(projection)
        figures += projection.measure(started, scale.agents)
        say(chains)
        figures += chains.measure(started, scale.agents)
        with place(started, scale.agents) as here:
            for room in (reads, searches):
                say(room)
                figures += room.measure(here, scale.seconds)
            say(following)
            figures += following.measure(started, here, scale.seconds)
            say(memory)
            figures += memory.measure(here, scale.requests_of_memory)
            for room in (writes, refreshes):
                say(room)
                figures += room.measure(here, scale.seconds)
            say(chains)
            figures += chains.beside_readers(here, scale.seconds)
    return figures


def say(room: ModuleType) -> None:
    """Tell who waits what is being measured."""
    about = str(room.__doc__).splitlines()[0]
    print(f"{time.strftime('%H:%M:%S')} {about}", file=sys.stderr, flush=True)


def keep(scale: Scale, figures: list[Figure]) -> None:
    """Write the figures to bench/results/<scale>.json."""
    kept = {"scale": scale.name, "figures": [figure.as_json() for figure in figures]}
    (RESULTS / f"{scale.name}.json").write_text(json.dumps(kept, indent=2) + "\n")


if __name__ == "__main__":
    main()
