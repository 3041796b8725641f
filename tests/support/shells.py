"""The shell of an operator, in which psql and redis-cli find the servers by themselves."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask

from kamiyo_api.dev.databases import Servers, bundled_postgres
from tests.support.programs import needed

Shell = Callable[[str], str]


def leading_to(database_url: str) -> dict[str, str]:
    """An environment whose PG* variables lead psql to a database."""
    address = urlsplit(database_url)
    options = parse_qs(address.query)
    return {
        **os.environ,
        "PATH": f"{bundled_postgres()}:{os.environ['PATH']}",
        "PGHOST": options["host"][0],
        "PGPORT": options["port"][0],
        "PGUSER": "postgres",
        "PGDATABASE": address.path[1:],
    }


def run_in_shell(command: str, environment: dict[str, str], folder: Path | None = None) -> str:
    """What a command line answers that succeeds and complains of nothing."""
    done = subprocess.run(
        ["/bin/sh", "-c", command], env=environment, cwd=folder, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def shell(app: Flask, servers: Servers) -> Shell:
    """Run a command line as an operator does whose PG* variables lead to the database."""
    return lambda command: run_in_shell(command, leading_to(servers.database_url))


@pytest.fixture
def shell_with_redis(app: Flask, servers: Servers, tmp_path: Path) -> Shell:
    """The same, in an empty folder, where redis-cli goes to the Valkey of the tests as if that
    listened at port 6379, which is where it looks."""
    redis_cli = needed("redis-cli")
    programs, folder = tmp_path / "bin", tmp_path / "home"
    for each in (programs, folder):
        each.mkdir()
    instead = programs / "redis-cli"
    instead.write_text(f'#!/bin/sh\nexec {redis_cli} -u {servers.redis_url} "$@"\n')
    instead.chmod(0o755)
    environment = leading_to(servers.database_url)
    environment["PATH"] = f"{programs}:{environment['PATH']}"
    return lambda command: run_in_shell(command, environment, folder)
