"""`flask import-agents`: agents a second, and whether its memory follows the file."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import BinaryIO

from bench.building import SEED
from bench.figures import Figure
from bench.place import run_sql
from bench.serving import ROOT
from kamiyo_api.demo import population
from kamiyo_api.demo.files import registration_file
from kamiyo_api.dev.databases import DATABASE, Servers

WITH_FILE = 0.4
NAME = "imported"
LOOK_SECONDS = 0.05


def measure(servers: Servers, agents: int) -> list[Figure]:
    """Import so many agents into an empty database, and a tenth of them before."""
    _, little = imported(servers, agents // 10)
    rate, much = imported(servers, agents)
    measured = {"memory_kb": much, "memory_of_a_tenth_kb": little}
    return [
        Figure(f"import of {agents:,} agents", rate, 20_000, True, "agents a second", measured),
        Figure("its memory, of that for a tenth", much / little, 1.1, measured=measured),
    ]


def imported(servers: Servers, agents: int) -> tuple[float, int]:
    """Agents a second, and the kilobytes that the command needed."""
    run_sql(servers.database_url, f"drop database if exists {NAME} with (force)")
    run_sql(servers.database_url, f"create database {NAME}")
    address = servers.database_url.replace(f"/{DATABASE}?", f"/{NAME}?")
    environment = {**os.environ, "DATABASE_URL": address, "REDIS_URL": servers.redis_url}
    try:
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
            write_agents(file, agents)
            flask("migrate", environment=environment)
            said, kilobytes = flask("import-agents", file.name, environment=environment)
    finally:
        run_sql(servers.database_url, f"drop database {NAME} with (force)")
    found = re.search(r"(\d+) inserted.* in ([0-9.]+) s", said)
    assert found, said
    assert int(found[1]) == agents, said
    return agents / float(found[2]), kilobytes


def write_agents(file: BinaryIO, agents: int) -> None:
    """Lines in the shape of the real registries: four agents of ten have a file."""
    random = Random(SEED)
    for agent in population.agents(population.Size(agents, 0, 0, SEED)):
        line = {
            "chain": agent.chain,
            "agent_id": agent.number,
            "registry_address": population.REGISTRY,
            "owner_address": agent.owner,
            "token_uri": f"https://agent-{agent.number}.example/agent.json",
            "tx_hash": f"0x{random.getrandbits(256):064x}",
            "block_number": agent.number,
            "registration_file": None,
        }
        if random.random() < WITH_FILE:
            line["registration_file"] = registration_file(random, agent)
        file.write(json.dumps(line).encode() + b"\n")
    file.flush()


def flask(*arguments: str, environment: dict[str, str]) -> tuple[str, int]:
    """Run a command; what it said, and the kilobytes that it needed at most."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said)
        kilobytes = 0
        while process.poll() is None:
            kilobytes = peak(process.pid) or kilobytes
            time.sleep(LOOK_SECONDS)
        assert process.returncode == 0, f"flask {arguments[0]} failed"
        said.seek(0)
        return said.read(), kilobytes


def peak(pid: int) -> int:
    """The most kilobytes that a process had so far; 0 once it has ended. What the system tells
    of it at its end counts the process that started it, too."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) if found else 0
