"""Load by wrk over HTTP: 16 connections, as fast as the answers come."""

from __future__ import annotations

import json
import math
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.serving import Server

CONNECTIONS = 16
# Where all connections are opened at once, now and then one worker accepts every one of them
# and the other idles: so half of them come a moment later.
WRKS = 2
APART_SECONDS = 0.05
SCRIPT = Path(__file__).with_name("requests.lua")


@dataclass(frozen=True)
class Run:
    """What came of one run: rates in requests a second, latencies in ms, `cpu` in
    microseconds of the workers' processor time for one request."""

    rate: float
    cpu: float
    p50: float
    p99: float
    requests: int


class LoadFailed(Exception):
    """A request was refused or broke: what was measured is not what was meant."""


def check_installed() -> None:
    """Say how to get wrk. Raises SystemExit."""
    if shutil.which("wrk") is None:
        raise SystemExit("make bench: wrk is not installed here: apt-get install wrk")


def load(
    server: Server,
    lines: Sequence[str],
    seconds: float,
    key: str,
    *,
    once: bool = False,
) -> Run:
    """Send lines of "path" or "path<tab>body" for so long, over and over or once.

    Where they are sent once and end before, the rate is too low. Raises LoadFailed.
    """
    before = processor_seconds(server)
    said = wrks(server.url, lines, seconds, key, once=once)
    spent = processor_seconds(server) - before
    requests = sum(each["requests"] for each in said)
    if not requests or any(each["refused"] or each["broken"] for each in said):
        raise LoadFailed(f"{server.url}{lines[0].split()[0]}: {said}; see {server.log}")
    return Run(
        rate=sum(each["requests"] / each["seconds"] for each in said),
        cpu=spent / requests * 1e6,
        p50=sum(each["p50"] for each in said) / WRKS,
        p99=max(each["p99"] for each in said),
        requests=requests,
    )


def wrks(
    url: str, lines: Sequence[str], seconds: float, key: str, *, once: bool
) -> list[dict[str, Any]]:
    """Run wrk as often as it takes, each with its share of the lines; what each says."""
    with ExitStack() as stack:
        running = []
        for number in range(WRKS):
            file = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".txt"))
            file.write("\n".join(lines[number::WRKS] or lines))
            file.flush()
            wrk = command(url, file.name, seconds, key, once=once)
            running.append(subprocess.Popen(wrk, stdout=subprocess.PIPE, text=True))
            time.sleep(APART_SECONDS)
        time.sleep(seconds)
        for each in running:
            each.send_signal(signal.SIGINT)
        return [json.loads(each.communicate()[0].splitlines()[-1]) for each in running]


def command(url: str, file: str, seconds: float, key: str, *, once: bool) -> list[str]:
    """How to run wrk, in one thread so that every line is sent in its turn, until it is
    interrupted: it counts in whole seconds."""
    connections = str(CONNECTIONS // WRKS)
    options = ["-t1", f"-c{connections}", f"-d{math.ceil(seconds) + 1}s", "-s", str(SCRIPT)]
    arguments = [file, connections] if once else [file]
    return ["wrk", *options, "-H", f"Authorization: Bearer {key}", url, "--", *arguments]


def processor_seconds(server: Server) -> float:
    """What the living workers have used so far."""
    times = [psutil.Process(pid).cpu_times() for pid in server.workers()]
    return sum(each.user + each.system for each in times)
