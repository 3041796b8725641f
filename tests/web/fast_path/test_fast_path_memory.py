"""What the entrance does not remember, and what happens where it fails."""

from __future__ import annotations

import dataclasses

import pytest
from flask.testing import FlaskClient

from kamiyo_api import create_app
from kamiyo_api.cache import answers
from kamiyo_api.cache.bounded import BoundedDict
from kamiyo_api.config import Config
from kamiyo_api.web import fast_path
from tests.support.cached_reads import AGENTS, CACHED
from tests.support.clients import CheckedClient


def test_without_redis_nothing_is_known_and_all_is_answered(session_app, agent, admin):
    app = create_app(dataclasses.replace(Config.from_environment(), redis_url=None))
    app.test_client_class = CheckedClient
    client = app.test_client()
    replies = [client.get(f"{AGENTS}{agent}/stats", headers=admin) for _ in range(4)]
    assert [answer.status_code for answer in replies] == [200] * 4
    assert app.extensions["kamiyo"].sent_answers == {}


def test_redis_that_goes_away_takes_nothing_with_it(app, read, known, agent, monkeypatch):
    known("{}/stats")
    monkeypatch.setattr(app.extensions["kamiyo"].redis, "_is_unavailable", True)
    replies = [read(f"{agent}/stats") for _ in range(3)]
    assert [(answer.status_code, answer.json["agent_uuid"]) for answer in replies] == [
        (200, agent)
    ] * 3
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in replies]
    assert left == [left[0], left[0] - 1, left[0] - 2]


def test_process_forgets_when_it_would_know_too_much(app, known, monkeypatch):
    sent = BoundedDict(2)
    monkeypatch.setattr(app.extensions["kamiyo"], "sent_answers", sent)
    for path in CACHED[:3]:
        known(path)
        known(path)
        assert len(sent) == (1 if path is CACHED[2] else CACHED.index(path) + 1)


@pytest.mark.parametrize(("length", "is_known"), [(100, True), (600, False)])
def test_address_that_is_too_long_is_not_remembered(app, known, length, is_known):
    query = "?limit=1".ljust(length, "&")
    assert known(query).status_code == 200
    assert (query[1:] in {asked[2] for asked in app.extensions["kamiyo"].sent_answers}) == is_known


def test_compressed_body_that_is_too_long_is_not_remembered(app, agent, admin, monkeypatch):
    monkeypatch.setattr(fast_path, "MAX_COMPRESSED_BYTES", 100)
    raw = FlaskClient(app, app.response_class)
    for _ in range(3):
        raw.get(AGENTS, headers={**admin, "Accept-Encoding": "gzip"})
    assert app.extensions["kamiyo"].sent_answers == {}


@pytest.mark.parametrize("part", ["answers.prefetched_hit", "request_log.finish"])
def test_what_fails_at_the_entrance_is_told_and_left_to_flask(
    app, read, known, agent, admin, monkeypatch, logged, part
):
    known("{}/stats")
    module, name = part.split(".")
    working = getattr(getattr(fast_path, module), name)
    failing = iter([True])

    def fails_once(*args):
        return 1 / 0 if next(failing, False) else working(*args)

    monkeypatch.setattr(getattr(fast_path, module), name, fails_once)
    first, second = [int(read(f"{agent}/stats").headers["X-RateLimit-Remaining"]) for _ in "12"]
    assert second == first - 1
    assert logged.getvalue().count("ZeroDivisionError") == 1


def test_defect_is_answered_in_the_shape_of_errors(app, known, agent, admin, monkeypatch):
    known("{}/stats")
    monkeypatch.setattr(answers, "new_lookup", lambda *_: 1 / 0)
    answer = FlaskClient(app, app.response_class).get(f"{AGENTS}{agent}/stats", headers=admin)
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (500, "INTERNAL_ERROR")
