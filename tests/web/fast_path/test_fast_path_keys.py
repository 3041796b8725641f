"""Keys: the entrance knows no key that Flask would not take."""

from __future__ import annotations

import time

import pytest

from kamiyo_api.access import authentication


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


@pytest.mark.slow
def test_key_that_expired_meanwhile_is_refused(app, read, known, agent, admin, sql, routed):
    known("{}/stats")
    sql("update api_keys set expires_at = now() + interval '2 seconds'")
    app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
    assert read(f"{agent}/stats").status_code == 200
    del routed[:]
    assert read(f"{agent}/stats").status_code == 200
    assert routed == []
    time.sleep(2)
    assert read(f"{agent}/stats").json["code"] == "EXPIRED_API_KEY"


@pytest.mark.slow
def test_revoked_key_is_refused(read, known, agent, admin, sql):
    known("{}/stats")
    sql("update api_keys set status = 'revoked'")
    time.sleep(authentication.KNOWN_KEY_SECONDS)
    assert read(f"{agent}/stats").json["code"] == "INVALID_API_KEY"


def test_used_up_key_is_refused_and_then_not_counted(read, known, agent, key_for, routed):
    known("{}/stats")
    headers = key_for(None, "read", tier="free")
    answers = [read(f"{agent}/stats", headers) for _ in range(62)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 2
    assert len(routed) == 1 + 1 + 2
    left = [int(answer.headers["X-RateLimit-Remaining"]) for answer in answers]
    assert left == [*range(59, -1, -1), 0, 0]
    assert "Retry-After" in answers[-1].headers
