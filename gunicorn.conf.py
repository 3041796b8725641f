"""Settings of gunicorn; the environment may set every number."""

import gc
import itertools
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client import multiprocess, values


def number(name: str, default: int, most: int) -> int:
    """Return a whole number from 1 to most from the environment; exit with one line if invalid."""
    text = os.environ.get(name, "").strip(" \t\r\n") or str(default)
    if not re.fullmatch("[0-9]{1,15}", text) or not 1 <= int(text) <= most:
        wanted = f"must be a whole number from 1 to {most}"
        raise SystemExit(f"kamiyo-api: {name} {wanted}, not {text[:40]!r}")
    return int(text)


# Without PORT, serve only this machine.
host = "0.0.0.0" if os.environ.get("PORT", "").strip(" \t\r\n") else "127.0.0.1"
bind = f"{host}:{number('PORT', 8000, 65535)}"
workers = number("WEB_CONCURRENCY", 2, 1000)
# Threads serve requests; slow clients wait in the main loop.
worker_class = "kamiyo_api.server.worker.Worker"
threads = number("WEB_THREADS", 4, 1000)
# Client connections per worker; a new one replaces the one idle longest.
worker_connections = 1000
timeout = number("WEB_TIMEOUT", 30, 3600)
# Platforms kill the process 30 seconds after they ask it to stop.
graceful_timeout = 25
# Longer than the 60 seconds for which load balancers keep an idle connection open.
keepalive = 75

# Report a boot error once and exit; the application opens no connection before the fork.
preload_app = True

# gunicorn's parser takes time quadratic in the length of a line.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
# Let no client header set where the application is mounted.
forwarder_headers = ""
# Answers are buffered before they are sent.
sendfile = False

# With its heartbeat on a slow disk, a worker would seem hung.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
# Every gunicorn of this user would share its path.
control_socket_disable = True
# The application logs each request itself.
accesslog = None

# Each worker counts in its own files in this folder; /metrics sums them. Set it before the
# application is imported, because its metrics read it then. A reload keeps the folder; a gunicorn
# started by SIGUSR2 inherits its predecessor's, and needs another.
OWNER, WORKER = "KAMIYO_METRICS_OWNER", "KAMIYO_METRICS_WORKER"
OUR_FOLDER = "kamiyo-metrics-"
if os.environ.get(OWNER) != str(os.getpid()):
    if OWNER in os.environ or not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=OUR_FOLDER)
    # A worker continues the files of the one that it replaces: otherwise each restart would leave
    # files behind for as long as gunicorn runs, and every scrape would read them all.
    values.ValueClass = values.MultiProcessValue(lambda: os.environ.get(WORKER, "master"))


def connection_counts() -> Any:
    """Return the connection counts of all workers; import them late, since metrics read their
    folder then."""
    from kamiyo_api.server import accept_turns

    return accept_turns.connection_counts


def on_starting(server: Any) -> None:
    """Record the owner of the folder, and enter every worker with no connections, so that the first
    shares with the next."""
    os.environ[OWNER] = str(os.getpid())
    for number in range(server.cfg.workers):
        connection_counts().record(number, 0, 0)


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker the lowest number that no live worker has, and announce it to the others
    before it accepts connections."""
    taken = {each.number for each in server.WORKERS.values()}
    worker.number = next(number for number in itertools.count() if number not in taken)
    connection_counts().record(worker.number, 0, 0)
    # The application itself is never garbage: scanning it would block all requests of a worker
    # for 40 ms.
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Make a worker count in the files of its number."""
    os.environ[WORKER] = str(worker.number)


def child_exit(server: Any, worker: Any) -> None:
    """Remove a stopped worker's gauges from the metrics, and its connections from those that the
    others compare theirs with."""
    multiprocess.mark_process_dead(worker.number)
    connection_counts().leave(worker.number)


def on_exit(server: Any) -> None:
    """Delete the folder of the metrics; if it was configured, delete only the counts in it."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if folder.name.startswith(OUR_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for counts in folder.glob("*.db"):
        counts.unlink(missing_ok=True)
