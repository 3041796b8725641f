"""Servers that the tests of symptoms may break, and a service on them for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from kamiyo_api.db import schema
from kamiyo_api.trust.refresh import refresh_stats
from tests.support import database
from tests.support.alerts import Span, firing
from tests.support.operated import Stand, standing
from tests.support.servers import BreakableServers, breakable_servers

Serve = Callable[..., Stand]


@pytest.fixture(scope="session")
def breakable() -> Iterator[BreakableServers]:
    """The servers of all tests of this process."""
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-symptoms-") as folder,
        breakable_servers(Path(folder)) as servers,
    ):
        yield servers


@pytest.fixture
def serve(breakable: BreakableServers) -> Iterator[Serve]:
    """Start the service with some settings, over empty tables and an empty Redis; all is well."""
    with ExitStack() as stack:

        def start(**settings: str) -> Stand:
            stand = stack.enter_context(standing(breakable, **settings))
            with stand.app.app_context():
                schema.migrate()
                refresh_stats()
            database.empty(stand.sql)
            stand.redis.flushall()
            stand.redis.config_set("maxmemory", "256mb")
            stand.redis.config_resetstat()
            assert stand.is_healthy()
            return stand

        yield start


@pytest.fixture
def stand(serve: Serve) -> Stand:
    """The service with its usual settings."""
    return serve()


@pytest.fixture
def fired(tmp_path: Path) -> Callable[..., str]:
    """See that alerts fire while the service is ill, and neither before nor after; their names."""

    def check(well: Span, ill: Span, cured: Span, *alerts: str) -> str:
        was_well, is_ill, is_cured = firing(well, ill, cured, folder=tmp_path)
        assert set(alerts) <= is_ill
        assert not set(alerts) & (was_well | is_cured)
        return ", ".join(alerts)

    return check
