"""Requests that race each other."""

from __future__ import annotations

import pytest

from tests.support.concurrency import at_once


@pytest.fixture
def race(server, admin):
    """Send one request of each body at the same moment; the answers."""

    def run(method, paths, bodies):
        def send(number):
            return server.request(method, paths[number], json=bodies[number], headers=admin)

        return at_once(len(bodies), send)

    return run
