"""Keys that replaced each other are one family: they share what they did once, the end that was
granted, and the end of a leak."""

from __future__ import annotations

import datetime as dt

import pytest

from kamiyo_api.access import authentication
from tests.support import factories
from tests.support.clients import outcome

KEY = "/api/v1/key"
FEEDBACK = "/api/v1/agents/feedback"


@pytest.fixture
def flask(app):
    """Run `flask api-keys …`."""

    def run(*words):
        done = app.test_cli_runner().invoke(args=["api-keys", *words])
        app.extensions["kamiyo"].known_keys = authentication.KnownKeys()
        return done

    return run


@pytest.fixture
def create(flask):
    """The secret of a new key, which reads unless told otherwise."""
    return lambda *options: flask(
        "create", "--name", "Anna", "--secret-only", *(options or ("--scope", "read"))
    ).stdout.strip()


@pytest.fixture
def rotate(flask):
    """The secret of the key that replaces another."""

    def make(secret, *options):
        done = flask("rotate", secret[:15], *options)
        assert done.exit_code == 0, done.output
        return done.stdout.strip()

    return make


@pytest.fixture
def use(client):
    """What a key is told of itself."""
    return lambda secret: client.get(KEY, headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def lineage(create, rotate):
    """Three keys, each of which replaced the one before, the newest last."""
    first = create()
    second = rotate(first)
    return [first, second, rotate(second)]


def end(answer):
    """When a key ends."""
    return answer.json["expires_at"] and dt.datetime.fromisoformat(answer.json["expires_at"])


def test_revoking_the_newest_ends_all_that_it_replaced(flask, use, lineage, create):
    other = create()
    assert [use(secret).status_code for secret in lineage] == [200] * 3
    done = flask("revoke", lineage[-1][:15])
    told = [f"revoked {secret[:15]}" for secret in reversed(lineage)]
    assert (done.exit_code, done.output.splitlines()) == (0, told)
    assert [outcome(use(secret)) for secret in lineage] == [(401, "INVALID_API_KEY")] * 3
    assert use(other).status_code == 200


def test_revoking_an_older_one_leaves_its_successors_and_says_so(flask, use, lineage):
    done = flask("revoke", lineage[1][:15])
    assert done.stdout.splitlines() == [f"revoked {each[:15]}" for each in lineage[1::-1]]
    assert done.stderr == f"{lineage[2][:15]}, which replaced it, still works.\n"
    assert [use(secret).status_code for secret in lineage] == [401, 401, 200]


def test_one_key_alone_can_be_revoked(flask, use, lineage):
    assert flask("revoke", "--only", lineage[-1][:15]).output == f"revoked {lineage[-1][:15]}\n"
    assert [use(secret).status_code for secret in lineage] == [200, 200, 401]
    done = flask("revoke", lineage[-1][:15])
    assert done.output.splitlines() == [f"revoked {each[:15]}" for each in lineage[1::-1]]
    assert [use(secret).status_code for secret in lineage] == [401] * 3
    assert flask("revoke", lineage[-1][:15]).exit_code == 1


@pytest.mark.parametrize("options", [(), ("--expires", "30d")])
def test_key_that_replaces_a_replaced_one_ends_when_the_first_was_meant_to(
    flask, create, rotate, use, options
):
    first = create("--scope", "read", *options)
    granted = end(use(first))
    second = rotate(first, "--grace", "1h")
    again = flask("rotate", first[:15], "--grace", "2h")
    third = again.stdout.strip()
    assert f"{second[:15]}, from an earlier rotation, works, too." in again.stderr
    of_second = rotate(second, "--grace", "1h")
    assert [end(use(each)) for each in (third, of_second)] == [granted] * 2
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    assert all(end(use(each)) <= soon for each in (first, second))


def test_end_that_an_operator_sets_is_the_one_that_is_granted(create, rotate, use, sql):
    first = create("--scope", "read", "--expires", "30d")
    second = rotate(first)
    sql("update api_keys set expires_at = now() + interval '3 days' where rotated_at is null")
    granted = end(use(second))
    third = rotate(second, "--grace", "1h")
    assert end(use(third)) == granted < dt.datetime.now(dt.UTC) + dt.timedelta(days=4)
    sql("update api_keys set expires_at = null where key_prefix = %s", third[:15])
    assert end(use(rotate(third))) is None


def test_write_that_was_sent_before_the_rotation_is_not_done_again(
    client, create, rotate, make_agent, sql
):
    wallet = factories.address()
    old = create("--scope", "write", "--wallet", wallet)
    new = rotate(rotate(old))
    body = factories.feedback(agent_uuid=make_agent()["agent_uuid"], client_address=wallet)

    def post(secret, body):
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "once"}
        return client.post(FEEDBACK, json=body, headers=headers)

    first, again = post(old, body), post(new, body)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.data, again.headers["Idempotency-Replayed"]) == (first.data, "true")
    assert sql("select count(*) as n from erc8004_reputation") == [{"n": 1}]
    assert outcome(post(new, {**body, "score": 1})) == (409, "IDEMPOTENCY_KEY_REUSED")


def test_key_in_its_grace_is_not_told_to_end_soon(create, rotate, app):
    newest = rotate(create("--scope", "read", "--expires", "3d"), "--grace", "1h")
    done = app.test_cli_runner().invoke(args=["doctor"])
    (line,) = [each for each in done.output.splitlines() if " expiring-keys:" in each]
    assert f"1 within 7 days: {newest[:15]} in " in line
