"""The state of a request: one for each, none outside, whatever contexts Flask makes."""

from __future__ import annotations

import threading

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kamiyo_api import context
from kamiyo_api.context import current_key, current_state, own_state, services
from kamiyo_api.health.background import run_in_background

STATS = "/api/v1/stats"


@pytest.fixture
def states(app):
    """The state in which Flask answers each request."""
    seen = []
    hooks = app.after_request_funcs.setdefault(None, [])

    def note(response):
        seen.append(current_state())
        return response

    hooks.append(note)
    yield seen
    hooks.remove(note)


def test_each_request_has_a_state_of_its_own(client, admin, states):
    for name in ("first", "second"):
        answer = client.get(STATS, headers={**admin, "X-Request-ID": name})
        assert answer.headers["X-Request-ID"] == name
    assert [state.request_id for state in states] == ["first", "second"]
    assert {state.api_key.tier for state in states} == {"enterprise"}


def test_after_a_request_nothing_is_left_of_it(client, admin, states):
    client.get(STATS, headers=admin)
    assert current_state() not in states
    assert (current_state().request_id, current_state().api_key) == (context.NO_REQUEST, None)
    assert context.request_id() == context.NO_REQUEST
    with pytest.raises(LookupError, match="requires none"):
        current_key()


def test_outside_of_requests_a_block_can_keep_a_state(app):
    assert current_state() is not current_state()
    with own_state() as state:
        assert current_state() is state
    assert current_state() is not state


def test_requests_at_the_same_time_do_not_share_a_state(app, admin, states):
    both = threading.Barrier(2)

    def ask(name):
        client = FlaskClient(app, app.response_class)
        both.wait()
        client.get(STATS, headers={**admin, "X-Request-ID": name})

    threads = [threading.Thread(target=ask, args=(f"number-{n}",)) for n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {state.request_id for state in states} == {"number-0", "number-1"}


def test_call_in_the_background_has_the_services_and_no_request(app):
    with own_state() as state:
        state.request_id = "of-the-request"
        found = run_in_background("any", lambda: (services(), context.request_id())).result(10)
    assert found == (services(), context.NO_REQUEST)


def test_services_are_those_of_the_request_not_of_the_context_around_it(app, another):
    other, admitted = another
    seen = []
    other.before_request_funcs.setdefault(None, []).append(lambda: seen.append(services()))
    assert other.test_client().get(STATS, headers=admitted).status_code == 200
    assert seen == [other.extensions[context.EXTENSION]]
    assert services() is app.extensions[context.EXTENSION]


@pytest.fixture
def another(admin):
    """Another application on the same servers, and the headers of a key."""
    from kamiyo_api import create_app

    made: Flask = create_app()
    return made, admin


@pytest.mark.parametrize("path", ["/nowhere", "/api/v1/agents/%FF", "/" + "x" * 9000, "/health"])
def test_every_answer_has_its_id_and_its_security_headers(client, path):
    answer = client.get(path, headers={"X-Request-ID": "of-a-client"})
    assert answer.headers["X-Request-ID"] == "of-a-client"
    assert answer.headers["X-Frame-Options"] == "DENY"
