"""Wrong keys cost who sends them: a right key is never refused for others at its address."""

from __future__ import annotations

import itertools
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from bench.serving import serving
from tests.support.concurrency import at_once, wait_until
from tests.support.windows import left_of, let_end_in

KEY = "/api/v1/key"
COUNTED = "kamiyo:limit:failures:127.0.0.1"
GUESSERS = 8


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def flood(server):
    """Send wrong keys over many connections while a block runs; the answers so far."""

    @contextmanager
    def flooding(server=server):
        stopped, answers, numbers = threading.Event(), [], itertools.count()

        def send(_):
            while not stopped.is_set():
                answers.append(server.request("GET", KEY, headers=bearer(f"no_{next(numbers)}")))

        with ThreadPoolExecutor(GUESSERS) as threads:
            sending = [threads.submit(send, number) for number in range(GUESSERS)]
            try:
                wait_until(lambda: {answer.status_code for answer in answers} == {401, 429})
                yield answers
            finally:
                stopped.set()
            for each in sending:
                each.result()

    return flooding


def test_keys_that_no_worker_has_seen_are_taken_amid_a_flood(server, key_for, flood, figures):
    keys = [key_for(None, "read", tier="free") for _ in range(40)]
    with flood() as refused:
        answers = [server.request("GET", KEY, headers=key) for key in keys]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.status_code for answer in refused} == {401, 429}
    assert sum(answer.status_code == 401 for answer in refused) == 30
    figures(wrong_keys=len(refused), right_keys=len(answers))


def test_keys_are_taken_by_workers_that_just_started_amid_a_flood(server, key_for, flood):
    keys = [key_for(None, "read") for _ in range(8)]
    with flood(), serving() as started:
        answers = at_once(8, lambda number: started.request("GET", KEY, headers=keys[number]))
    assert {answer.status_code for answer in answers} == {200}


def test_public_paths_are_open_amid_a_flood(server, make_agent, flood):
    registration = f"/api/v1/agents/{make_agent()['agent_uuid']}/registration"
    paths = [registration, "/openapi.json", "/docs", "/health", "/health/live", "/metrics"]
    with flood():
        answers = [
            server.request("GET", path, headers=headers)
            for path in paths
            for headers in ({}, bearer("no_key"), {"Authorization": "Basic YTpi"})
        ]
    assert {answer.status_code for answer in answers} == {200}


def test_retry_after_tells_when_the_minute_is_over(app, server, flood):
    with flood():
        pass
    redis = app.extensions["kamiyo"].redis.connection
    let_end_in(redis, COUNTED, 20_000)
    told = int(server.request("GET", KEY, headers=bearer("no_key")).headers["Retry-After"])
    assert math.ceil(left_of(redis, COUNTED) / 1000) <= told <= 20
    let_end_in(redis, COUNTED, 0)
    assert server.request("GET", KEY, headers=bearer("no_key")).status_code == 401


def test_expired_and_revoked_keys_cost_who_goes_on_sending_them(server, key_for, sql):
    expired, revoked, right = (key_for(None, "read") for _ in range(3))
    change = "update api_keys set {} where key_prefix = %s"
    sql(change.format("expires_at = now()"), expired["Authorization"].split()[1][:15])
    sql(change.format("status = 'revoked'"), revoked["Authorization"].split()[1][:15])
    answers = [server.request("GET", KEY, headers=expired) for _ in range(20)]
    answers += [server.request("GET", KEY, headers=revoked) for _ in range(20)]
    codes = [answer.json()["code"] for answer in answers]
    assert codes == (
        ["EXPIRED_API_KEY"] * 20 + ["INVALID_API_KEY"] * 10 + ["RATE_LIMIT_EXCEEDED"] * 10
    )
    assert server.request("GET", KEY, headers=right).status_code == 200
