"""The entrance: what was sent before and is still kept is sent again past Flask, and nobody can
tell, but by the time that it takes."""

from __future__ import annotations

import gzip
import json

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from kamiyo_api.context import services
from tests.support.cached_reads import AGENTS, CACHED, shown

FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
TO_WEBSOCKET = {"Connection": "Upgrade", "Upgrade": "websocket"}
TO_NO_HOST = {"Host": "a..b"}
# Flask answers the first read of any agent, and a search until its page is cached.
ROUTED = {False: 1, True: 2}


@pytest.mark.parametrize("path", CACHED)
def test_answer_past_flask_is_the_one_of_flask(read, agent, routed, path):
    path = path.format(agent)
    answers = [read(path) for _ in range(4)]
    assert [shown(answer) for answer in answers] == [shown(answers[0])] * 4
    assert len(routed) == ROUTED[path.startswith("?")]
    of_all = {"X-Request-ID", "X-RateLimit-Remaining", "X-RateLimit-Reset", "ETag"}
    assert all(of_all <= {*answer.headers.keys()} for answer in answers)
    assert ("Link" in answers[-1].headers) == path.startswith("?")


@pytest.mark.parametrize("path", CACHED)
def test_each_request_counts_once_however_it_is_answered(read, agent, routed, path):
    path = path.format(agent)
    left = [int(read(path).headers["X-RateLimit-Remaining"]) for _ in range(4)]
    assert left == [left[0] - number for number in range(4)]
    assert len(routed) == ROUTED[path.startswith("?")]


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
    assert routed == []


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
    prefix, redis = services().cache_state.current_database().prefix, services().redis
    key = f"{prefix}agent:{agent}:stats"
    assert redis.call(lambda redis: redis.delete(key)) == 1
    assert read(f"{agent}/stats", {**admin, **more}).status_code == 400
    assert not redis.call(lambda redis: redis.exists(f"{key}:lease"))


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
    assert len(routed) == 1


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
    assert len(routed) == 1


def test_unknown_agent_stays_unknown(known, routed):
    answer = known(FAR_UUID)
    assert (answer.status_code, answer.json["code"]) == (404, "AGENT_NOT_FOUND")
    assert len(routed) == 3


def test_id_of_the_client_is_on_its_answer(read, known, agent, admin, routed):
    known("{}/stats")
    del routed[:]
    answer = read(f"{agent}/stats", {**admin, "X-Request-ID": "of-a-client"})
    assert (answer.headers["X-Request-ID"], routed) == ("of-a-client", [])
