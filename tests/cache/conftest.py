"""Reading what may be cached, from any worker."""

from __future__ import annotations

import dataclasses

import pytest

from kamiyo_api import create_app
from kamiyo_api.config import Config
from kamiyo_api.context import services
from tests.support.endpoints import AGENTS


@pytest.fixture
def redis(app):
    """Redis, as an operator sees it."""
    return app.extensions["kamiyo"].redis.connection


@pytest.fixture
def another_worker(app):
    """A second process of the service, as far as the cache can tell; its client."""
    config = dataclasses.replace(Config.from_environment(), redis_timeout=0.05)
    return create_app(config).test_client()


@pytest.fixture
def read(client, admin):
    """What a path below /api/v1/agents/ shows, to a client of any worker."""
    return lambda path, client=client: client.get(AGENTS + path, headers=admin).json


@pytest.fixture
def agent(make_agent):
    """The uuid of an agent."""
    return make_agent()["agent_uuid"]


@pytest.fixture
def suspend(client, admin):
    """Suspend an agent."""
    return lambda agent: client.patch(AGENTS + agent, json={"status": "suspended"}, headers=admin)


@pytest.fixture
def prefix(app):
    """What the names of this database's answers begin with."""
    return services().cache_state.current_database().prefix
