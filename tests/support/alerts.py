"""Which alerts Prometheus would fire, had it scraped what a test scraped."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.support import ROOT
from tests.support.programs import needed
from tests.support.prometheus import Scrape

RULES = ROOT / "ops" / "prometheus" / "alerts.yml"
# A test is over in seconds and an alert waits for minutes, so each span goes on for half an
# hour, in which every scrape sees the same gauges, and the same increase of the counters.
SCRAPED_EVERY = 15
SCRAPES = 30 * 60 // SCRAPED_EVERY
COUNTERS = ("_total", "_bucket", "_count", "_sum")
OF_PROMETHEUS = {"job": "kamiyo-api", "instance": "127.0.0.1:8000"}

Span = tuple[Scrape, Scrape]
Sample = tuple[str, frozenset[tuple[str, str]]]


def firing(*spans: Span, folder: Path) -> list[set[str]]:
    """The alerts that fire at the end of each span, one after the other, as promtool says."""
    series = sorted({sample for _, after in spans for sample in after.samples}, key=str)
    ends = [(number + 1) * SCRAPES * SCRAPED_EVERY - SCRAPED_EVERY for number in range(len(spans))]
    test = {
        "interval": f"{SCRAPED_EVERY}s",
        "input_series": [
            {"series": written(sample), "values": values(sample, spans)} for sample in series
        ],
        # Nothing is expected, so that promtool tells what there is.
        "promql_expr_test": [
            {"expr": 'ALERTS{alertstate="firing"}', "eval_time": f"{end}s"} for end in ends
        ],
    }
    file = folder / "alerts_test.json"
    file.write_text(
        json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": [test]})
    )
    done = subprocess.run(
        [needed("promtool"), "test", "rules", file], capture_output=True, text=True
    )
    told = done.stdout + done.stderr
    assert "SUCCESS" in told or "got:" in told, told
    return [told_at(end, told) for end in ends]


def told_at(seconds: int, told: str) -> set[str]:
    """The alerts that promtool tells of one moment."""
    minutes, rest = divmod(seconds, 60)
    moment = f"{minutes}m{rest}s" if rest else f"{minutes}m"
    found = re.search(rf"time: {moment},\n(.*?)(?=expr:|\Z)", told, re.DOTALL)
    return set(re.findall(r'alertname="(\w+)"', found[1])) if found else set()


def written(sample: Sample) -> str:
    """A series as promtool reads it."""
    name, labels = sample
    told = ", ".join(
        f"{label}={json.dumps(value)}"
        for label, value in sorted({**OF_PROMETHEUS, **dict(labels)}.items())
    )
    return f"{name}{{{told}}}"


def values(sample: Sample, spans: Sequence[Span]) -> str:
    """What the scrapes of all spans see of a series."""
    told, counted = [], 0.0
    for before, after in spans:
        if sample not in after.samples:
            told.append(f"_x{SCRAPES}")
        elif sample[0].endswith(COUNTERS):
            step = after.samples[sample] - before.samples.get(sample, 0.0)
            told.append(f"{counted + step:.9f}+{step:.9f}x{SCRAPES - 1}")
            counted += step * SCRAPES
        else:
            told.append(f"{after.samples[sample]:.9f}x{SCRAPES - 1}")
    return " ".join(told)
