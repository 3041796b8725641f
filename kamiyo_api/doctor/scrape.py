"""The health and the metrics of the running service."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from prometheus_client.parser import text_string_to_metric_families

from kamiyo_api.policies import quiet_routes

TIMEOUT_SECONDS = 2
MAX_ANSWER_BYTES = 16 * 1024 * 1024

# The service is not behind the proxy of this shell; a redirect would send the token elsewhere.
NO_PROXY = ProxyHandler({})


class NoRedirects(HTTPRedirectHandler):
    """A handler that follows no redirect."""

    def redirect_request(self, *_: Any) -> None:
        return None


opener = build_opener(NO_PROXY, NoRedirects)


class Metrics:
    """A snapshot of the metrics, which count from the start of the service."""

    def __init__(self, text: str) -> None:
        """Parse the metrics. Raises ValueError if the text contains none."""
        self.text = text
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def total(self, name: str, **labels: str) -> float:
        """Return the sum of all samples with a name and these labels; 0 if there are none."""
        return sum(
            sample.value
            for sample in self._samples
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    def by(self, name: str, label: str, **labels: str) -> dict[str, float]:
        """Return the same sum for each value of one more label, largest first, without zeros."""
        sums: dict[str, float] = defaultdict(float)
        for sample in self._samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                sums[sample.labels[label]] += sample.value
        counted = [(value, count) for value, count in sums.items() if count]
        return dict(sorted(counted, key=lambda each: -each[1]))

    def age(self, event: str) -> float | None:
        """Return the seconds since the last event; None if there was none, or if the service does
        not report it."""
        name = "erc8004_last_event_timestamp_seconds"
        last = max(
            (s.value for s in self._samples if s.name == name and s.labels["event"] == event),
            default=0.0,
        )
        return max(0.0, time.time() - last) if last else None

    def requests(self, label: str) -> dict[str, float]:
        """Return the number of requests for each value of a label, without those of monitoring."""
        name = "erc8004_request_duration_seconds_count"
        quiet = quiet_routes()
        sums: dict[str, float] = defaultdict(float)
        for sample in self._samples:
            if sample.name == name and sample.labels["endpoint"] not in quiet:
                sums[sample.labels[label]] += sample.value
        return dict(sums)

    def p95(self, name: str, **labels: str) -> float | None:
        """Return the 95th percentile in seconds; None if there is no sample."""
        buckets: dict[float, float] = defaultdict(float)
        for sample in self._samples:
            if sample.name == f"{name}_bucket" and labels.items() <= sample.labels.items():
                buckets[float(sample.labels["le"])] += sample.value
        return quantile(0.95, buckets)


def quantile(part: float, buckets: Mapping[float, float]) -> float | None:
    """Return a quantile as Prometheus estimates it: by linear interpolation within its bucket."""
    edges = sorted(buckets)
    if not edges or not buckets[edges[-1]]:
        return None
    rank = part * buckets[edges[-1]]
    below, counted = 0.0, 0.0
    for edge in edges[:-1]:
        if buckets[edge] >= rank:
            within = buckets[edge] - counted
            return below + (edge - below) * ((rank - counted) / within if within else 1)
        below, counted = edge, buckets[edge]
    return below


@dataclass(frozen=True)
class Service:
    """The running service: /health, and /metrics or why they were refused."""

    url: str
    status: str
    checks: Mapping[str, str]
    metrics: Metrics | None
    refusal: str


def scrape(url: str, token: str | None) -> Service:
    """Request health and metrics. Raises OSError, HTTPException and ValueError."""
    _, body = fetch(f"{url}/health")
    try:
        health = json.loads(body)
        status, checks = str(health["status"]), dict(health["checks"])
    except (ValueError, KeyError, TypeError):
        raise ValueError("something else answers there") from None
    metrics, refusal = scrape_metrics(url, token)
    return Service(url, status, checks, metrics, refusal)


def scrape_metrics(url: str, token: str | None) -> tuple[Metrics | None, str]:
    """Return the metrics, or why they were refused."""
    status, body = fetch(f"{url}/metrics", token)
    if status == 401:
        return None, "the METRICS_TOKEN of this shell" if token else "a request without a token"
    return Metrics(body), ""


def fetch(url: str, token: str | None = None) -> tuple[int, str]:
    """Return status and body of an answer. Raises OSError and ValueError."""
    if not url.startswith(("http://", "https://")):
        raise ValueError("an address begins with http:// or https://")
    request = Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return answer.status, answer.read(MAX_ANSWER_BYTES).decode(errors="replace")
    except HTTPError as error:
        with error:
            return error.code, error.read(MAX_ANSWER_BYTES).decode(errors="replace")
