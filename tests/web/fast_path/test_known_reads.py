"""Reads of agents whose answers were never sent: past Flask where it answered the same read of
another agent, and nobody can tell."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from kamiyo_api.access import authentication
from tests.support import factories
from tests.support.both_ways import BothWays, body_of, encodings
from tests.support.cached_reads import AGENTS

FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
READS = (
    *("{}", "{}/stats", "{}/reputation", "{}/trust"),
    *("{}/decision?amount_usdc=1", "{}/decision?amount_usdc=20.5&policy=strict"),
)


@pytest.fixture
def agents(make_agent, give_feedback):
    """The uuids of three agents, of which one was rated and one has a long description."""
    file = factories.agent()["registration_file"]
    long = {"registration_file": file | {"description": "long " * 300}}
    uuids = [make_agent(**more)["agent_uuid"] for more in ({}, {}, long)]
    give_feedback(agent_uuid=uuids[1])
    return uuids


@pytest.fixture
def sides(app, admin, agents, logged, routed):
    """Send a read on both ways: what came of it past Flask, and of Flask."""
    ways = BothWays(app, logged, routed)

    def send(path, asked, headers, method="GET"):
        known = {"path": AGENTS + path.format(agents[0]), "headers": admin | encodings(headers)}
        return ways.outcomes(known, {"path": AGENTS + asked, "method": method, "headers": headers})

    return send


@pytest.mark.parametrize("path", READS)
def test_answer_about_another_agent_is_that_of_flask(sides, agents, admin, path):
    fast, flask = sides(path, path.format(agents[1]), admin)
    assert (fast.pop("routed"), flask.pop("routed")) == (0, 1)
    assert fast == flask
    assert fast["status"] == 200


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("accepted", ["gzip", "br;q=0.5, zstd", "gzip;q=0, identity", "*", "x", ""])
@pytest.mark.parametrize("places", [(0, 2), (2, 0), (0, 1)])
def test_body_is_compressed_as_by_flask(sides, agents, admin, path, accepted, places):
    known, asked = (path.format(agents[place]) for place in places)
    fast, flask = sides(known, asked, {**admin, "Accept-Encoding": accepted})
    assert (fast.pop("routed"), flask.pop("routed")) == (0, 1)
    assert fast == flask


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    ("more", "method"),
    [
        ({"If-None-Match": "*"}, "GET"),
        ({"If-None-Match": '"another"'}, "GET"),
        ({"Range": "bytes=0-9"}, "GET"),
        ({"Origin": "https://app.example"}, "GET"),
        ({"Host": "a..b"}, "GET"),
        ({"Host": "another.example"}, "GET"),
        ({"X-Request-ID": "of-a-client"}, "GET"),
        ({}, "HEAD"),
        ({}, "OPTIONS"),
        ({}, "DELETE"),
        ({"Authorization": ""}, "GET"),
        ({"Authorization": "Bearer kamiyo_wrong"}, "GET"),
        ({"Authorization": "Basic a2V5"}, "GET"),
    ],
)
def test_any_request_is_answered_as_by_flask(sides, agents, admin, path, more, method):
    fast, flask = sides(path, path.format(agents[1]), {**admin, **more}, method)
    del fast["routed"], flask["routed"]
    assert fast == flask


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize(
    "uuid",
    [
        *(FAR_UUID, FAR_UUID.upper(), FAR_UUID.replace("-", ""), FAR_UUID[:-1], f"{FAR_UUID}0"),
        *(f"{FAR_UUID}\n", f"{FAR_UUID}/", "x", FAR_UUID.replace("f", "g"), f"%20{FAR_UUID}"),
    ],
)
def test_unknown_and_ill_formed_uuids_are_answered_as_by_flask(sides, admin, path, uuid):
    fast, flask = sides(path, path.format(uuid), admin)
    assert fast.pop("routed") == flask.pop("routed") == 1
    assert fast == flask
    # A slash too many leads to the URL without it.
    assert fast["status"] == (308 if uuid.endswith("/") and "/" in path else 404)


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("more", ["unknown=1", "amount_usdc=x", "amount_usdc=1&amount_usdc=1"])
def test_another_query_is_answered_as_by_flask(sides, agents, admin, path, more):
    asked = f"{path.partition('?')[0].format(agents[1])}?{more}"
    fast, flask = sides(path, asked, admin)
    assert fast.pop("routed") == flask.pop("routed") == 1
    assert fast == flask


@pytest.mark.parametrize("path", READS)
def test_unknown_agent_is_counted_and_computed_once(read, agents, path, logged):
    read(path.format(agents[0]))
    asked = [read(path.format(FAR_UUID)) for _ in range(2)]
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in asked]
    lines = [json.loads(line) for line in logged.getvalue().splitlines()[-2:]]
    assert left == [left[0], left[0] - 1]
    assert [line["cache"] for line in lines] == ["leased", "hit"]
    assert [line["code"] for line in lines] == ["AGENT_NOT_FOUND"] * 2


def test_key_without_the_scope_is_refused(sides, agents, key_for):
    fast, flask = sides("{}/stats", f"{agents[1]}/stats", key_for(None, "payments"))
    assert fast == flask
    assert b"INSUFFICIENT_SCOPE" in fast["body"]


def test_used_up_key_is_refused_and_not_counted(read, agents, key_for, routed):
    headers = key_for(None, "read", tier="free")
    read(f"{agents[0]}/stats")
    answers = [read(f"{agents[number % 3]}/stats", headers) for number in range(62)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 2
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [*range(59, -1, -1), 0, 0]
    # The first, the first with this key, and those that are refused.
    assert len(routed) == 1 + 1 + 2


@pytest.mark.parametrize("path", READS)
def test_metrics_count_it_as_any_read(read, agents, path, routed):
    route = f"{AGENTS}<uuid:agent_uuid>{path[2:].partition('?')[0]}"
    labels = {"endpoint": route, "method": "GET", "status": "200"}

    def counted():
        value = REGISTRY.get_sample_value
        resource = path[2:].strip("/").partition("?")[0] or "agent"
        return (
            value("erc8004_request_duration_seconds_count", labels),
            value("erc8004_request_query_seconds_count", {"endpoint": route}),
            value("erc8004_cache_requests_total", {"resource": resource, "result": "leased"}),
        )

    read(path.format(agents[0]))
    before = counted()
    for agent in agents[1:]:
        read(path.format(agent))
    assert counted() == tuple(value + 2 for value in before)
    assert len(routed) == 1


@pytest.mark.parametrize("path", READS)
def test_write_shows_in_the_next_read(read, agents, path, give_feedback, routed):
    for agent in agents:
        read(path.format(agent))
    before = read(path.format(agents[2]))
    give_feedback(agent_uuid=agents[2])
    del routed[:]
    after = read(path.format(agents[2]))
    assert (body_of(before) != body_of(after)) == (path != "{}")
    assert routed == []


def test_failure_of_a_view_is_answered_and_logged_once(
    app, read, agents, logged, monkeypatch, client, admin
):
    read(f"{agents[0]}/stats")
    monkeypatch.setattr("kamiyo_api.db.driver.fetched_rows", lambda _: 1 / 0)
    app.extensions["kamiyo"].cache_state.current_database()
    raw = FlaskClient(app, app.response_class)
    answer = raw.get(f"{AGENTS}{agents[1]}/stats", headers=admin)
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (500, "INTERNAL_ERROR")
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["level"] for line in lines if "trace" in line] == ["error"]


def test_reads_of_unknown_keys_are_left_to_flask(app, read, agents, routed):
    read(f"{agents[0]}/stats")
    app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
    assert read(f"{agents[1]}/stats").status_code == 200
    assert len(routed) == 2
