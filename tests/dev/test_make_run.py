"""`make run`: it looks after its servers, refreshes the statistics, and shows agents at once."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from kamiyo_api.dev.processes import NotStarted
from kamiyo_api.dev.supervision import MOST_ENDS, Process, Supervised, Supervisor
from tests.support.clones import clone_into, made_to_run
from tests.support.concurrency import wait_until
from tests.support.database import run_once

pytestmark = pytest.mark.slow


class Run(NamedTuple):
    """A clone in which `make run` serves."""

    folder: Path
    process: Process
    environment: dict[str, str]

    @property
    def said(self) -> str:
        """What it said so far."""
        return (self.folder / "server.log").read_text()

    @property
    def servers(self) -> dict[str, str]:
        """What it wrote down for flask commands."""
        return dict(json.loads((self.folder / ".data/servers.json").read_text()))

    def child(self, *words: str) -> psutil.Process:
        """Its child whose command line has these words."""
        (found,) = [
            each
            for each in psutil.Process(self.process.pid).children()
            if each.cmdline()[:1] != ["/bin/sh"] and set(words) <= {*each.cmdline(), each.name()}
        ]
        return found

    def type(self, command: str) -> str:
        """Type a command into a shell in the clone; its output."""
        return subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def health(self) -> Any:
        """The status that /health answers."""
        return requests.get(f"{self.type('cat .data/url').strip()}/health", timeout=10).json()

    def refreshes(self) -> int:
        """How often the statistics were refreshed."""
        statement = "select count(*) from erc8004_stats_refreshes"
        return int(run_once(self.servers["DATABASE_URL"], statement)[0]["count"])


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with tempfile.TemporaryDirectory(prefix="kamiyo-run-") as name:
        environment = clone_into(Path(name))
        with made_to_run(Path(name), environment) as process:
            yield Run(Path(name), process, environment)


def test_the_first_command_that_it_shows_answers_agents_with_names(run):
    (command,) = re.findall(r"^ +Try +(curl .*)$", run.said, re.MULTILINE)
    agents = json.loads(run.type(f"{command} --silent"))["agents"]
    assert len(agents) == 3
    assert all(agent["name"] for agent in agents)


def test_url_file_names_where_it_serves(run):
    (address,) = re.findall(r"^ +API +(\S+)/api/v1$", run.said, re.MULTILINE)
    assert run.type("cat .data/url") == f"{address}\n"
    assert urlsplit(address).port == int(run.servers["PORT"])


def test_statistics_are_refreshed_by_themselves(run):
    wait_until(lambda: run.refreshes() >= 2)
    assert "60" in run.child("refresh-stats", "--every").cmdline()


@pytest.mark.parametrize(
    ("name", "program"), [("PostgreSQL", "postgres"), ("Valkey", "valkey-server")]
)
def test_a_server_that_is_killed_comes_back_with_its_data(run, name, program):
    before = run.servers
    run.child(program).send_signal(signal.SIGKILL)
    wait_until(lambda: f"{name} is back" in run.said)
    assert f"make run: {name} ended (killed by SIGKILL); starting it again\n" in run.said
    assert run.servers == before
    wait_until(lambda: run.health()["status"] == "healthy")
    statement = "select count(*) from erc8004_agents"
    assert run_once(run.servers["DATABASE_URL"], statement)[0]["count"] == 2000


def test_a_refresh_that_ends_is_started_again(run):
    clock = run.child("refresh-stats", "--every")
    clock.kill()
    wait_until(lambda: "make run: the refresh is back" in run.said)
    assert run.child("refresh-stats", "--every").pid != clock.pid


# The last one, since nothing runs afterwards.
def test_it_ends_with_one_line_if_a_server_cannot_come_back(run):
    (run.folder / ".data/postgres/PG_VERSION").unlink()
    run.child("postgres").send_signal(signal.SIGKILL)
    run.process.wait(60)
    assert run.process.returncode == 1
    assert re.fullmatch("make run: PostgreSQL does not start again: .*", run.said.splitlines()[-1])
    assert not (run.folder / ".data/url").exists()


def test_a_server_that_ends_again_and_again_is_given_up():
    supervisor = Supervisor()

    def start() -> Process:
        return subprocess.Popen(["/bin/false"])

    def end() -> None:
        supervised.process.wait()
        supervisor.restore()

    with Supervised("PostgreSQL", start, supervisor) as supervised:
        for _ in range(MOST_ENDS - 1):
            end()
        with pytest.raises(NotStarted, match="PostgreSQL ended 5 times within a minute"):
            end()
