"""Reading chains: from JSON to commit, an audit, the memory of the indexer, readers beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import psutil

from bench.chain_provider import provider
from bench.figures import Figure
from bench.load import load
from bench.memory import MEGABYTE
from bench.place import Place, run_sql
from bench.projection import fresh_database, processor_seconds
from bench.reads import stats_paths
from bench.serving import ROOT
from kamiyo_api import create_app
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import Servers
from kamiyo_api.indexer.audit import audit
from kamiyo_api.indexer.chains import providers_of, reader_of, variable_of
from kamiyo_api.indexer.following import follow
from kamiyo_api.indexer.projecting import project_checked

AGENTS_AT_MOST, AGENTS_OF_EACH = 5_000, 400
CHAINS, AUDITED, ANSWERS = 25, 450, 3_000
PAIRS = 5
# A slowest hundredth of less is one of a few pauses.
SECONDS_AT_LEAST = 4.0
# What kamiyo-api-indexer.service sets.
OF_THE_UNIT = {"MALLOC_ARENA_MAX": "2"}
NICE = ["nice", "-n", "10"]
# Real chains have an agent in a thousand blocks or fewer.
BLOCKS_APART = 20
SECONDS_AT_MOST = 300
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]
# The registries of Ethereum have a first block of their own, which the provider does not have.
MAINNETS = """
select name, chain_id from erc8004_chains
where not is_testnet and name <> 'ethereum'
order by name
limit %s
"""
BEGUN = "select chain from erc8004_chain_cursors where updated_at > now() - interval '1 second'"
# Blocks count once when they are read, once when they are checked, once when they are projected.
LOADED = """
select coalesce(sum(read_block + checked_block + projected_block - 3 * (from_block - 1)), 0)
from erc8004_chain_cursors
"""
SHOWN = """
select chain from erc8004_chain_cursors
where projected_block >= final_block and read_block > 0
"""


def measure(servers: Servers, agents: int) -> list[Figure]:
    """Read a chain into a database of its own, and audit it; then many chains at once."""
    agents = min(agents, AGENTS_AT_MOST)
    with fresh_database(servers, "chains") as environment, provider(agents) as (url, process):
        said = run_here([str(process)], environment | {"RPC_URL_BASE": f"{url}8453"})
    with (
        fresh_database(servers, "chains") as environment,
        provider(min(agents, AGENTS_OF_EACH), BLOCKS_APART) as (url, _),
    ):
        memory = memory_of_indexer(environment, url)
    return [
        Figure(
            "journal and projection of a chain, from JSON to commit",
            said["logs"] / said["cpu"],
            20_000,
            True,
            "logs a second",
            said,
        ),
        Figure(f"audit of {ANSWERS:,} answers, beside the provider", said["audit"], 10, unit="s"),
        Figure(f"memory of the indexer of {CHAINS} chains", memory, 150, unit="MB"),
    ]


def run_here(arguments: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """What this module says as a program with these settings."""
    command = [sys.executable, "-m", "bench.chains", *arguments]
    said = subprocess.check_output(command, cwd=ROOT, env=environment, text=True)
    measured: dict[str, Any] = json.loads(said)
    return measured


def read_and_audit(process: int) -> dict[str, Any]:
    """The logs of a chain, the processor time to read and project them, the seconds of an audit
    without those of the provider."""
    with create_app().app_context():
        schema.migrate()
        address = os.environ["DATABASE_URL"]
        spent = processor_seconds(address)
        follow(reader_of("base"), once=True, project=project_checked)
        spent = processor_seconds(address) - spent
        (logs,) = run_sql(address, "select count(*) from erc8004_chain_logs")[0]
        began, provided = time.perf_counter(), seconds_of(process)
        result = audit("base", providers_of("base"), AUDITED)
        taken = time.perf_counter() - began - (seconds_of(process) - provided)
    assert result.outcome == "equal", result
    return {"logs": logs, "cpu": spent, "audit": max(taken, 0.0) * ANSWERS / result.answers}


def seconds_of(process: int) -> float:
    """The processor time of a process."""
    times = psutil.Process(process).cpu_times()
    return float(times.user + times.system)


def memory_of_indexer(environment: dict[str, str], url: str) -> float:
    """The most megabytes of flask index-chains until all chains are projected."""
    command = [*FLASK, "index-chains"]
    subprocess.run([*FLASK, "migrate"], cwd=ROOT, env=environment, check=True)
    address = environment["DATABASE_URL"]
    chains = run_sql(address, MAINNETS, CHAINS)
    urls = {f"RPC_URL_{variable_of(name)}": f"{url}{number}" for name, number in chains}
    most = 0.0
    with subprocess.Popen(command, cwd=ROOT, env=environment | OF_THE_UNIT | urls) as process:
        try:
            ends = time.monotonic() + SECONDS_AT_MOST
            while len(run_sql(address, SHOWN)) < CHAINS:
                assert process.poll() is None, "the indexer ended"
                assert time.monotonic() < ends, "not all chains are read"
                most = max(most, psutil.Process(process.pid).memory_info().rss / MEGABYTE)
                time.sleep(0.2)
        finally:
            process.kill()
    return most


def beside_readers(place: Place, seconds: float) -> list[Figure]:
    """The slowest hundredth of reads while the history of chains is loaded, against without: in
    turns, after a run that fills the cache."""
    rounds = []
    with provider(AGENTS_AT_MOST) as (url, _):
        chains = iter(run_sql(place.database_url, MAINNETS, CHAINS))
        slowest_hundredth(place, seconds)
        for _ in range(PAIRS):
            alone = slowest_hundredth(place, seconds)
            with loading(place, url, chains):
                ((before,),) = run_sql(place.database_url, LOADED)
                beside = slowest_hundredth(place, seconds)
                ((loaded,),) = run_sql(place.database_url, LOADED)
            assert loaded > before, "no history was loaded while the reads were measured"
            rounds.append((round(alone, 2), round(beside, 2), int(loaded - before)))
    ratios = sorted(beside / alone for alone, beside, _ in rounds)
    measured = {
        "alone_ms_beside_ms_blocks": [
            [round(a, 1), round(b, 1), blocks] for a, b, blocks in rounds
        ],
        "ratios": [round(ratio, 2) for ratio in ratios],
    }
    what = "p99 of reads while the history of a chain is loaded, of that without"
    return [Figure(what, median(ratios), 2.0, measured=measured)]


def slowest_hundredth(place: Place, seconds: float) -> float:
    """The p99 of reads in ms, after what the run before left to write is written."""
    place.sql("checkpoint")
    return load(place.web, stats_paths(place), max(seconds, SECONDS_AT_LEAST), place.key).p99


@contextmanager
def loading(place: Place, url: str, chains: Iterator[tuple[Any, ...]]) -> Iterator[None]:
    """Load the history of one chain after the other until the block ends."""
    ended, running = threading.Event(), []

    def run() -> None:
        while not ended.is_set():
            name, number = next(chains)
            environment = {
                **os.environ,
                "DATABASE_URL": place.database_url,
                f"RPC_URL_{variable_of(name)}": f"{url}{number}",
            }
            command = [*NICE, *FLASK, "index-chain", name, "--once"]
            running.append(subprocess.Popen(command, cwd=ROOT, env=environment | OF_THE_UNIT))
            running[-1].wait()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while not run_sql(place.database_url, BEGUN) and thread.is_alive():
            time.sleep(0.05)
        yield
    finally:
        ended.set()
        running[-1].kill()
        thread.join()


if __name__ == "__main__":
    print(json.dumps(read_and_audit(int(sys.argv[1]))))
