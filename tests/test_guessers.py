"""Who guesses API keys is limited by address, before the database is asked."""

from __future__ import annotations

import dataclasses

import pytest

from kamiyo_api import auth, create_app
from kamiyo_api.config import Config
from tests.answers import CheckedClient, outcome

KEY = "/api/v1/key"
GUESSES = 30


@pytest.fixture
def use(client):
    """Call with a key, from an address, perhaps with more headers."""

    def call(secret, address="192.0.2.1", client=client, **headers):
        sent = {"Authorization": f"Bearer {secret}", **headers}
        return client.get(KEY, headers=sent, environ_base={"REMOTE_ADDR": address})

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
    """Guess as often as is allowed."""
    return {outcome(use(f"kamiyo_{number}", **options)) for number in range(GUESSES)}


def test_guesser_is_refused_after_30_wrong_keys(use, app):
    assert guess(use) == {(401, "INVALID_API_KEY")}
    answer = use("kamiyo_another")
    assert outcome(answer) == (429, "RATE_LIMIT_EXCEEDED")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert "30 wrong keys per minute" in answer.get_json(force=True)["detail"]
    redis = app.extensions["redis"].connection
    assert 50 < redis.ttl("kamiyo:limit:failures:192.0.2.1") <= 60


def test_database_is_not_asked_for_more_guesses(use, statements):
    guess(use)
    assert len([each for each in statements() if "api_keys" in each]) == GUESSES
    assert outcome(use("kamiyo_another"))[0] == 429
    assert [each for each in statements() if "api_keys" in each] == []


def test_same_wrong_key_again_and_again_counts_too(use):
    statuses = [use("kamiyo_wrong").status_code for _ in range(GUESSES + 1)]
    assert statuses == [401] * GUESSES + [429]


def test_key_in_use_goes_on_at_the_address_of_a_guesser(use, secret, monkeypatch):
    assert use(secret).status_code == 200
    guess(use)
    assert use("kamiyo_another").status_code == 429
    assert use(secret).status_code == 200
    monkeypatch.setattr(auth.Remembered, "get", lambda self, digest: None)
    assert use(secret).status_code == 200


def test_other_addresses_go_on(use, secret):
    guess(use)
    assert use(secret, address="192.0.2.2").status_code == 200
    assert use("kamiyo_wrong", address="192.0.2.2").status_code == 401


def test_valid_keys_are_no_guesses(use, secret):
    assert {use(secret).status_code for _ in range(2 * GUESSES)} == {200}


def test_guesser_is_known_while_redis_is_away(app, use):
    made = create_app(dataclasses.replace(Config.from_environment(), redis_url=None))
    client = made.test_client()
    statuses = [use("kamiyo_wrong", client=client).status_code for _ in range(GUESSES + 1)]
    assert statuses == [401] * GUESSES + [429]


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
