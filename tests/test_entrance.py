"""The entrance: what was sent before and is still kept is sent again past Flask, and nobody can
tell, but by the time that it takes."""

from __future__ import annotations

import dataclasses
import gzip
import io
import json
import logging
import time

import pytest
from flask import request, request_started
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from kamiyo_api import auth, cache, create_app, entrance
from kamiyo_api.bounded import Bounded
from kamiyo_api.config import Config
from kamiyo_api.observability import JsonFormatter
from tests.answers import CheckedClient

AGENTS = "/api/v1/agents/"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
CACHED = ("{}", "{}/stats", "{}/reputation", "?limit=2&q=agent")
TO_WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket"}
TO_NO_HOST = {"Host": "a..b"}
OF_EACH_REQUEST = ("X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Date")


@pytest.fixture
def agent(make_agent):
    """The uuid of the last of three agents, of which a page of two leads on to a next one."""
    return [make_agent()["agent_uuid"] for _ in range(3)][-1]


@pytest.fixture
def routed(app):
    """The paths that Flask was asked for."""
    paths = []

    def note(sender, **_):
        paths.append(request.path)

    with request_started.connected_to(note, app):
        yield paths


@pytest.fixture
def read(app, client, admin):
    """Read a path below /api/v1/agents/."""
    return lambda path, headers=admin, method="GET": client.open(
        AGENTS + path, method=method, headers=headers
    )


@pytest.fixture
def known(read, agent):
    """Have an answer sent often enough that the entrance knows it; the last one."""

    def send(path):
        return [read(path.format(agent)) for _ in range(3)][-1]

    return send


def shown(answer):
    """An answer as a client sees it, but for what each has of its own."""
    headers = [each for each in answer.headers if each[0] not in OF_EACH_REQUEST]
    return answer.status_code, headers, answer.data


@pytest.mark.parametrize("path", CACHED)
def test_answer_past_flask_is_the_one_of_flask(read, agent, routed, path):
    path = path.format(agent)
    answers = [read(path) for _ in range(4)]
    assert [shown(answer) for answer in answers] == [shown(answers[0])] * 4
    assert len(routed) == 2
    of_all = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "ETag"}
    assert all(of_all <= {*answer.headers.keys()} for answer in answers)
    assert ("Link" in answers[-1].headers) == path.startswith("?")


@pytest.mark.parametrize("path", CACHED)
def test_each_request_counts_once_however_it_is_answered(read, agent, routed, path):
    path = path.format(agent)
    left = [int(read(path).headers["X-RateLimit-Remaining"]) for _ in range(4)]
    assert left == [left[0] - number for number in range(4)]
    assert len(routed) == 2


def test_change_shows_at_once_and_counts_once(read, known, agent, routed, give_feedback):
    before = known("{}/stats")
    give_feedback(agent_uuid=agent)
    del routed[:]
    after = [read(f"{agent}/stats") for _ in range(3)]
    totals = [answer.json["total_feedback"] for answer in (before, *after)]
    assert totals == [0, 1, 1, 1]
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in after]
    assert left == [left[0], left[0] - 1, left[0] - 2]
    assert after[0].headers["ETag"] != before.headers["ETag"]
    assert len(routed) == 2


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"another"'}, 200),
        ({"Range": "bytes=0-9"}, 200),
        ({"Origin": "https://app.example"}, 200),
        (TO_WEBSOCKET, 400),
        (TO_NO_HOST, 400),
    ],
)
def test_what_depends_on_the_request_is_left_to_flask(
    read, known, agent, admin, routed, more, status
):
    known("{}/stats")
    del routed[:]
    assert read(f"{agent}/stats", {**admin, **more}).status_code == status
    assert len(routed) == 1


@pytest.mark.parametrize("more", [TO_WEBSOCKET, TO_NO_HOST])
def test_request_that_flask_refuses_unrouted_keeps_nobody_waiting(
    app, read, known, agent, admin, more
):
    known("{}/stats")
    app.extensions["redis"].ask(lambda redis: redis.delete(f"erc8004:agent:{agent}:stats"))
    assert read(f"{agent}/stats", {**admin, **more}).status_code == 400
    assert not app.extensions["redis"].ask(
        lambda redis: redis.exists(f"erc8004:agent:{agent}:stats:lease")
    )


def test_head_is_answered_without_a_body(read, known, agent):
    answer = known("{}/stats")
    head = read(f"{agent}/stats", method="HEAD")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == answer.headers["ETag"]


def test_long_body_is_compressed_for_who_asks_and_only_for_them(app, agent, admin, routed):
    raw = FlaskClient(app, app.response_class)
    answers = {}
    for encoding in ("identity", "gzip", "zstd", "gzip"):
        asked = {**admin, "Accept-Encoding": encoding}
        sent = [shown(raw.get(AGENTS, headers=asked)) for _ in range(4)]
        assert sent == [sent[0]] * 4
        assert answers.setdefault(encoding, sent[0]) == sent[0]
    assert len(routed) == 2 + 1 + 1
    plain, zipped = answers["identity"][2], answers["gzip"][2]
    assert gzip.decompress(zipped) == plain
    assert len(zipped) < len(plain)


def test_compressed_page_is_another_once_the_page_is(app, agent, admin, make_agent):
    raw = FlaskClient(app, app.response_class)
    asked = {**admin, "Accept-Encoding": "gzip"}

    def page():
        return json.loads(gzip.decompress(raw.get(AGENTS, headers=asked).data))

    assert [page()["total"] for _ in range(3)] == [3] * 3
    make_agent()
    assert [page()["total"] for _ in range(3)] == [4] * 3


def test_compressed_body_that_is_too_long_is_not_remembered(app, agent, admin, monkeypatch):
    monkeypatch.setattr(entrance, "LONGEST_COMPRESSED", 100)
    raw = FlaskClient(app, app.response_class)
    for _ in range(3):
        raw.get(AGENTS, headers={**admin, "Accept-Encoding": "gzip"})
    assert app.extensions["sent"] == {}


def test_key_that_may_not_read_is_refused(read, known, agent, key_for):
    known("{}/stats")
    headers = key_for(None, "payments")
    answers = [read(f"{agent}/stats", headers) for _ in range(3)]
    assert [answer.json["code"] for answer in answers] == ["INSUFFICIENT_SCOPE"] * 3


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "MISSING_API_KEY"),
        ({"Authorization": "Bearer kamiyo_wrong"}, "INVALID_API_KEY"),
        ({"Authorization": "Basic a2V5"}, "MISSING_API_KEY"),
    ],
)
def test_who_is_unknown_is_refused(read, known, agent, headers, code):
    known("{}/stats")
    answer = read(f"{agent}/stats", headers)
    assert (answer.status_code, answer.json["code"]) == (401, code)


def test_key_that_expired_meanwhile_is_refused(app, read, known, agent, admin, sql, routed):
    known("{}/stats")
    sql("update api_keys set expires_at = now() + interval '2 seconds'")
    auth.init_memory(app)
    assert read(f"{agent}/stats").status_code == 200
    del routed[:]
    assert read(f"{agent}/stats").status_code == 200
    assert routed == []
    time.sleep(2)
    assert read(f"{agent}/stats").json["code"] == "EXPIRED_API_KEY"


def test_revoked_key_is_refused(read, known, agent, admin, sql):
    known("{}/stats")
    sql("update api_keys set status = 'revoked'")
    time.sleep(auth.REMEMBERED_SECONDS)
    assert read(f"{agent}/stats").json["code"] == "INVALID_API_KEY"


def test_used_up_key_is_refused_and_then_not_counted(read, known, agent, key_for, routed):
    known("{}/stats")
    headers = key_for(None, "read", tier="free")
    answers = [read(f"{agent}/stats", headers) for _ in range(62)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 2
    assert len(routed) == 2 + 1 + 2
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [*range(59, -1, -1), 0, 0]
    assert "Retry-After" in answers[-1].headers


@pytest.fixture
def logged():
    """What is logged, as on a server."""
    log, written = logging.getLogger("kamiyo_api"), io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    yield written
    log.removeHandler(handler)
    log.setLevel(level)


def test_log_line_is_that_of_any_hit(read, agent, logged, routed):
    answers = [read(f"{agent}/stats") for _ in range(3)]
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["cache"] for line in lines] == ["leased", "hit", "hit"]
    for answer, line in zip(answers, lines, strict=True):
        assert line.pop("request_id") == answer.headers["X-Request-ID"]
        assert line.pop("duration_ms") > 0
        # Once a second, whoever comes asks the database for the time of the last refresh.
        for name in ("time", "queries", "query_ms"):
            line.pop(name, None)
    assert lines[2] == lines[1]
    assert len(routed) == 2


def test_metrics_count_it_as_any_hit(read, agent, routed):
    route = {"endpoint": f"{AGENTS}<uuid:agent_uuid>/stats", "method": "GET", "status": "200"}

    def counted():
        value = REGISTRY.get_sample_value
        return (
            value("erc8004_request_duration_seconds_count", route) or 0,
            value("erc8004_cache_requests_total", {"resource": "stats", "result": "hit"}),
        )

    read(f"{agent}/stats")
    before = counted()
    for _ in range(3):
        read(f"{agent}/stats")
    assert counted() == tuple(value + 3 for value in before)
    assert len(routed) == 2


def test_without_redis_nothing_is_known_and_all_is_answered(session_app, agent, admin):
    app = create_app(dataclasses.replace(Config.from_environment(), redis_url=None))
    app.test_client_class = CheckedClient
    client = app.test_client()
    answers = [client.get(f"{AGENTS}{agent}/stats", headers=admin) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert app.extensions["sent"] == {}


def test_redis_that_goes_away_takes_nothing_with_it(app, read, known, agent, monkeypatch):
    known("{}/stats")
    monkeypatch.setattr(app.extensions["redis"], "_is_away", True)
    answers = [read(f"{agent}/stats") for _ in range(3)]
    assert [(answer.status_code, answer.json["agent_uuid"]) for answer in answers] == [
        (200, agent)
    ] * 3
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [left[0], left[0] - 1, left[0] - 2]


def test_process_forgets_when_it_would_know_too_much(app, known, monkeypatch):
    sent = Bounded(2)
    monkeypatch.setitem(app.extensions, "sent", sent)
    for path in CACHED[:3]:
        known(path)
        known(path)
        assert len(sent) == (1 if path is CACHED[2] else CACHED.index(path) + 1)


@pytest.mark.parametrize(("length", "is_known"), [(100, True), (600, False)])
def test_address_that_is_too_long_is_not_remembered(app, known, length, is_known):
    query = "?limit=1".ljust(length, "&")
    assert known(query).status_code == 200
    assert (query[1:] in {asked[2] for asked in app.extensions["sent"]}) == is_known


def test_unknown_agent_stays_unknown(known, routed):
    answer = known(FAR_UUID)
    assert (answer.status_code, answer.json["code"]) == (404, "AGENT_NOT_FOUND")
    assert len(routed) == 3


def test_id_of_the_client_is_on_its_answer(read, known, agent, admin, routed):
    known("{}/stats")
    del routed[:]
    answer = read(f"{agent}/stats", {**admin, "X-Request-ID": "of-a-client"})
    assert (answer.headers["X-Request-ID"], routed) == ("of-a-client", [])


@pytest.mark.parametrize("part", ["cache.hit_ahead", "observability.finish"])
def test_what_fails_at_the_entrance_is_told_and_left_to_flask(
    app, read, known, agent, admin, monkeypatch, logged, part
):
    known("{}/stats")
    module, name = part.split(".")
    working = getattr(getattr(entrance, module), name)
    failing = iter([True])

    def fails_once(*args):
        return 1 / 0 if next(failing, False) else working(*args)

    monkeypatch.setattr(getattr(entrance, module), name, fails_once)
    first, second = [int(read(f"{agent}/stats").headers["X-RateLimit-Remaining"]) for _ in "12"]
    assert second == first - 1
    assert logged.getvalue().count("ZeroDivisionError") == 1


def test_defect_is_answered_in_the_shape_of_errors(app, known, agent, admin, monkeypatch):
    known("{}/stats")
    monkeypatch.setattr(cache, "question", lambda *_: 1 / 0)
    answer = FlaskClient(app, app.response_class).get(f"{AGENTS}{agent}/stats", headers=admin)
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (500, "INTERNAL_ERROR")
