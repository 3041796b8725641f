"""A copy of the repository, and `make run` in it."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

from kamiyo_api.dev.databases import free_port
from kamiyo_api.dev.processes import run_server
from kamiyo_api.dev.supervision import Process
from tests.support import ROOT

SERVED = ("kamiyo_api", "sql", "wsgi.py", "gunicorn.conf.py")


def clone_into(folder: Path) -> dict[str, str]:
    """Copy what serves into a folder; the environment of a stranger's shell in it."""
    for path in SERVED:
        subprocess.run(["cp", "-R", ROOT / path, folder], check=True)
    (folder / ".venv").symlink_to(sys.prefix)
    return {
        "PATH": f"{sys.prefix}/bin:{os.environ['PATH']}",
        "HOME": str(folder),
        # The machine that tests may be busy.
        "REDIS_TIMEOUT_MS": "5000",
    }


def made_to_run(
    folder: Path, environment: dict[str, str], chain: str = ""
) -> AbstractContextManager[Process]:
    """`make run` in a clone, at a free port; what it says is in server.log."""
    command = [sys.executable, "-m", "kamiyo_api.dev.server", str(free_port()), chain]
    return run_server(command, folder=folder, ready="Ctrl-C stops all of it.", env=environment)
