"""Child processes that end with their parent, however it ends.

For development and tests: nothing that serves production imports this.
"""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

SECONDS_TO_STOP = 60

# This shell outlives its owner: when the pipe from the owner closes, the owner has died, and the
# shell stops the process and removes the paths. It sleeps for a fixed time, because a dead process
# that has not been reaped looks alive.
GUARD = """
read -r _
kill -s "$1" "$2"
shift 2
[ $# -eq 0 ] || sleep 2
for path; do rm -rf -- "$path"; rmdir -- "$(dirname -- "$path")"; done
"""


class NotStarted(Exception):
    """A server cannot be started; the message is one line with the reason."""


@contextmanager
def run_process(
    command: Sequence[str | Path],
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    temporary_paths: Sequence[Path] = (),
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends, then stop it and remove the paths in `temporary_paths`.

    It has its own session, so Ctrl-C reaches only the parent. `options` are those of Popen.
    Raises OSError if the program cannot be run.
    """
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        with _guard(process, stop_signal, temporary_paths):
            yield process
    finally:
        _stop(process, stop_signal)
        for path in temporary_paths:
            _remove(path)


@contextmanager
def _guard(
    process: subprocess.Popen[bytes], stop_signal: signal.Signals, temporary_paths: Sequence[Path]
) -> Iterator[None]:
    name = stop_signal.name.removeprefix("SIG")
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", name, str(process.pid), *temporary_paths],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    with guard:
        try:
            yield
        finally:
            guard.kill()


def _stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    process.send_signal(stop_signal)
    try:
        process.wait(SECONDS_TO_STOP)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _remove(path: Path) -> None:
    """Remove a file or folder, and its parent folder if that is then empty."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.parent.rmdir()


@contextmanager
def run_server(
    command: Sequence[str | Path], *, folder: Path, ready: str, **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in `folder`, which logs to server.log there; enter the block after `ready`.

    `options` are those of run_process(). Raises NotStarted with the last line of the log.
    """
    with (folder / "server.log").open("ab+") as log:
        start = log.seek(0, 2)
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        with run_process(command, cwd=folder, **streams, **options) as process:
            while ready not in (output := _read_from(Path(log.name), start)):
                if process.poll() is not None:
                    raise NotStarted(f"{_last_error(output)} (see {folder}/server.log)")
                time.sleep(0.01)
            yield process


def _read_from(log: Path, start: int) -> str:
    with log.open("rb") as stream:
        stream.seek(start)
        return stream.read().decode(errors="replace")


def _last_error(output: str) -> str:
    """Return the reason why a server ended: its last FATAL line, else its last line."""
    lines = output.strip().splitlines() or ["it ended without a word"]
    fatal = [line.partition("FATAL:")[2] for line in lines if "FATAL:" in line]
    return (fatal or lines)[-1].strip()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Lock `folder` against other processes until the block ends, with a lock file next to it.

    Raises NotStarted if another process has locked it.
    """
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(f"{folder} is in use by another run; stop that one first") from None
        yield


def stop_leftover(pid_file: Path, program: str, stop_signal: signal.Signals) -> None:
    """Stop the server that a killed run left in the folder of `pid_file`, and delete the file.

    Another process may have the pid by now, so only `program` in that folder is stopped.
    """
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.name() == program and Path(process.cwd()) == pid_file.parent:
            process.send_signal(stop_signal)
            _wait_for_end(process)
    pid_file.unlink(missing_ok=True)


def _wait_for_end(process: psutil.Process) -> None:
    """Wait for the end of a process that is not a child and may never be reaped."""
    for _ in range(SECONDS_TO_STOP * 20):
        if process.status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
    process.kill()
