"""A write whose body is invalid is refused for that, without the database."""

from __future__ import annotations

import dataclasses

import pytest

from kamiyo_api.config import Config
from kamiyo_api.db import driver
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, BODIES, FAR_UUID

WRITES = [
    *(("POST", path) for path in BODIES),
    ("PATCH", f"{AGENTS}{FAR_UUID}"),
    ("PUT", f"{AGENTS}{FAR_UUID}/metadata/color"),
]
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def without_database(app, client, admin, monkeypatch):
    """A client whose key is known, of an application whose database is gone."""
    client.get("/api/v1/key", headers=admin)
    nowhere = "postgresql://postgres@127.0.0.1:1/nowhere"
    config = dataclasses.replace(Config.from_environment(), database_url=nowhere)
    monkeypatch.setattr(app.extensions["kamiyo"], "db", driver.pool_of(config))
    return client


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_invalid_body_needs_no_database(without_database, admin, method, path):
    def send(body, headers=JSON):
        call = without_database.open
        return outcome(call(path, method=method, data=body, headers={**admin, **headers}))

    assert send('{"colour": "red"}') == (422, "VALIDATION_ERROR")
    assert send('{"colour": ') == (400, "MALFORMED_JSON")
    assert send("[]") == (422, "VALIDATION_ERROR")
    assert send("colour", {"Content-Type": "text/plain"}) == (415, "UNSUPPORTED_MEDIA_TYPE")
    once = {**JSON, "Idempotency-Key": "once"}
    assert send('{"colour": "red"}', once) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("path", BODIES)
def test_parameter_of_a_write_needs_no_database(without_database, admin, path):
    answer = without_database.post(f"{path}?colour=red", json=BODIES[path], headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    valid = without_database.post(path, json=BODIES[path], headers=admin)
    assert outcome(valid) == (503, "DATABASE_UNAVAILABLE")
