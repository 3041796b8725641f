"""The metrics of the chains that are read, from the rows that the indexer keeps."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from kamiyo_api import db, outages
from kamiyo_api.health.background import run_in_background

TIMEOUT_SECONDS = 1.0
POSITIONS = ("head", "read", "final", "checked", "projected")
# Metrics of one figure of a chain: the column of chains.list_status, and what it means.
GAUGES = {
    "erc8004_chain_lag_blocks": ("lag_blocks", "Blocks from the last that was read to the head."),
    "erc8004_chain_lag_seconds": (
        "lag_seconds",
        "Since the last success, or since the last block that was read while there are others.",
    ),
    "erc8004_chain_unprojected_blocks": (
        "unprojected_blocks",
        "Blocks that were checked and do not show in answers yet.",
    ),
    "erc8004_chain_projection_lag_seconds": (
        "projection_lag_seconds",
        "Since when checked blocks wait to be projected.",
    ),
    "erc8004_chain_logs": ("logs", "Logs that are stored."),
    "erc8004_chain_gaps": ("gap_count", "Ranges of blocks that were not read."),
    "erc8004_chain_audit_differences": ("differences", "Differences that the last audit found."),
    "erc8004_chain_audit_age_seconds": ("audit_age_seconds", "Since the last audit."),
}
Labels = Callable[[str], list[str]]


def one(label: str) -> list[str]:
    """Return a label of a count as the label of a metric."""
    return [label]


def last_word_apart(label: str) -> list[str]:
    """Return the labels of "provider 1 ok"."""
    name, _, outcome = label.rpartition(" ")
    return [name, outcome]


def last_word(label: str) -> list[str]:
    """Return the label of "depth 3"."""
    return [label.rpartition(" ")[2]]


# Metrics of counts by kind: their names, what they mean, their labels, and how these are found.
COUNTERS: Mapping[str, tuple[str, str, list[str], Labels]] = {
    "request": (
        "erc8004_chain_requests",
        "Requests to providers, by outcome.",
        ["provider", "outcome"],
        last_word_apart,
    ),
    "suspicious": (
        "erc8004_chain_suspicious_answers",
        "What providers answered wrongly, by reason.",
        ["reason"],
        one,
    ),
    "rollback": (
        "erc8004_chain_rollbacks",
        "Reorganisations, by the number of blocks that they replaced.",
        ["depth"],
        last_word,
    ),
    "unknown_event": (
        "erc8004_chain_unknown_events",
        "Logs of the registries that no rule knows, by topic.",
        ["topic"],
        one,
    ),
    "audit": ("erc8004_chain_audits", "Audits, by outcome.", ["outcome"], one),
    "audit_difference": (
        "erc8004_chain_audit_differences_found",
        "Differences that audits found, by function of the contract.",
        ["function"],
        one,
    ),
}


def chain_metrics() -> Iterator[Metric]:
    """Yield the metrics of the chains; none if they cannot be read in time."""
    try:
        statuses, counts = run_in_background("metrics of chains", read).result(TIMEOUT_SECONDS)
    except (FutureTimeout, outages.Unavailable, outages.DatabaseBusy):
        return
    except Exception:
        # The database is of an older version; the other metrics are shown.
        logging.getLogger(__name__).exception("The chains cannot be read")
        return
    yield blocks_of(statuses)
    yield stopped_of(statuses)
    for name, (column, meaning) in GAUGES.items():
        gauge = GaugeMetricFamily(name, meaning, labels=["chain"])
        for row in statuses:
            if row[column] is not None:
                gauge.add_metric([row["chain"]], float(row[column]))
        yield gauge
    yield from counters_of(counts)


def read() -> tuple[list[db.Row], list[db.Row]]:
    """Return how far each chain was read, and what was counted."""
    statuses = db.rows("chains.list_status")
    chains = [row["chain"] for row in statuses]
    return statuses, db.rows("chains.list_counts", chains=chains) if chains else []


def blocks_of(statuses: Iterable[db.Row]) -> Metric:
    """Return the metric of the blocks of the chains."""
    gauge = GaugeMetricFamily(
        "erc8004_chain_block",
        "The newest block of a chain, and those up to which it was read, is final, and so on.",
        labels=["chain", "position"],
    )
    for row in statuses:
        for position in POSITIONS:
            gauge.add_metric([row["chain"], position], row[f"{position}_block"])
    return gauge


def stopped_of(statuses: Iterable[db.Row]) -> Metric:
    """Return the metric of the chains that are stopped."""
    gauge = GaugeMetricFamily(
        "erc8004_chain_stopped",
        "1 for a chain whose reading stopped, with the code of what stopped it.",
        labels=["chain", "code"],
    )
    for row in statuses:
        gauge.add_metric([row["chain"], row["error_code"] or "none"], bool(row["error_code"]))
    return gauge


def counters_of(counts: Iterable[db.Row]) -> Iterator[Metric]:
    """Yield the metrics of what was counted."""
    counters: dict[str, Any] = {
        kind: CounterMetricFamily(name, meaning, labels=["chain", *labels])
        for kind, (name, meaning, labels, _) in COUNTERS.items()
    }
    for row in counts:
        if row["kind"] in COUNTERS:
            *_, labels_of = COUNTERS[row["kind"]]
            labels = [row["chain"], *labels_of(row["label"])]
            counters[row["kind"]].add_metric(labels, row["total"])
    yield from counters.values()
