"""Pages with other settings: a rate limit, no Redis, no database, or turned off."""

from __future__ import annotations

import dataclasses

import pytest

from kamiyo_api import create_app
from kamiyo_api.config import Config
from tests.support.html import HTML

NO_ADDRESS = "00000000-0000-4000-8000-000000000000"


NOWHERE = "postgresql://kamiyo@127.0.0.1:1/kamiyo"


@pytest.fixture
def configured(app):
    """Return a client of the service with other settings."""

    def create(**settings):
        made = create_app(dataclasses.replace(Config.from_environment(), **settings))
        return made.test_client()

    return create


def test_pages_are_limited_per_address(configured):
    client = configured(explorer_pages_per_minute=2)
    statuses = [client.get("/chains", headers=HTML).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = client.get("/chains", headers=HTML)
    assert int(refused.headers["Retry-After"]) >= 1
    assert "Too many requests" in refused.text
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.get("/chains", environ_overrides=other).status_code == 200
    assert client.get("/health/live").status_code == 200


def test_keys_have_their_own_limit(configured, admin):
    client = configured(explorer_pages_per_minute=1)
    statuses = [client.get("/chains", headers=admin).status_code for _ in range(3)]
    assert statuses == [200, 200, 200]


def test_explorer_can_be_turned_off(configured):
    client = configured(explorer=False)
    assert client.get("/").location == "/docs/"
    assert client.get("/agents").status_code == 404


def test_pages_work_without_redis(configured, people, paths):
    client = configured(redis_url=None)
    statuses = [client.get(path, headers=HTML).status_code for path in paths]
    assert statuses == [404 if path == "/agents/x" else 200 for path in paths]


def test_unavailable_database_is_explained_on_a_page(configured):
    client = configured(database_url=NOWHERE, redis_url=None)
    for path in ("/", "/agents", f"/agents/{NO_ADDRESS}", "/chains"):
        answer = client.get(path, headers=HTML)
        assert (answer.status_code, answer.mimetype) == (503, "text/html")
        assert "The service is temporarily unavailable" in answer.text
        assert int(answer.headers["Retry-After"]) >= 1
