"""The application under gunicorn, as in production."""

from __future__ import annotations

from collections.abc import Iterator

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
