"""A WSGI application under gunicorn, as in production."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests

from kamiyo_api.dev.processes import run_server

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Server:
    """A gunicorn that serves an application."""

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
def serving(application: str = "wsgi:app", **settings: str) -> Iterator[Server]:
    """Two workers of four threads each, on a free port; settings go before the environment's."""
    command = [sys.executable, "-m", "gunicorn", "--chdir", ROOT, "--bind", "127.0.0.1:0"]
    command += ["--config", ROOT / "gunicorn.conf.py", application]
    environment = {**os.environ, **settings}
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-web-") as folder,
        run_server(command, folder=Path(folder), ready="Listening at: ", env=environment),
    ):
        log = Path(folder) / "server.log"
        found = re.search(r"Listening at: (http://\S+)", log.read_text())
        assert found, log.read_text()
        yield Server(found[1], log)
