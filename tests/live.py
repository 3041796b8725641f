"""The application under gunicorn, as in production, and many clients of it at once."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from flask import Flask

from kamiyo_api.supervised import server

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Server:
    """A gunicorn that serves the application."""

    url: str
    log: Path

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send one request, over a connection of its own."""
        return requests.request(method, self.url + path, timeout=60, **options)

    def workers(self) -> list[int]:
        """The ids of the worker processes that live now."""
        booted = re.findall(r"Booting worker with pid: (\d+)", self.log.read_text())
        return [int(pid) for pid in booted if is_alive(int(pid))]


def is_alive(pid: int) -> bool:
    """Whether a process lives; the dead that nobody reaps yet do not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def serving(**settings: str) -> Iterator[Server]:
    """Two workers of four threads each, on a free port; settings go before the environment's."""
    command = [sys.executable, "-m", "gunicorn", "--chdir", ROOT, "--bind", "127.0.0.1:0"]
    command += ["--config", ROOT / "gunicorn.conf.py", "wsgi:app"]
    environment = {**os.environ, **settings}
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-web-") as folder,
        server(command, folder=Path(folder), ready="Listening at: ", env=environment),
    ):
        log = Path(folder) / "server.log"
        found = re.search(r"Listening at: (http://\S+)", log.read_text())
        assert found, log.read_text()
        yield Server(found[1], log)


@pytest.fixture(scope="session")
def gunicorn(session_app: Flask) -> Iterator[Server]:
    """The application as the environment configures it, over the servers of this test process."""
    with serving() as started:
        yield started


@pytest.fixture(name="server")
def over_empty_tables(app: Flask, gunicorn: Server) -> Server:
    """The running service, over empty tables."""
    return gunicorn


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What a call with 0, 1, … answers, where all begin at the same moment."""
    start = threading.Barrier(count)

    def wait_and_call(number: int) -> Any:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(wait_and_call, range(count)))
