"""A chain with instant finality that is followed: from the arrival of a block to the API."""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.figures import Figure
from bench.place import Place
from bench.serving import ROOT
from kamiyo_api.demo import story
from kamiyo_api.demo.logs import IDENTITY, REPUTATION, VALIDATION, feedback
from kamiyo_api.dev.anvil import Anvil, anvil
from kamiyo_api.dev.chain import ADD, SETTING
from kamiyo_api.dev.databases import Servers
from kamiyo_api.dev.processes import run_process

FIRST_BLOCKS = 5
BLOCKS_PER_SECOND = 10
SECONDS_BETWEEN = 1.0
LONGEST_SECONDS = 30.0
CLIENT = "0x" + "c2" * 20
FLASK = [sys.executable, "-m", "flask", "--app", "wsgi"]


def measure(servers: Servers, here: Place, seconds: float) -> list[Figure]:
    """Add blocks to a chain, and ask the API until it knows each."""
    count = max(round(BLOCKS_PER_SECOND * seconds), 2)
    with tempfile.TemporaryDirectory() as folder, anvil(Path(folder), story.CHAIN_ID) as chain:
        chain.deploy(IDENTITY, REPUTATION, VALIDATION)
        blocks = story.blocks()
        for _ in range(FIRST_BLOCKS):
            chain.mine(*next(blocks).transactions)
        with followed(servers, here, chain):
            seconds_until_known(here, chain.head())
            waits = [seconds_of(here, chain, number + 1) for number in range(count)]
    measured = {"median": round(statistics.median(waits), 3), "slowest": round(max(waits), 3)}
    what = "a block from its arrival to the API, instant finality, 95 of 100"
    return [
        Figure(
            what,
            statistics.quantiles(waits, n=20, method="inclusive")[-1],
            1.0,
            unit="s",
            measured=measured,
        )
    ]


@contextmanager
def followed(servers: Servers, here: Place, chain: Anvil) -> Iterator[None]:
    """Add the chain and follow it, as an operator does."""
    addresses = {"DATABASE_URL": here.database_url, "REDIS_URL": servers.redis_url}
    environment = {**os.environ, **addresses, SETTING: chain.url}
    quiet = {"stdout": subprocess.DEVNULL, "cwd": ROOT, "env": environment}
    subprocess.run([*FLASK, *ADD.split()], check=True, **quiet)
    with run_process([*FLASK, "index-chain", story.CHAIN, "--finality", "0"], **quiet):
        yield


def seconds_of(here: Place, chain: Anvil, number: int) -> float:
    """The seconds from the arrival of a block with feedback until the API knows it."""
    time.sleep(SECONDS_BETWEEN * random.uniform(0.5, 1.5))
    return seconds_until_known(here, chain.mine([feedback(0, CLIENT, number)]))


def seconds_until_known(here: Place, number: int) -> float:
    """The seconds until an answer of the API stands for a block."""
    began, headers = time.perf_counter(), {"Authorization": f"Bearer {here.key}"}
    path = f"/api/v1/agents/{story.CHAIN}/0"
    while (seconds := time.perf_counter() - began) < LONGEST_SECONDS:
        answer = here.web.request("GET", path, headers=headers)
        if answer.status_code == 200 and answer.json()["as_of_block"] >= number:
            return seconds
        time.sleep(0.005)
    raise TimeoutError(f"the API does not know block {number} after {LONGEST_SECONDS} s")
