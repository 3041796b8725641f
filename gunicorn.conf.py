"""How gunicorn serves the application; every number may be set in the environment."""

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
    """A whole number of the environment from 1; ends the start with one line where it is none."""
    text = os.environ.get(name, "").strip(" \t\r\n") or str(default)
    if not re.fullmatch("[0-9]{1,15}", text) or not 1 <= int(text) <= most:
        wanted = f"must be a whole number from 1 to {most}"
        raise SystemExit(f"kamiyo-api: {name} {wanted}, not {text[:40]!r}")
    return int(text)


# Where it is not set, only this machine is served.
host = "0.0.0.0" if os.environ.get("PORT", "").strip(" \t\r\n") else "127.0.0.1"
bind = f"{host}:{number('PORT', 8000, 65535)}"
workers = number("WEB_CONCURRENCY", 2, 1000)
# Threads, and a main loop in which slow clients wait.
worker_class = "kamiyo_api.worker.Worker"
threads = number("WEB_THREADS", 4, 1000)
# Clients' connections of a worker; a new one takes the place of the one idle longest.
worker_connections = 1000
timeout = number("WEB_TIMEOUT", 30, 3600)
# Platforms kill 30 seconds after they ask to stop.
graceful_timeout = 25
# Longer than the 60 seconds that load balancers keep an idle connection for.
keepalive = 75

# A boot error shows once and ends the start; the application opens nothing before the fork.
preload_app = True

# The parser of gunicorn takes a time that grows with the square of a line's length.
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
# No header of a client says where the application is mounted.
forwarder_headers = ""
# Answers are collected before they are sent.
sendfile = False

# A heartbeat on a slow disk looks like a hung worker.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
# Its path would be shared by every gunicorn of this user.
control_socket_disable = True
# The application writes its own line for each request.
accesslog = None

# Each worker counts in files of its own here; /metrics adds them up. Set before the
# application is imported, because its metrics look for it then. A reload keeps the folder; a
# gunicorn that SIGUSR2 started inherits its predecessor's, and needs another.
OWNER, WORKER = "KAMIYO_METRICS_OWNER", "KAMIYO_METRICS_WORKER"
OUR_FOLDER = "kamiyo-metrics-"
if os.environ.get(OWNER) != str(os.getpid()):
    if OWNER in os.environ or not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=OUR_FOLDER)
    # A worker goes on in the files of the one that it replaces: otherwise each restart would
    # leave files behind for as long as gunicorn runs, and every scrape would read them all.
    values.ValueClass = values.MultiProcessValue(lambda: os.environ.get(WORKER, "master"))


def turns() -> Any:
    """Who has how many connections; imported late, because metrics look for their folder then."""
    from kamiyo_api.turns import board

    return board


def on_starting(server: Any) -> None:
    """Note whose folder it is, and let the first worker share with those that are started next."""
    os.environ[OWNER] = str(os.getpid())
    for place in range(server.cfg.workers):
        turns().note(place, 0, 0)


def pre_fork(server: Any, worker: Any) -> None:
    """Give a worker the lowest number that none has who lives, and let the others know that it
    is about to take connections."""
    taken = {each.number for each in server.WORKERS.values()}
    worker.number = next(number for number in itertools.count() if number not in taken)
    turns().note(worker.number, 0, 0)
    # What the application is made of is no garbage: to look through it takes a worker 40 ms, in
    # which none of its requests goes on.
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Let a worker count in the files of its number."""
    os.environ[WORKER] = str(worker.number)


def child_exit(server: Any, worker: Any) -> None:
    """Take what a worker that ended said of the present out of the metrics, and its connections
    out of those that the others compare theirs with."""
    multiprocess.mark_process_dead(worker.number)
    turns().leave(worker.number)


def on_exit(server: Any) -> None:
    """Leave no files behind; of a folder that was given, take only the counts."""
    folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
    if folder.name.startswith(OUR_FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for counts in folder.glob("*.db"):
        counts.unlink(missing_ok=True)
