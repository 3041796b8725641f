"""Rate limits: what each tier may do, how it is told, and who is counted."""

from __future__ import annotations

import dataclasses
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kamiyo_api import config, create_app
from tests.support import factories
from tests.support.clients import CheckedClient, outcome

AGENTS = "/api/v1/agents/"
KEY = "/api/v1/key"
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
PLENTY = 10**6
# All requests a minute and an hour, registrations and other writes an hour.
TIERS = {
    "free": (60, 1_000, 10, 100),
    "pro": (600, 20_000, 100, 2_000),
    "team": (1_800, 100_000, 1_000, 10_000),
    "enterprise": (6_000, 1_000_000, 10_000, 100_000),
}


@pytest.fixture
def service(app):
    """A client of the service with other settings than those of the environment."""

    def create(**settings):
        made = create_app(dataclasses.replace(config.Config.from_environment(), **settings))
        made.test_client_class = CheckedClient
        return made.test_client()

    return create


@pytest.fixture
def limited(service, key_for):
    """A client and the headers of a key whose tier has the given limits."""

    def create(minute=PLENTY, hour=PLENTY, registrations=PLENTY, writes=PLENTY, **settings):
        tier = config.Tier(minute, hour, registrations, writes)
        client = service(tiers={**config.TIERS, "pro": tier}, **settings)
        return client, key_for(None, "read", "write", "admin", tier="pro")

    return create


def register(client, headers):
    return client.post(f"{AGENTS}register", json=factories.agent(), headers=headers)


def write(client, headers):
    body = factories.feedback(agent_uuid=FAR_UUID)
    return client.post(f"{AGENTS}feedback", json=body, headers=headers)


def look(client, headers):
    return client.get(AGENTS, headers=headers)


def remaining(answer):
    return int(answer.headers["X-RateLimit-Remaining"])


@pytest.mark.parametrize("tier", TIERS)
def test_tier_has_its_figures(client, key_for, tier):
    shown = client.get(KEY, headers=key_for(None, "read", tier=tier)).json["limits"]
    figures = {(each["kind"], each["seconds"]): each["amount"] for each in shown}
    minute, hour, registrations, writes = TIERS[tier]
    assert figures == {
        ("requests", 60): minute,
        ("requests", 3600): hour,
        ("registrations", 3600): registrations,
        ("writes", 3600): writes,
    }


def test_free_key_makes_60_requests_a_minute(client, key_for):
    headers = key_for(None, "read", tier="free")
    statuses = [client.get(AGENTS, headers=headers).status_code for _ in range(62)]
    assert statuses == [200] * 60 + [429] * 2


def test_free_key_registers_10_agents_an_hour_and_reads_on(client, key_for):
    headers = key_for(None, "read", "write", "admin", tier="free")
    statuses = [register(client, headers).status_code for _ in range(11)]
    assert statuses == [201] * 10 + [429]
    assert look(client, headers).status_code == 200
    assert outcome(write(client, headers)) == (404, "AGENT_NOT_FOUND")


@pytest.mark.parametrize(
    ("limits", "call", "others", "named", "longest_wait"),
    [
        ({"minute": 3}, look, (), "3 requests per minute", 60),
        ({"hour": 3}, look, (), "3 requests per hour", 3600),
        ({"registrations": 3}, register, (look, write), "3 registrations per hour", 3600),
        ({"writes": 3}, write, (look, register), "3 writes per hour", 3600),
    ],
)
def test_who_exceeds_a_limit_is_told_which_and_how_long_to_wait(
    limited, limits, call, others, named, longest_wait
):
    client, headers = limited(**limits)
    assert 429 not in [call(client, headers).status_code for _ in range(3)]
    answer = call(client, headers)
    assert outcome(answer) == (429, "RATE_LIMIT_EXCEEDED")
    told = re.fullmatch(
        rf"Rate limit exceeded: {named} are allowed in tier pro; wait (\d+) seconds.*",
        answer.get_json(force=True)["detail"],
    )
    assert answer.headers["Retry-After"] == told[1]
    assert longest_wait - 10 < int(told[1]) <= longest_wait
    assert (answer.headers["X-RateLimit-Limit"], remaining(answer)) == ("3", 0)
    assert [other(client, headers).status_code for other in others].count(429) == 0


def test_who_waited_goes_on(app, limited):
    client, headers = limited(minute=1)
    assert [look(client, headers).status_code for _ in range(2)] == [200, 429]
    redis = app.extensions["kamiyo"].redis.connection
    (counts,) = redis.keys("kamiyo:limit:*")
    ends, _, count = redis.hget(counts, "requests:minute").decode().partition(":")
    assert (count, 50 < int(ends) / 1000 - redis.time()[0] < 61) == ("1", True)
    redis.hset(counts, "requests:minute", f"{redis.time()[0] * 1000}:1")
    assert look(client, headers).status_code == 200


def test_refused_request_takes_nothing_from_other_budgets(limited):
    client, headers = limited(minute=100, registrations=1)
    register(client, headers)
    before = remaining(look(client, headers))
    assert [register(client, headers).status_code for _ in range(5)] == [429] * 5
    assert remaining(look(client, headers)) == before - 1


def test_key_has_one_budget_whatever_the_path(limited):
    client, headers = limited(minute=100)
    paths = (AGENTS, f"{AGENTS}{FAR_UUID}", f"{AGENTS}{FAR_UUID}/stats", KEY, "/api/v1/stats")
    left = [remaining(client.get(path, headers=headers)) for path in paths]
    left += [remaining(register(client, headers)), remaining(write(client, headers))]
    assert left == list(range(99, 99 - len(left), -1))


def test_keys_have_budgets_of_their_own(limited, key_for):
    client, headers = limited(minute=1)
    assert [look(client, headers).status_code for _ in range(2)] == [200, 429]
    assert look(client, key_for(None, "read", tier="pro")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", AGENTS, 200),
        ("HEAD", AGENTS, 200),
        ("GET", KEY, 200),
        ("GET", f"{AGENTS}{FAR_UUID}/registration", 404),
        ("GET", f"{AGENTS}?limit=x", 422),
        ("GET", f"{AGENTS}{FAR_UUID}", 404),
        ("HEAD", f"{AGENTS}{FAR_UUID}", 404),
        ("GET", "/api/v1/nothing", 404),
        ("DELETE", AGENTS, 405),
        ("POST", f"{AGENTS}register", 422),
        ("POST", f"{AGENTS}link-payment", 403),
    ],
)
def test_every_answer_to_a_key_shows_what_is_left(client, key_for, method, path, status):
    headers = key_for(factories.address(), "read", "write", tier="free")
    for left in (59, 58):
        answer = client.open(path, method=method, headers=headers)
        assert answer.status_code == status
        shown = [answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining")]
        expected = ["60", str(left)]
        if method == "POST":
            expected = [["10", str(left - 50)], ["60", str(left)]]["payment" in path]
        assert shown == expected
        assert 0 < int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 3601


def test_not_modified_answer_shows_what_is_left(client, key_for):
    headers = key_for(None, "read", tier="free")
    tag = client.get(AGENTS, headers=headers).headers["ETag"]
    answer = client.get(AGENTS, headers={**headers, "If-None-Match": tag})
    assert (answer.status_code, remaining(answer)) == (304, 58)


def test_answer_to_nobody_shows_no_limit(client):
    for path in ("/health", AGENTS, "/nothing"):
        assert "X-RateLimit-Limit" not in client.get(path).headers


def test_counters_hold_no_secret_and_are_one_a_key(app, limited, sql):
    client, headers = limited()
    register(client, headers)
    write(client, headers)
    client.get(KEY, headers={"Authorization": "Bearer kamiyo_guessed"})
    redis = app.extensions["kamiyo"].redis.connection
    (row,) = sql("select id::text as id, key from api_keys")
    counters = {key.decode() for key in redis.keys("*limit*")}
    assert counters == {of_key := f"kamiyo:limit:{row['id']}", "kamiyo:limit:failures:127.0.0.1"}
    kinds = {b"requests:minute", b"requests:hour", b"registrations:hour", b"writes:hour"}
    assert redis.hgetall(of_key).keys() == kinds
    everything = b" ".join(redis.keys("*") + [redis.dump(key) for key in redis.keys("*")])
    for secret in (headers["Authorization"].split()[1], row["key"], "kamiyo_guessed"):
        assert secret.encode() not in everything
    assert 0 < redis.ttl("kamiyo:limit:failures:127.0.0.1") <= 60


def test_limit_holds_in_a_process_without_redis(limited):
    client, headers = limited(minute=3, redis_url=None)
    answers = [look(client, headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
    assert [remaining(answer) for answer in answers] == [2, 1, 0, 0, 0]


def test_setting_overrides_a_tier(session_app, monkeypatch):
    monkeypatch.setenv("RATE_LIMITS_FREE", "5, 50, 1, 2")
    tiers = config.Config.from_environment().tiers
    assert tiers["free"] == config.Tier(5, 50, 1, 2)
    assert tiers["pro"] == config.TIERS["pro"]


@pytest.mark.parametrize("text", ["5", "5,50,1", "5,50,1,x", "5,50,1,0", "5,50,1,-2", "5,50,1,2,3"])
def test_setting_that_makes_no_sense_ends_the_start(session_app, monkeypatch, text):
    monkeypatch.setenv("RATE_LIMITS_TEAM", text)
    with pytest.raises(SystemExit, match="RATE_LIMITS_TEAM must be four numbers"):
        config.Config.from_environment()


def test_two_workers_let_exactly_60_of_400_concurrent_requests_through(server, key_for, figures):
    headers = key_for(None, "read", tier="free")
    began = time.monotonic()
    with ThreadPoolExecutor(40) as threads:
        send = lambda _: server.request("GET", AGENTS, headers=headers)  # noqa: E731
        answers = list(threads.map(send, range(400)))
    statuses = [answer.status_code for answer in answers]
    passed, refused = statuses.count(200), statuses.count(429)
    figures(requests=400, passed=passed, refused=refused, took=f"{time.monotonic() - began:.1f} s")
    assert (passed, refused) == (60, 340)
    left = sorted(remaining(answer) for answer in answers if answer.status_code == 200)
    assert left == list(range(60))
