"""What /metrics tells, for tests that make it move."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from bench.serving import Server


@dataclass(frozen=True)
class Scrape:
    """One answer of /metrics."""

    text: str
    samples: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples with this name and these labels, whatever their others."""
        return sum(
            value
            for (found, its_labels), value in self.samples.items()
            if found == name and labels.items() <= dict(its_labels).items()
        )

    def names(self) -> set[str]:
        """The names of all samples."""
        return {name for name, _ in self.samples}

    def values_of(self, label: str) -> set[str]:
        """Every value of a label, in whatever metric."""
        return {dict(labels)[label] for _, labels in self.samples if label in dict(labels)}


def scrape(server: Server) -> Scrape:
    """Ask a running service for its metrics, from loopback."""
    return scraped(server.request("GET", "/metrics").text)


def scraped(text: str) -> Scrape:
    """The metrics in a page."""
    return Scrape(
        text,
        {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        },
    )
