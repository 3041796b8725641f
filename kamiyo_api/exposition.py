"""The metrics as Prometheus scrapes them, with what the last refresh recorded."""

from __future__ import annotations

from collections.abc import Iterator

from flask import current_app
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from kamiyo_api import db, errors

VIEWS = ("mv_erc8004_agent_reputation", "mv_erc8004_agent_payment_stats")


class StatisticsCollector(Collector):
    """What the last refresh recorded, in one row: a scrape scans no table."""

    def collect(self) -> Iterator[Metric]:
        try:
            (last,) = db.rows("stats.get_totals")
        except errors.Unavailable:
            return
        age = GaugeMetricFamily(
            "erc8004_view_age_seconds", "Since a view's statistics were computed.", labels=["view"]
        )
        for view in VIEWS:
            age.add_metric([view], last["age_seconds"])
        yield age
        seconds = (last["refreshed_at"] - last["as_of"]).total_seconds()
        yield GaugeMetricFamily(
            "erc8004_refresh_duration_seconds", "How long the last refresh took.", value=seconds
        )
        agents = GaugeMetricFamily(
            "erc8004_agents", "Agents, as of the last refresh.", labels=["chain", "status"]
        )
        for counted in last["totals"]["agents"]:
            agents.add_metric([counted["chain"], counted["status"]], counted["agents"])
        yield agents


def text() -> bytes:
    """All metrics of all workers, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(StatisticsCollector())
    if current_app.config["METRICS_OF_ALL_WORKERS"]:
        MultiProcessCollector(registry)
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
