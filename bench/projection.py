"""The projection of a chain: logs a second of one processor that PostgreSQL shares, alone and with
ten times the history before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from bench.figures import Figure
from bench.place import run_sql
from bench.serving import ROOT
from kamiyo_api import create_app
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import DATABASE, Servers
from kamiyo_api.indexer import projector
from tests.support import chain_logs as logs
from tests.support.journal import write

NAME = "projected"
CHAIN = "base"
HISTORY = 10


def measure(servers: Servers, agents: int) -> list[Figure]:
    """Project the journal of so many agents, after ten parts of which the last is timed."""
    command = [sys.executable, "-m", "bench.projection", str(max(agents // HISTORY, 200))]
    with fresh_database(servers, NAME) as environment:
        said = subprocess.check_output(command, cwd=ROOT, env=environment, text=True)
    rates = json.loads(said)
    slower = rates[0] / rates[-1]
    measured = {"first": round(rates[0]), "last": round(rates[-1])}
    return [
        Figure("projection of a chain", rates[0], 35_000, True, "logs a second", measured),
        Figure("with ten times the history, the time a log", slower, 1.15, measured=measured),
    ]


@contextmanager
def fresh_database(servers: Servers, name: str) -> Iterator[dict[str, str]]:
    """The environment of programs that use an empty database, which goes when the block ends."""
    run_sql(servers.database_url, f"drop database if exists {name} with (force)")
    run_sql(servers.database_url, f"create database {name}")
    address = servers.database_url.replace(f"/{DATABASE}?", f"/{name}?")
    try:
        yield {**os.environ, "DATABASE_URL": address, "REDIS_URL": servers.redis_url}
    finally:
        run_sql(servers.database_url, f"drop database {name} with (force)")


def processor_seconds(database_url: str) -> float:
    """The processor time of this process and of all processes of PostgreSQL so far."""
    ((data,),) = run_sql(database_url, "select current_setting('data_directory')")
    postmaster = psutil.Process(int((Path(data) / "postmaster.pid").read_text().split()[0]))
    times = postmaster.cpu_times()
    ended = times.user + times.system + times.children_user + times.children_system
    return time.process_time() + ended + sum(map(seconds_of, postmaster.children()))


def seconds_of(process: psutil.Process) -> float:
    """The processor time of a process; none once it has ended, as its parent has it then."""
    with suppress(psutil.NoSuchProcess):
        times = process.cpu_times()
        return times.user + times.system
    return 0.0


def rates_of(agents: int) -> Iterator[float]:
    """The logs a second of each part of a history: a part, nine times as much, a part."""
    with create_app().app_context():
        schema.migrate()
        address = os.environ["DATABASE_URL"]
        chain, number = logs.Chain(CHAIN), 0
        for parts in (1, HISTORY - 1, 1):
            for _ in range(parts * agents):
                add_agent(chain, number)
                number += 1
            write(address, chain)
            spent = processor_seconds(address)
            projected = projector.project(CHAIN)
            yield projected / (processor_seconds(address) - spent)


def add_agent(chain: logs.Chain, number: int) -> None:
    """A block with an agent and what is said of it, as often as on the real chains."""
    owner, clients = address(number), [address(number * 7 + each) for each in (1, 2, 3)]
    digest = logs.hashed(b"%d" % number)
    given = [
        logs.feedback(
            number, each, 1, 50 + number % 50, 0, b"starred", b"day", b"https://a.example"
        )
        for each in clients
    ]
    extra: list[logs.Log] = []
    if number % 5 == 0:
        extra = [
            logs.transfer(number, owner, clients[0]),
            logs.revoked(number, clients[1], 1),
            logs.response(number, clients[2], 1, owner, b"ipfs://response"),
            logs.validation_request(number, clients[2], digest, b"ipfs://request"),
            logs.validation_response(number, clients[2], digest, number % 100, b"hard"),
            logs.metadata_set(number, b"domain", b"example"),
        ]
    chain.block(
        logs.registration(number, owner, b"https://agent-%d.example/agent.json" % number),
        given,
        extra,
    )


def address(number: int) -> str:
    """An address that looks like any other."""
    return f"0x{logs.hashed(b'%d' % number).hex()[:40]}"


if __name__ == "__main__":
    print(json.dumps(list(rates_of(int(sys.argv[1])))))
