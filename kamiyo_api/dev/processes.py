"""Child processes that end with the process that started them, however that one ends.

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

# Outlives its owner: when the owner's end of the pipe closes unannounced, it does what the
# owner would have done. It waits by the clock, because the dead that nobody reaps seem alive.
GUARD = """
read -r _
kill -s "$1" "$2"
shift 2
[ $# -eq 0 ] || sleep 2
for path; do rm -rf -- "$path"; rmdir -- "$(dirname -- "$path")"; done
"""


class NotStarted(Exception):
    """A server cannot be started; the message is one line that says why."""


@contextmanager
def supervised(
    command: Sequence[str | Path],
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    litter: Sequence[Path] = (),
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends, then stop it and remove the paths in `litter`.

    It has a session of its own, so that Ctrl-C reaches only us. `options` are Popen's.
    Raises OSError where the program cannot be run.
    """
    process = subprocess.Popen(command, start_new_session=True, **options)
    try:
        with _guard(process, stop_signal, litter):
            yield process
    finally:
        _stop(process, stop_signal)
        for path in litter:
            _remove(path)


@contextmanager
def _guard(
    process: subprocess.Popen[bytes], stop_signal: signal.Signals, litter: Sequence[Path]
) -> Iterator[None]:
    name = stop_signal.name.removeprefix("SIG")
    guard = subprocess.Popen(
        ["/bin/sh", "-c", GUARD, "guard", name, str(process.pid), *litter],
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
    """Remove a file or folder, and the folder that it was in once that is empty."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.parent.rmdir()


@contextmanager
def server(
    command: Sequence[str | Path], *, folder: Path, ready: str, **options: Any
) -> Iterator[None]:
    """Run a server in `folder`, logging to server.log there; enter once it logged `ready`.

    `options` are those of supervised(). Raises NotStarted with the server's last words.
    """
    with (folder / "server.log").open("ab+") as log:
        begin = log.seek(0, 2)
        streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log}
        with supervised(command, cwd=folder, **streams, **options) as process:
            while ready not in (said := _read_from(Path(log.name), begin)):
                if process.poll() is not None:
                    raise NotStarted(f"{_last_words(said)} (see {folder}/server.log)")
                time.sleep(0.01)
            yield


def _read_from(log: Path, begin: int) -> str:
    with log.open("rb") as stream:
        stream.seek(begin)
        return stream.read().decode(errors="replace")


def _last_words(said: str) -> str:
    """What a server said as it gave up: its FATAL line, or else its last."""
    lines = said.strip().splitlines() or ["it ended without a word"]
    fatal = [line.partition("FATAL:")[2] for line in lines if "FATAL:" in line]
    return (fatal or lines)[-1].strip()


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Keep every other process out of `folder` until the block ends, by a lock file beside it.

    Raises NotStarted where another process has it.
    """
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotStarted(f"{folder} is in use by another run; stop that one first") from None
        yield


def end_leftover(pid_file: Path, program: str, stop_signal: signal.Signals) -> None:
    """Stop the server that a killed run left in the folder of `pid_file`, and forget it.

    The pid may be anybody's by now: it counts only if it is `program` at work in that folder.
    """
    with contextlib.suppress(FileNotFoundError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if process.name() == program and Path(process.cwd()) == pid_file.parent:
            process.send_signal(stop_signal)
            _wait_for_end(process)
    pid_file.unlink(missing_ok=True)


def _wait_for_end(process: psutil.Process) -> None:
    """Wait for a process that is not our child, so that nobody may ever reap it."""
    for _ in range(SECONDS_TO_STOP * 20):
        if process.status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.05)
    process.kill()
