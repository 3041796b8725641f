"""Decisions with bodies that were never sent: past Flask where it answered another one, and nobody
can tell."""

from __future__ import annotations

import json

import pytest
from prometheus_client import REGISTRY

from kamiyo_api.trust import questions
from tests.support.both_ways import BothWays, encodings

FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
DECISIONS = "/api/v1/decisions"
PLAIN = {"agent_uuid": "{}", "amount_usdc": "1"}
# Bodies that the fast path answers, and those that it leaves to Flask.
FAST = (
    PLAIN,
    PLAIN | {"amount_usdc": "250.5", "policy": "strict"},
    PLAIN | {"policy": {"min_level": "good", "trusted_reviewers": [f"0x{'ab' * 20}"]}},
    PLAIN | {"agent_uuid": FAR_UUID},
    {"url": "https://weather.example/mcp", "amount_usdc": "1"},
    {"url": "https://nobody.example/", "amount_usdc": "1"},
)
OF_FLASK = (
    {},
    [],
    None,
    PLAIN | {"amount_usdc": "-1"},
    PLAIN | {"agent_uuid": "x"},
    PLAIN | {"more": 1},
    PLAIN | {"policy": "unknown"},
    PLAIN | {"policy": {"min_level": "x", "more": 1}},
    PLAIN | {"url": "https://weather.example/mcp"},
    {"chain": "base", "agent_id": "7", "amount_usdc": "1"},
    {"chain": "8453", "agent_id": "7", "amount_usdc": "1"},
    {"chain": "nowhere", "agent_id": "7", "amount_usdc": "1"},
    {"agent": "eip155:8453:7", "amount_usdc": "1"},
    {"pay_to": f"0x{'ab' * 20}", "chain": "base", "amount_usdc": "1"},
    {"payment_requirements": {}},
)


@pytest.fixture
def agents(make_agent, give_feedback):
    """The uuids of two agents, of which one was rated."""
    uuids = [make_agent()["agent_uuid"] for _ in range(2)]
    give_feedback(agent_uuid=uuids[1])
    return uuids


@pytest.fixture
def sides(app, admin, agents, logged, routed):
    """Send a body on both ways: what came of it past Flask, and of Flask."""
    ways = BothWays(app, logged, routed)

    def send(data, headers=admin, **options):
        known = posted(PLAIN, agents[0], admin | encodings(headers))
        asked = posted(data, agents[1], headers) | options
        return ways.outcomes(known, asked)

    return send


def posted(data, agent, headers):
    """What a client takes to post a body, which may be about an agent."""
    if not isinstance(data, bytes):
        data = json.dumps(data).replace('"{}"', f'"{agent}"').encode()
    json_type = {"content_type": "application/json"}
    return {"path": DECISIONS, "method": "POST", "data": data, "headers": headers} | json_type


@pytest.mark.parametrize("body", FAST)
def test_another_body_is_answered_as_by_flask(sides, body):
    fast, flask = sides(body)
    assert (fast.pop("routed"), flask.pop("routed")) == (0, 1)
    assert fast == flask
    assert fast["status"] == 200


@pytest.mark.parametrize("body", OF_FLASK)
def test_body_that_flask_refuses_or_completes_is_left_to_it(sides, body):
    fast, flask = sides(body)
    assert fast.pop("routed") == flask.pop("routed") == 1
    assert fast == flask


@pytest.mark.parametrize("body", [b"", b"{", b'{"a": \xff}', b"{}" * 5000, b'{"a":"' + b"x" * 9000])
def test_body_that_is_no_short_json_is_answered_as_by_flask(sides, body):
    fast, flask = sides(body)
    assert fast.pop("routed") == flask.pop("routed") == 1
    assert fast == flask


@pytest.mark.parametrize(
    ("options", "by_flask"),
    [
        ({"path": f"{DECISIONS}?x=1"}, 1),
        ({"path": f"{DECISIONS}/"}, 1),
        ({"path": f"{DECISIONS}/batch"}, 1),
        ({"content_type": "text/plain"}, 1),
        ({"content_type": "application/json; charset=utf-8"}, 1),
        ({"method": "PUT"}, 1),
        ({"method": "GET"}, 1),
    ],
)
def test_another_request_is_answered_as_by_flask(sides, options, by_flask):
    fast, flask = sides(PLAIN, **options)
    assert fast.pop("routed") == flask.pop("routed") == by_flask
    assert fast == flask


@pytest.mark.parametrize(
    ("more", "by_flask"),
    [
        ({"If-None-Match": "*"}, 1),
        ({"Origin": "https://app.example"}, 1),
        ({"Host": "a..b"}, 1),
        ({"Host": "another.example"}, 1),
        ({"Authorization": ""}, 1),
        ({"Authorization": "Bearer kamiyo_wrong"}, 1),
        ({"Accept-Encoding": "gzip"}, 0),
        ({"Accept-Encoding": "identity"}, 0),
        ({"X-Request-ID": "of-a-client"}, 0),
        ({"Idempotency-Key": "of-a-client"}, 0),
    ],
)
def test_headers_mean_what_they_mean_to_flask(sides, admin, more, by_flask):
    fast, flask = sides(PLAIN, {**admin, **more})
    assert (fast.pop("routed"), flask.pop("routed")) == (by_flask, 1)
    assert fast == flask


def test_key_without_the_scope_is_refused(sides, key_for):
    headers = key_for(None, "payments")
    fast, flask = sides(PLAIN, headers)
    assert fast == flask
    assert b"INSUFFICIENT_SCOPE" in fast["body"]


def test_used_up_key_is_refused_and_not_counted(client, agents, key_for, routed):
    headers = key_for(None, "read", tier="free")
    answers = [client.open(**posted(PLAIN, agents[0], headers)) for _ in range(62)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 2
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [*range(59, -1, -1), 0, 0]
    assert len(routed) == 1 + 2


def test_metrics_count_it_as_any_decision(client, agents, admin, routed):
    labels = {"endpoint": DECISIONS, "method": "POST", "status": "200"}

    def counted():
        value = REGISTRY.get_sample_value
        return value("erc8004_request_duration_seconds_count", labels) or 0

    before = counted()
    for agent in agents:
        assert client.open(**posted(PLAIN, agent, admin)).status_code == 200
    assert (counted(), len(routed)) == (before + 2, 1)


def test_write_shows_in_the_next_decision(client, agents, admin, give_feedback, routed):
    ratings = []
    for _ in range(3):
        answer = client.open(**posted(PLAIN, agents[0], admin))
        ratings.append(answer.json["evidence"]["ratings"])
        give_feedback(agent_uuid=agents[0])
    assert ratings == [0, 1, 2]
    assert routed.count(DECISIONS) == 1


def test_failure_of_the_view_is_answered_by_flask_once(client, agents, admin, monkeypatch, logged):
    client.open(**posted(PLAIN, agents[0], admin))
    left = int(client.open(**posted(PLAIN, agents[0], admin)).headers["X-RateLimit-Remaining"])
    monkeypatch.setattr(questions, "decide", lambda *_: 1 / 0)
    raw = super(type(client), client)
    answer = raw.open(**posted(PLAIN, agents[1], admin))
    assert (answer.status_code, answer.get_json(force=True)["code"]) == (500, "INTERNAL_ERROR")
    assert int(answer.headers["X-RateLimit-Remaining"]) == left - 1
    lines = [json.loads(line) for line in logged.getvalue().splitlines()]
    assert [line["logger"] for line in lines if "trace" in line] == ["kamiyo_api.web.problems"]
