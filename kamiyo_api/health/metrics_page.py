"""The metrics page that Prometheus scrapes, with figures from PostgreSQL and Redis."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

from kamiyo_api import db, outages
from kamiyo_api.context import services
from kamiyo_api.health.background import run_in_background
from kamiyo_api.health.chain_metrics import chain_metrics
from kamiyo_api.redis.client import RedisUnavailable

VIEWS = ("mv_erc8004_agent_reputation", "mv_erc8004_agent_payment_stats")
# A scrape is most useful while something hangs, so it must not wait long.
TIMEOUT_SECONDS = 1.0

log = logging.getLogger(__name__)


class DatabaseCollector(Collector):
    """The figures that the last refresh recorded in one row, so that a scrape scans no table."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of PostgreSQL."""
        is_up, last = self._last_refresh()
        yield GaugeMetricFamily(
            "erc8004_database_up", "Whether PostgreSQL answered.", value=float(is_up)
        )
        if is_up:
            yield GaugeMetricFamily(
                "erc8004_database_writable",
                "Whether PostgreSQL takes writes, as far as the process that answers knows.",
                value=float(db.takes_writes()),
            )
            yield from chain_metrics()
        if last is None:
            return
        yield GaugeMetricFamily(
            "erc8004_file_fetches_due", "Files to fetch now, up to 10,000.", value=last["files_due"]
        )
        yield GaugeMetricFamily(
            "erc8004_file_fetches_wait_seconds",
            "Since the first of them is due.",
            value=last["files_wait_seconds"],
        )
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

    @staticmethod
    def _last_refresh() -> tuple[bool, db.Row | None]:
        """Return whether PostgreSQL is up, and the record of the last refresh if it can be read."""
        future = run_in_background("metrics of database", last_refresh)
        try:
            return True, future.result(TIMEOUT_SECONDS)
        except outages.DatabaseBusy:
            return True, None
        except (FutureTimeout, outages.Unavailable):
            return False, None
        except Exception:
            # The database was never migrated; the other metrics are shown.
            log.exception("The record of the last refresh cannot be read")
            return True, None
        finally:
            # The connection of this query is no longer in use.
            services().db.update_metrics()


def last_refresh() -> db.Row | None:
    """Return the record of the last refresh; also record whether the server is read-only."""
    (row,) = db.rows("health.get_alive")
    services().db.writes.record_read_only(is_read_only=row["is_read_only"])
    (queue,) = db.rows("files.get_queue")
    totals = db.row("stats.get_totals")
    return None if totals is None else totals | queue


class RedisCollector(Collector):
    """The figures that Redis reports about its memory."""

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of Redis."""
        info = self._info()
        yield GaugeMetricFamily(
            "erc8004_redis_up", "Whether Redis answered.", value=float(info is not None)
        )
        if info is None:
            return
        yield GaugeMetricFamily(
            "erc8004_redis_memory_used_bytes", "Memory of Redis.", value=info["used_memory"]
        )
        yield GaugeMetricFamily(
            "erc8004_redis_memory_max_bytes",
            "How much memory Redis may use; 0 is no limit.",
            value=info["maxmemory"],
        )
        yield CounterMetricFamily(
            "erc8004_redis_evicted_keys",
            "Keys that Redis dropped for want of memory.",
            value=info["evicted_keys"],
        )

    @staticmethod
    def _info() -> dict[str, Any] | None:
        client = services().redis
        get_info = partial(client.call, lambda redis: redis.info())
        future = run_in_background("metrics of Redis", get_info)
        try:
            return future.result(TIMEOUT_SECONDS)
        except (FutureTimeout, RedisUnavailable):
            return None


def text() -> bytes:
    """Return all metrics of all workers, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    registry.register(RedisCollector())
    if services().config.prometheus_multiproc_dir is not None:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
