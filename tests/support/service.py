"""The application under gunicorn, as in production, and many clients of it at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from bench.serving import Server, serving


@pytest.fixture(scope="session")
def gunicorn(session_app: Flask) -> Iterator[Server]:
    """The application as the environment configures it, over the servers of this test process."""
    with serving() as started:
        yield started


@pytest.fixture(name="server")
def over_empty_tables(app: Flask, gunicorn: Server) -> Server:
    """The running service, over empty tables."""
    return gunicorn


def at_once(count: int, call: Callable[[int], Any]) -> list[Any]:
    """What a call with 0, 1, … answers, where all begin at the same moment."""
    start = threading.Barrier(count)

    def wait_and_call(number: int) -> Any:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(wait_and_call, range(count)))
