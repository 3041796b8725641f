"""Feedback that is given: how many a second, and what the next reader pays for it."""

from __future__ import annotations

import json
import math
import re
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import psycopg2
import requests

from bench.figures import Figure
from bench.load import Run, load
from bench.pairs import alternate
from bench.place import Place
from kamiyo_api.db.queries import QUERIES
from kamiyo_api.dev.databases import bundled_postgres

AGENTS = 100
CONNECTIONS = 8
"""As many as two workers of four threads use."""
HOT = 41_331
ROUNDS = 100

# One agent gets as much feedback as the one with most in the real registries.
HEAT = """
insert into erc8004_reputation (
  agent_uuid, client_address, value, value_decimals, chain, tag1, endpoint, created_at
)
select
  %s, '0x' || lpad(to_hex(n %% 5000 + 1), 40, '0'), 9000, 2, 'base', 'starred', null,
  now() - n * interval '1 minute'
from generate_series(1, %s) as n
"""
COLD = """
select agent_uuid::text, total_feedback
from erc8004_feedback_counts
where total_feedback > 0
order by total_feedback, agent_uuid
limit 1
"""


def measure(place: Place, seconds: float) -> list[Figure]:
    """Feedback a second against pgbench, and a hot agent's reader against a cold one's."""
    return [throughput(place, seconds), *freshness(place)]


def throughput(place: Place, seconds: float) -> Figure:
    """POST /agents/feedback against the transactions that pgbench reaches with its INSERT."""
    with tempfile.TemporaryDirectory(prefix="kamiyo-pgbench-") as folder:
        scripts = scripts_of(place, Path(folder))
        ((ratio, measured),) = alternate(
            lambda: pgbench(place, scripts, seconds),
            lambda: load(place.web, [post_of(each) for each in bodies(place)], seconds, place.key),
        )
    what = "POST feedback, of pgbench's transactions with the same INSERT"
    return Figure(what, ratio, 0.30, True, "", measured)


def bodies(place: Place) -> list[dict[str, Any]]:
    """Feedback to many agents, each by a client of its own."""
    return [
        {"agent_uuid": agent, "client_address": f"0x{number:040x}", "score": 90, "tag1": "starred"}
        for number, agent in enumerate(place.agents[:AGENTS], start=1)
    ]


def post_of(body: dict[str, Any]) -> str:
    """The line that sends a feedback."""
    return f"/api/v1/agents/feedback\t{json.dumps(body)}"


def scripts_of(place: Place, folder: Path) -> list[Path]:
    """The INSERT of the service with its values, a file for each feedback."""
    connection = psycopg2.connect(place.database_url)
    nothing = dict.fromkeys(("tag2", "endpoint", "file_uri", "file_hash", "tx_hash"))
    score = {"value": 90, "value_decimals": 0, "chain": "base"}
    with connection, connection.cursor() as cursor:
        for number, body in enumerate(bodies(place)):
            text = cursor.mogrify(QUERIES["feedback_writing.insert"], {**nothing, **score, **body})
            (folder / f"{number}.sql").write_bytes(text)
    connection.close()
    return sorted(folder.iterdir())


def pgbench(place: Place, scripts: list[Path], seconds: float) -> Run:
    """The transactions a second of as many connections."""
    command = [str(bundled_postgres() / "pgbench"), "--no-vacuum", f"--time={math.ceil(seconds)}"]
    command += [f"--client={CONNECTIONS}", "--jobs=2", *(f"--file={each}" for each in scripts)]
    done = subprocess.run([*command, place.database_url], capture_output=True, text=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    assert found, done.stderr
    return Run(rate=float(found[1]), cpu=0.0, p50=0.0, p99=0.0, requests=0)


def freshness(place: Place) -> list[Figure]:
    """Whether the next request shows a feedback, and what it costs a hot agent's reader."""
    hot, (cold, few) = place.agents[0], place.sql(COLD)[0]
    place.sql(HEAT, hot, HOT)
    place.sql("select refresh_erc8004_stats()")
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {place.key}"
        rounds = [
            [give_and_read(place, session, each) for each in (hot, cold)] for _ in range(ROUNDS)
        ]
    missed = sum(not shown for each in rounds for _, shown in each)
    ratios = {}
    for name in ("stats", "reputation"):
        times = [[seconds[name] for seconds, _ in each] for each in rounds]
        ratios[name] = median(each[0] for each in times) / median(each[1] for each in times)
    return [
        Figure("feedback that the next stats or reputation did not show", missed, 0),
        Figure(f"stats after a feedback: agent with {HOT:,} against {few}", ratios["stats"], 2.0),
        Figure(f"reputation, the same: {HOT:,} against {few}", ratios["reputation"], 2.0),
    ]


def give_and_read(
    place: Place, session: requests.Session, agent: str
) -> tuple[dict[str, float], bool]:
    """Give a feedback; the seconds that each answer about its agent takes, and whether both
    show it."""
    before = total(place, session, agent, "stats")[1]
    body = {"agent_uuid": agent, "client_address": f"0x{7:040x}", "score": 90}
    session.post(f"{place.web.url}/api/v1/agents/feedback", json=body).raise_for_status()
    seconds, shown = {}, True
    for name in ("stats", "reputation"):
        seconds[name], after = total(place, session, agent, name)
        shown = shown and after == before + 1
    return seconds, shown


def total(place: Place, session: requests.Session, agent: str, name: str) -> tuple[float, int]:
    """The seconds that an answer about an agent takes, and the feedback that it counts."""
    began = time.perf_counter()
    answer = session.get(f"{place.web.url}/api/v1/agents/{agent}/{name}")
    seconds = time.perf_counter() - began
    return seconds, int(answer.json()["total_feedback"])
