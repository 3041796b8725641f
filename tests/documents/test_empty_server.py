"""ops/README.md: what it tells to type on an empty server leads to a service with a backup."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from kamiyo_api.dev.databases import embedded_postgres, embedded_valkey, free_port
from kamiyo_api.dev.processes import run_process
from tests.support import ROOT
from tests.support.concurrency import wait_until
from tests.support.programs import needed, needed_file

pytestmark = pytest.mark.slow

GUIDE = (ROOT / "ops" / "README.md").read_text()
POSTGRES = Path("/usr/lib/postgresql/15/bin")
# What only a machine of its own can do: the test does the same in its folder.
OF_THE_MACHINE = [
    "apt-get update",
    "apt-get install --yes git python3-venv postgresql redis-server nginx curl openssl sudo cron",
    "adduser --system --group --home /opt/kamiyo-api --no-create-home kamiyo",
    "git clone https://github.com/kamiyo/erc8004.git /opt/kamiyo-api",
    "python3 -m venv .venv",
    ".venv/bin/pip install --require-hashes -r requirements.txt",
    "redis-cli config rewrite",
    "systemctl daemon-reload",
    "systemctl enable --now kamiyo-api kamiyo-api-refresh kamiyo-api-resolver",
]
CLONED = ("kamiyo_api", "sql", "ops", "wsgi.py", "gunicorn.conf.py", "requirements.txt")


def typed():
    """The lines of the chapter, in their order."""
    (chapter,) = re.findall(r"^## From an empty server\n(.*?)^## ", GUIDE, re.M | re.DOTALL)
    blocks = re.findall(r"^```bash\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    return "".join(blocks).splitlines()


class Machine:
    """A folder that stands for a server: its /opt, /etc and /var, and servers of its own."""

    def __init__(self, root: Path, database_url: str, redis_url: str) -> None:
        self.root = root
        self.clone = root / "opt/kamiyo-api"
        self.port = free_port()
        self.redis_url = redis_url
        self.socket = re.search(r"host=([^&]+)", database_url)[1]
        for folder in (self.clone / ".venv/bin", root / "etc/systemd/system", root / "var/backups"):
            folder.mkdir(parents=True)
        (root / "etc/cron.daily").mkdir()
        for name in CLONED:
            subprocess.run(["cp", "-R", ROOT / name, self.clone], check=True)
        for name in ("python", "gunicorn"):
            program = Path(sys.executable).with_name(name)
            (self.clone / ".venv/bin" / name).write_text(f'#!/bin/sh\nexec "{program}" "$@"\n')
            (self.clone / ".venv/bin" / name).chmod(0o755)

    def here(self, text: str) -> str:
        """A text of the guide, or of a file of it, with the places of this machine."""
        text = re.sub(r"(?<![\w.])/(opt|etc|var/backups)/", rf"{self.root}/\1/", text)
        at_socket = f"postgresql://kamiyo@/kamiyo?host={self.socket}"
        text = re.sub(r"postgresql://kamiyo:\w+@127.0.0.1/kamiyo", at_socket, text)
        text = text.replace("redis://127.0.0.1:6379/0", self.redis_url)
        text = text.replace("redis-cli", f"redis-cli -u {self.redis_url}")
        text = text.replace(":8000", f":{self.port}")
        return text.replace("sudo -u postgres ", "PGUSER=postgres ").replace("-g kamiyo ", "")

    def type(self, lines: list[str]) -> str:
        """Type lines into a shell in the clone; what they print."""
        done = subprocess.run(
            ["/bin/sh", "-euc", self.here("\n".join(lines))],
            cwd=self.clone,
            env={
                "PATH": f"{POSTGRES}:{os.environ['PATH']}",
                "PGHOST": self.socket,
                "REDIS_TIMEOUT_MS": "5000",
                "PORT": str(self.port),
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def adapt(self, path: str) -> Path:
        """Put the places of this machine into a file that the guide installed."""
        file = self.root / path
        file.write_text(self.here(file.read_text()))
        return file

    def started_by(self, unit: str, key: str) -> list[str]:
        """The shell command of a unit, with the settings of its EnvironmentFile."""
        text = self.here((self.root / f"etc/systemd/system/{unit}.service").read_text())
        (settings,) = re.findall(r"^EnvironmentFile=(.*)$", text, re.MULTILINE)
        (command,) = re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)
        load = f"set -a; . {settings}; PORT={self.port} REDIS_TIMEOUT_MS=5000; set +a"
        return ["/bin/sh", "-euc", f"{load}; exec {command}"]


@pytest.fixture
def machine(tmp_path_factory):
    needed_file(POSTGRES / "postgres")
    folder = tmp_path_factory.mktemp("server")
    with (
        embedded_postgres(folder, bin_dir=POSTGRES) as database_url,
        embedded_valkey(folder) as redis_url,
    ):
        machine = Machine(folder, database_url, redis_url)
        # The guide creates its own.
        machine.type(["sudo -u postgres dropdb kamiyo"])
        yield machine


def test_lines_for_the_machine_alone_are_these():
    assert [line for line in typed() if line in OF_THE_MACHINE] == OF_THE_MACHINE


def test_what_is_typed_on_an_empty_server_leads_to_a_service_with_a_backup(machine):
    needed("redis-cli")
    lines = [line for line in typed() if line not in OF_THE_MACHINE]
    first_key = next(n for n, line in enumerate(lines) if line.startswith("set -a;"))
    backup = next(n for n, line in enumerate(lines) if "/var/backups" in line)
    machine.type(lines[:first_key])
    settings = machine.adapt("etc/kamiyo-api/environment")
    assert settings.stat().st_mode & 0o777 == 0o600
    assert "TRUSTED_PROXIES=1\n" in settings.read_text()
    assert "PASSWORD" not in settings.read_text()

    subprocess.run(machine.started_by("kamiyo-api", "ExecStartPre"), cwd=machine.clone, check=True)
    with run_process(machine.started_by("kamiyo-api", "ExecStart"), cwd=machine.clone) as process:
        wait_until(lambda: process.poll() is not None or is_alive(machine.port))
        secret, health, counts = machine.type(lines[first_key:backup]).splitlines()[-3:]
        assert '"status":' in health
        headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-For": "192.0.2.1"}
        url = f"http://127.0.0.1:{machine.port}/api/v1/key"
        assert requests.get(url, headers=headers, timeout=10).json()["name"] == "first"
    assert re.match(r"\d+ ok, ", counts)
    assert "failing" not in counts

    machine.type(lines[backup:-1])
    machine.adapt("etc/cron.daily/kamiyo-api")
    machine.type(lines[-1:])
    (dump,) = (machine.root / "var/backups/kamiyo-api").iterdir()
    listed = machine.type([f"pg_restore --list {dump}"])
    assert "TABLE DATA public erc8004_agents" in listed
    assert dump.stat().st_mode & 0o777 == 0o600


def is_alive(port):
    """Whether the service answers."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/live", timeout=10).ok
    except requests.ConnectionError:
        return False
