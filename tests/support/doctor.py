"""`flask doctor` as an operator types it, and the cures that it names."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask

from kamiyo_api.dev.databases import Servers, bundled_postgres
from tests.support import ROOT

# Nobody listens at this port, whatever else runs on the machine that tests.
NOWHERE = "http://127.0.0.1:1"


@dataclass(frozen=True)
class Examined:
    """What the doctor said."""

    exit_code: int
    report: dict[str, Any]

    def __getitem__(self, name: str) -> dict[str, Any]:
        (check,) = [each for each in self.report["checks"] if each["name"] == name]
        return dict(check)

    def status(self, name: str) -> str:
        """What one check found."""
        return str(self[name]["status"])

    def names(self, *statuses: str) -> set[str]:
        """The checks that found one of these."""
        return {each["name"] for each in self.report["checks"] if each["status"] in statuses}


Doctor = Callable[..., Examined]


@pytest.fixture
def addresses(app: Flask, servers: Servers) -> dict[str, str]:
    """The settings of a process that uses the servers of this one."""
    return {"DATABASE_URL": servers.database_url, "REDIS_URL": servers.redis_url}


@pytest.fixture
def doctor(app: Flask) -> Doctor:
    """Run `flask doctor --json` in this process."""

    def examine(*words: str, url: str = NOWHERE) -> Examined:
        words = ("doctor", "--json", "--url", url, *words)
        done = app.test_cli_runner().invoke(args=words)
        assert done.stderr == ""
        return Examined(done.exit_code, json.loads(done.stdout))

    return examine


def examined(settings: Mapping[str, str], *words: str) -> Examined:
    """Run `flask doctor --json` as a process with these settings."""
    done = typed(settings, "doctor", "--json", *(words or ("--url", NOWHERE)))
    assert done.stderr == ""
    return Examined(done.returncode, json.loads(done.stdout))


def typed(settings: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run a `flask` command as a process."""
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *words],
        cwd=ROOT,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
    )


def shell(cure: str, database_url: str) -> None:
    """Run a cure as the operator's shell does; psql and flask are there."""
    environment = {
        **os.environ,
        "PATH": f"{bundled_postgres()}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "DATABASE_URL": database_url,
        "FLASK_APP": "wsgi",
    }
    done = subprocess.run(
        ["/bin/sh", "-c", cure], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def cure(servers: Servers) -> Callable[[dict[str, Any]], None]:
    """Do what a check says that cures it."""
    return lambda check: shell(check["cure"], servers.database_url)


def redis_cli(line: str, connection: redis.Redis) -> None:
    """Do what `redis-cli` would: this machine need not have it."""
    for command in line.split("; "):
        program, option, _, *words = shlex.split(command)
        assert (program, option) == ("redis-cli", "-u")
        connection.execute_command(*words)


@pytest.fixture
def valkey(app: Flask) -> Iterator[redis.Redis]:
    """The Redis of the tests, whose settings are put back afterwards."""
    connection: redis.Redis = app.extensions["kamiyo"].redis.connection
    names = ("maxmemory", "maxmemory-policy", "save")
    before = {name: connection.config_get(name)[name] for name in names}
    yield connection
    for name, value in before.items():
        connection.config_set(name, value)
    connection.flushall()
    connection.config_resetstat()
