"""A chain of a real node, and what a reader makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from kamiyo_api.demo import story
from kamiyo_api.demo.logs import IDENTITY, REPUTATION, VALIDATION
from kamiyo_api.dev.anvil import Anvil, anvil
from kamiyo_api.dev.databases import Servers
from kamiyo_api.dev.processes import run_process
from kamiyo_api.dev.supervision import Process
from kamiyo_api.indexer.following import follow
from kamiyo_api.indexer.projecting import project_checked
from tests.support import ROOT, database, journal, reading
from tests.support.database import Sql

CHAIN_ID = 8453
CONTRACTS = (IDENTITY, REPUTATION, VALIDATION)
BLOCKS = list(story.blocks())


@pytest.fixture
def node() -> Iterator[Anvil]:
    """The chain base, with its registries and one block."""
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-anvil-") as folder,
        anvil(Path(folder), CHAIN_ID) as started,
    ):
        started.deploy(*CONTRACTS)
        started.mine()
        yield started


@pytest.fixture
def catch_up(reader_for: Callable[..., Any]) -> Callable[..., None]:
    """Read and project all that there is now."""

    def run(node: Anvil, **options: Any) -> None:
        follow(reader_for(node), once=True, project=project_checked, from_block=1, **options)

    return run


def play(node: Anvil, blocks: range) -> None:
    """Add blocks of the story of the demo, by their positions."""
    for position in blocks:
        node.mine(*BLOCKS[position].transactions)


def logs_of(node: Anvil) -> list[Any]:
    """The logs of a chain, as the journal should hold them."""
    (logs,) = node.ask(("eth_getLogs", [{"fromBlock": "0x0", "toBlock": "latest"}]))
    return [
        (
            int(log["blockNumber"], 16),
            int(log["logIndex"], 16),
            *(reading.raw(log[name]) for name in ("blockHash", "transactionHash", "address")),
            b"".join(map(reading.raw, log["topics"])),
            reading.raw(log["data"]),
        )
        for log in logs
    ]


def is_read(node: Anvil, sql: Sql) -> bool:
    """Whether the newest block of the chain was read."""
    (block,) = node.ask(("eth_getBlockByNumber", ["latest", False]))
    rows = sql("select c.read_hash from erc8004_chain_cursors as c")
    return [bytes(row["read_hash"]) for row in rows] == [reading.raw(block["hash"])]


def projected_to(sql: Sql) -> int:
    """Up to which block the API knows the chain."""
    rows = sql("select c.projected_block from erc8004_chain_cursors as c")
    return int(rows[0]["projected_block"]) if rows else 0


def held(sql: Sql) -> list[Any]:
    """The journal, and everything that was projected of it."""
    return [reading.journal(sql), *journal.tables(sql)]


@pytest.fixture
def fresh(sql: Sql, catch_up: Callable[..., None]) -> Callable[..., list[Any]]:
    """What an empty database holds after the chain was read."""

    def read(node: Anvil, **options: Any) -> list[Any]:
        database.empty(sql)
        catch_up(node, **options)
        return held(sql)

    return read


@pytest.fixture
def indexer(servers: Servers) -> Iterator[Callable[..., Process]]:
    """Start an indexer in a process of its own, which follows until it is killed."""
    with ExitStack() as stack:

        def start(node: Anvil, *options: str, **settings: str) -> Process:
            command = [sys.executable, "-m", "flask", "--app", "wsgi", "index-chain", "base"]
            command += ["--from-block", "1"]
            addresses = {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}
            environment = {**os.environ, **addresses, "RPC_URL_BASE": node.url, **settings}
            quiet: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
            running = run_process([*command, *options], cwd=ROOT, env=environment, **quiet)
            process = stack.enter_context(running)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def flask(servers: Servers) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a `flask` command in a process of its own."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "FLASK_APP": "wsgi",
                "DATABASE_URL": servers.database_url,
                "REDIS_URL": servers.redis_url,
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run
