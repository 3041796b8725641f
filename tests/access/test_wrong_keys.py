"""Wrong API keys are counted by address, and cost nobody but who sends them."""

from __future__ import annotations

import dataclasses
import time

import pytest
from prometheus_client import REGISTRY

from kamiyo_api import create_app
from kamiyo_api.access import authentication, rate_limits
from kamiyo_api.config import Config
from tests.support.clients import CheckedClient, outcome
from tests.support.windows import let_end_in

KEY = "/api/v1/key"
GUESSES = 30
REDIS_KEY = "kamiyo:limit:failures:{}"


@pytest.fixture
def use(client):
    """Call with a key, from an address, perhaps with more headers."""

    def call(secret, address="192.0.2.1", client=client, path=KEY, **headers):
        sent = {"Authorization": f"Bearer {secret}", **headers}
        return client.get(path, headers=sent, environ_base={"REMOTE_ADDR": address})

    return call


@pytest.fixture
def secret(key_for):
    """The secret of a valid key."""
    return key_for(None, "read")["Authorization"].split()[1]


@pytest.fixture
def behind_a_proxy(app):
    """A client of the service where one proxy before it is trusted."""
    made = create_app(dataclasses.replace(Config.from_environment(), trusted_proxies=1))
    made.test_client_class = CheckedClient
    return made.test_client()


def guess(use, **options):
    """Send as many wrong keys as are answered 401."""
    return {outcome(use(f"kamiyo_{number}", **options)) for number in range(GUESSES)}


def test_guesser_is_refused_by_another_code_after_30_wrong_keys(use, app):
    assert guess(use) == {(401, "INVALID_API_KEY")}
    answer = use("kamiyo_another")
    assert outcome(answer) == (429, "RATE_LIMIT_EXCEEDED")
    assert "30 wrong keys per minute" in answer.get_json(force=True)["detail"]
    redis = app.extensions["kamiyo"].redis.connection
    assert 50 < redis.ttl(REDIS_KEY.format("192.0.2.1")) <= 60


@pytest.mark.parametrize("left", [41, 7, 1])
def test_retry_after_is_what_is_left_of_the_minute(use, app, left):
    guess(use)
    redis = app.extensions["kamiyo"].redis.connection
    let_end_in(redis, REDIS_KEY.format("192.0.2.1"), left * 1000)
    answer = use("kamiyo_another")
    assert int(answer.headers["Retry-After"]) in (left, max(1, left - 1))
    assert f"wait {answer.headers['Retry-After']} seconds" in answer.json["detail"]


def test_wrong_key_is_looked_up_once_each_time(use, statements):
    guess(use)
    assert len([each for each in statements() if "api_keys" in each]) == GUESSES
    assert outcome(use("kamiyo_another"))[0] == 429
    assert len([each for each in statements() if "api_keys" in each]) == 1


def test_same_wrong_key_again_and_again_counts_too(use):
    statuses = [use("kamiyo_wrong").status_code for _ in range(GUESSES + 1)]
    assert statuses == [401] * GUESSES + [429]


def test_right_key_passes_at_the_address_of_a_guesser(app, use, secret):
    guess(use)
    assert use("kamiyo_another").status_code == 429
    assert use(secret).status_code == 200
    app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
    assert use(secret).status_code == 200


def test_wrong_keys_push_no_right_one_out_of_memory(use, secret, app, monkeypatch):
    monkeypatch.setattr(authentication, "MAX_KNOWN_KEYS", 5)
    app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
    assert use(secret).status_code == 200
    guess(use)
    assert app.extensions["kamiyo"].known_keys.get(authentication.hash_of(secret)) is not None


def test_other_addresses_go_on(use, secret):
    guess(use)
    assert use(secret, address="192.0.2.2").status_code == 200
    assert use("kamiyo_wrong", address="192.0.2.2").status_code == 401


def test_valid_keys_are_no_guesses(use, secret):
    assert {use(secret).status_code for _ in range(2 * GUESSES)} == {200}


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/health", "/health/live", "/metrics"])
def test_public_path_asks_for_no_right_key(use, path):
    guess(use, address="127.0.0.1")
    assert use("kamiyo_another", path=path, address="127.0.0.1").status_code == 200


def test_public_path_of_the_api_is_open_to_guessers(use, make_agent):
    path = f"/api/v1/agents/{make_agent()['agent_uuid']}/registration"
    guess(use)
    assert [use(f"kamiyo_{n}", path=path).status_code for n in range(GUESSES)] == [200] * GUESSES


def test_expired_key_counts_like_a_wrong_one(use, secret, sql, statements):
    sql("update api_keys set expires_at = now() - interval '1 second'")
    answers = [outcome(use(secret)) for _ in range(GUESSES + 1)]
    assert answers == [(401, "EXPIRED_API_KEY")] * GUESSES + [(429, "RATE_LIMIT_EXCEEDED")]
    statements()
    use(secret)
    assert len([each for each in statements() if "api_keys" in each]) == 1
    assert sql("select last_used_at from api_keys") == [{"last_used_at": None}]


def test_revoked_key_counts_like_a_wrong_one(use, secret, sql):
    sql("update api_keys set status = 'revoked'")
    assert [use(secret).status_code for _ in range(GUESSES + 1)] == [401] * GUESSES + [429]


def test_wrong_keys_are_counted_in_the_metrics_whatever_they_are_answered(use, secret, sql):
    def counted():
        name = "erc8004_auth_failures_total"
        return [
            REGISTRY.get_sample_value(name, {"reason": each}) for each in ("invalid", "expired")
        ]

    guess(use)
    before = counted()
    assert use("kamiyo_another").status_code == 429
    sql("update api_keys set expires_at = now() - interval '1 second'")
    assert use(secret).status_code == 429
    assert counted() == [each + 1 for each in before]


def test_guesser_is_known_while_redis_is_away(app, use):
    made = create_app(dataclasses.replace(Config.from_environment(), redis_url=None))
    client = made.test_client()
    began = time.monotonic()
    answers = [use("kamiyo_wrong", client=client) for _ in range(GUESSES + 1)]
    assert [answer.status_code for answer in answers] == [401] * GUESSES + [429]
    left = int(answers[-1].headers["Retry-After"])
    assert 60 - (time.monotonic() - began) - 2 <= left <= 60


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_forged_address_changes_nothing(use, header):
    forged = [{header: f"for=203.0.113.{number}"} for number in range(GUESSES + 1)]
    statuses = [use("kamiyo_wrong", **each).status_code for each in forged]
    assert statuses == [401] * GUESSES + [429]


def test_address_that_a_trusted_proxy_names_counts(use, behind_a_proxy):
    def through(address):
        forwarded = {"X-Forwarded-For": address}
        return use("kamiyo_wrong", client=behind_a_proxy, **forwarded).status_code

    assert [through("203.0.113.1") for _ in range(GUESSES + 1)] == [401] * GUESSES + [429]
    assert through("203.0.113.2") == 401


def test_address_that_a_client_tells_a_trusted_proxy_changes_nothing(use, behind_a_proxy):
    def through(number):
        forwarded = {"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.1"}
        return use("kamiyo_wrong", client=behind_a_proxy, **forwarded).status_code

    assert [through(number) for number in range(GUESSES + 1)] == [401] * GUESSES + [429]


def test_addresses_of_one_ipv6_network_count_as_one(use):
    statuses = [
        use("kamiyo_wrong", address=f"2001:db8::{number:x}").status_code
        for number in range(GUESSES + 1)
    ]
    assert statuses == [401] * GUESSES + [429]
    assert use("kamiyo_wrong", address="2001:db8:0:1::1").status_code == 401


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_address_is_counted_by_what_one_client_has(address, counted):
    assert rate_limits.network_of(address) == counted
