"""`make run`: the whole service on this machine, with demo data and an API key to try it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType

import click
from flask import Flask
from flask.cli import ScriptInfo

from kamiyo_api import create_app, db
from kamiyo_api.chains import read_chains
from kamiyo_api.config import API_PREFIX, LOCAL_SERVERS
from kamiyo_api.demo.story import CHAIN
from kamiyo_api.dev.chain import ADD, SETTING, DemoChain, announcement
from kamiyo_api.dev.databases import Servers, bundled_postgres, servers_of_environment
from kamiyo_api.dev.processes import NotStarted, run_process
from kamiyo_api.dev.supervision import Process, Supervised, Supervisor
from kamiyo_api.errors import ApiError

ROOT = Path(__file__).resolve().parent.parent.parent
DATA_DIR = LOCAL_SERVERS.resolve().parent
KEY_FILE = DATA_DIR / "api-key"
URL_FILE = DATA_DIR / "url"
DEMO_DATA = "demo-data --if-empty --agents 2000 --feedback 20000 --payments 5000 --seed 8004"
DEMO_KEY = (
    "api-keys create --name demo --tier enterprise "
    "--scope read --scope write --scope payments --scope admin --secret-only"
)
# Agents that pass a decision; all of them have names.
TRY = "/api/v1/agents/?x402=true&trust_level=excellent&sort=-total_payments&limit=3"
REFRESH_SECONDS = 60
# Data from a chain appears in searches after a refresh.
REFRESH_SECONDS_OF_CHAIN = 5
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(SystemExit):
    """A signal requested the stop, which is a success."""

    requested = False


def main(port_text: str, chain: str = "") -> None:
    """Serve at 127.0.0.1 until SIGINT or SIGTERM; exit with one line if that is impossible.

    `chain` is the chain to follow, or empty.
    """
    for number in STOPPING:
        signal.signal(number, _stop)
    try:
        serve(_port(port_text), _chain(chain))
    except Stopped:
        print("\nStopped. The data stays in .data/.")
        raise
    except FileExistsError as error:
        sys.exit(f"make run: {error.filename} is not a folder; move it away")
    except OSError as error:
        sys.exit(f"make run: {error.filename or 'this machine'}: {error.strerror or error}")
    except (NotStarted, ApiError, click.ClickException) as error:
        sys.exit(f"make run: {' '.join(str(error).split())}")


def _stop(number: int, frame: FrameType | None) -> None:
    if not Stopped.requested:
        Stopped.requested = True
        raise Stopped


def _stop_if_requested() -> None:
    """Raise Stopped again if the interpreter swallowed it, as it does during imports."""
    if Stopped.requested:
        raise Stopped


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise NotStarted(f"PORT must be a number from 1 to 65535, not {text!r}")
    return int(text)


def _chain(name: str) -> DemoChain | None:
    if name not in ("", CHAIN):
        raise NotStarted(f"CHAIN must be {CHAIN}, not {name!r}; flask index-chain follows others")
    return DemoChain(DATA_DIR / "anvil") if name else None


def serve(port: int, chain: DemoChain | None) -> None:
    """Start, prepare and announce the service; end only with an exception."""
    _check_free(port)
    supervisor = Supervisor()
    seconds = REFRESH_SECONDS_OF_CHAIN if chain else REFRESH_SECONDS
    with (
        servers_of_environment(DATA_DIR, supervisor) as servers,
        _published(servers, port, chain),
    ):
        prepare(app := create_app())
        if chain:
            _add_chain(app)
        command = [sys.executable, "-m", "gunicorn", "--log-level", "warning"]
        with run_process([*command, "--bind", f"127.0.0.1:{port}", "wsgi:app"], cwd=ROOT) as web:
            _wait_for(web, port)
            with (
                Supervised("the refresh", partial(_clock, seconds), supervisor),
                chain.followed(ROOT, supervisor) if chain else contextlib.nullcontext(),
            ):
                print(_announcement(servers, port, chain, seconds), flush=True)
                _watch(web, supervisor, partial(chain.step, app) if chain else lambda: None)


def _clock(seconds: int) -> AbstractContextManager[Process]:
    """Refresh the statistics regularly, as the clock of the Procfile does."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "refresh-stats", "--every"]
    return run_process(
        [*command, str(seconds)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )


def _watch(web: Process, supervisor: Supervisor, step: Callable[[], None]) -> None:
    """Restart processes that end and run a step of the extra work, until the service ends."""
    while web.poll() is None:
        _stop_if_requested()
        supervisor.restore()
        step()
        time.sleep(0.2)
    raise NotStarted(f"gunicorn ended by itself, with {web.returncode}")


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = os.strerror(error.errno or 0).lower()
            raise NotStarted(
                f"port {port} cannot be used ({reason}); choose another: make run PORT=8001"
            ) from None


@contextmanager
def _published(servers: Servers, port: int, chain: DemoChain | None) -> Iterator[None]:
    """Write the URLs to files, for `flask` and shell commands in the same clone."""
    addresses = {
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "PORT": str(port),
        **({SETTING: chain.url} if chain else {}),
    }
    draft = LOCAL_SERVERS.with_suffix(".new")
    DATA_DIR.mkdir(exist_ok=True)
    draft.write_text(json.dumps(addresses))
    draft.rename(LOCAL_SERVERS)
    URL_FILE.write_text(f"http://127.0.0.1:{port}\n")
    try:
        yield
    finally:
        LOCAL_SERVERS.unlink(missing_ok=True)
        URL_FILE.unlink(missing_ok=True)


def prepare(app: Flask) -> None:
    """Migrate and refresh. If the key is not valid yet, load the demo data and create the key."""
    _flask(app, "migrate")
    if not _key_works(app):
        _flask(app, DEMO_DATA)
        _save_secret(_output_of_flask(app, DEMO_KEY).strip())
    _flask(app, "refresh-stats")


def _add_chain(app: Flask) -> None:
    """Add the chain of the demo as an operator does, unless it exists."""
    with app.app_context():
        known = read_chains(db).find(CHAIN)
    if known is None:
        _flask(app, ADD)


def _flask(app: Flask, command: str) -> None:
    """Run a `flask` command in this process, because a new one would take a second to start."""
    _stop_if_requested()
    script = ScriptInfo(create_app=lambda: app)
    status = app.cli.main(shlex.split(command), "flask", standalone_mode=False, obj=script)
    if status:
        raise NotStarted(f"flask {command.split()[0]} failed")


def _output_of_flask(app: Flask, command: str) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        _flask(app, command)
    return output.getvalue()


def _key_works(app: Flask) -> bool:
    """Return whether the key in the key file is valid in this database, which may be new."""
    if not KEY_FILE.exists():
        return False
    headers = {"Authorization": f"Bearer {KEY_FILE.read_text().strip()}"}
    return app.test_client().get("/api/v1/key", headers=headers).status_code != 401


def _save_secret(secret: str) -> None:
    KEY_FILE.unlink(missing_ok=True)
    with open(os.open(KEY_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secret + "\n")


def _wait_for(web: Process, port: int) -> None:
    while web.poll() is None:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.02)
    raise NotStarted(f"gunicorn did not start; it ended with {web.returncode}")


def _announcement(servers: Servers, port: int, chain: DemoChain | None, seconds: int) -> str:
    address = f"http://127.0.0.1:{port}"
    key_file = os.path.relpath(KEY_FILE)
    psql = shlex.join([str(bundled_postgres() / "psql"), servers.database_url])
    return f"""
  API       {address}/api/v1
  Docs      {address}/docs
  Pages     {address}/
  Key       {key_file}
  Try       curl -H "Authorization: Bearer $(cat {key_file})" '{address}{TRY}'
  Database  {psql}
  Cache     redis-cli -u {shlex.quote(servers.redis_url)}
{announcement(address + API_PREFIX, key_file) if chain else ""}
The statistics are refreshed every {seconds} seconds. Ctrl-C stops all of it."""


if __name__ == "__main__":
    main(*sys.argv[1:])
