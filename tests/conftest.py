"""Real servers for a test process, an application on them, and empty tables for each test."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kamiyo_api import create_app
from kamiyo_api.access import authentication, keys
from kamiyo_api.chains import Chains
from kamiyo_api.config import TIERS, Config
from kamiyo_api.db import schema
from kamiyo_api.dev.databases import Servers, embedded_servers
from kamiyo_api.trust.refresh import refresh_stats
from tests.support import database, factories
from tests.support.clients import CheckedClient
from tests.support.database import Sql
from tests.support.pgbouncer import pgbouncer

pytest_plugins = [
    "tests.support.agent_files",
    "tests.support.plans",
    "tests.support.reading",
    "tests.support.doctor",
    "tests.support.summary",
    "tests.support.imports",
    "tests.support.journal",
    "tests.support.migrating",
    "tests.support.service",
    "tests.support.shells",
    "tests.support.slow",
    "tests.support.temporary",
    "tests.support.triggers",
    "tests.support.anvil",
]


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """A PostgreSQL and a Valkey of this test process alone."""
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-test-") as folder,
        embedded_servers(Path(folder), throwaway=True) as started,
    ):
        yield started


@pytest.fixture(scope="session")
def database_url(servers: Servers) -> Iterator[str]:
    """How the application reaches PostgreSQL; through PgBouncer where that is asked for."""
    if "TESTS_THROUGH_PGBOUNCER" not in os.environ:
        yield servers.database_url
        return
    with (
        tempfile.TemporaryDirectory(prefix="kamiyo-bouncer-") as folder,
        pgbouncer(servers.database_url, Path(folder)) as address,
    ):
        yield address


@pytest.fixture(scope="session")
def session_app(servers: Servers, database_url: str) -> Flask:
    """The application, configured as in production: by the environment."""
    os.environ["DATABASE_URL"] = database_url
    os.environ["REDIS_URL"] = servers.redis_url
    os.environ["LOG_LEVEL"] = "warning"
    # The machine that tests may be busy; how a slow Redis is left alone is for tests/faults.
    os.environ["REDIS_TIMEOUT_MS"] = "5000"
    # The figures of the tiers are tested, whatever the shell that runs the tests gives them.
    for tier in TIERS:
        os.environ.pop(f"RATE_LIMITS_{tier.upper()}", None)
    app = create_app(Config.from_environment())
    app.testing = True
    app.test_client_class = CheckedClient
    # Defects answer 500 as they would for a client, and fail the test by the status.
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        schema.migrate()
    return app


@pytest.fixture
def sql(servers: Servers) -> Iterator[Sql]:
    """Run SQL as an operator would in psql; answers the rows as dicts."""
    with database.session(servers.database_url) as connection:
        yield partial(database.run, connection)


@pytest.fixture(scope="session")
def empty_tables(servers: Servers) -> Iterator[Callable[[], None]]:
    """Empty the tables before a test."""
    lasting = database.LastingSession(servers.database_url)
    yield lasting.empty
    lasting.close()


@pytest.fixture
def app(session_app: Flask, empty_tables: Callable[[], None]) -> Iterator[Flask]:
    """The application in its context, over empty tables and an empty Redis."""
    empty_tables()
    with session_app.app_context():
        session_app.extensions["kamiyo"].redis.call(lambda redis: redis.flushall())
        session_app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
        session_app.extensions["kamiyo"].chains = Chains()
        session_app.extensions["kamiyo"].sent_answers.clear()
        session_app.extensions["kamiyo"].known_reads.clear()
        session_app.extensions["kamiyo"].known_posts.clear()
        session_app.extensions["kamiyo"].known_many.clear()
        yield session_app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An HTTP client without a key."""
    return app.test_client()


@pytest.fixture
def key_for(app: Flask) -> Callable[..., dict[str, str]]:
    """Headers with a new key that acts for a wallet."""

    def make(wallet: str | None = None, *scopes: str, tier: str = "enterprise") -> dict[str, str]:
        secret = keys.create("test", tier, scopes or ("read", "write"), wallet, None)
        return {"Authorization": f"Bearer {secret}"}

    return make


@pytest.fixture
def admin(key_for: Callable[..., dict[str, str]]) -> dict[str, str]:
    """Headers with a key that may do everything, for anyone."""
    return key_for(None, "read", "write", "payments", "admin")


@pytest.fixture
def make_agent(client: FlaskClient, admin: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Register an agent over HTTP; see factories.agent for what it is like."""
    return factories.poster(client, admin, "/api/v1/agents/register", factories.agent)


@pytest.fixture
def give_feedback(client: FlaskClient, admin: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Give feedback over HTTP; takes at least agent_uuid."""
    return factories.poster(client, admin, "/api/v1/agents/feedback", factories.feedback)


@pytest.fixture
def link_payment(client: FlaskClient, admin: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Link a payment over HTTP; takes at least agent_uuid."""
    return factories.poster(client, admin, "/api/v1/agents/link-payment", factories.payment)


@pytest.fixture
def request_validation(client: FlaskClient, admin: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Request a validation over HTTP; takes at least agent_uuid."""
    return factories.poster(client, admin, "/api/v1/agents/validations", factories.validation)


@pytest.fixture
def get(client: FlaskClient, admin: dict[str, str]) -> Callable[[str], Any]:
    """Read what is at a path below /api/v1, with a key that may."""

    def read(path: str) -> Any:
        answer = client.get(f"/api/v1{path}", headers=admin)
        assert answer.status_code == 200, answer.json
        return answer.json

    return read


@pytest.fixture
def refresh(app: Flask) -> Callable[[], Any]:
    """Refresh the statistics."""
    return refresh_stats
