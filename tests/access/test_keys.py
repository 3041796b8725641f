"""API keys: what opens the door, what does not, and the commands that make and end keys."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

import pytest

from kamiyo_api.access import authentication
from tests.support import factories
from tests.support.clients import outcome

KEY = "/api/v1/key"
SECRET = re.compile(r"kamiyo_[A-Za-z0-9_-]{43}")


@pytest.fixture
def flask(app):
    """Run `flask api-keys …`."""
    return lambda *words: app.test_cli_runner().invoke(args=["api-keys", *words])


@pytest.fixture
def created(flask):
    """The secret of a key that the command makes; it reads unless said otherwise."""

    def create(*options):
        made = flask("create", "--name", "Anna", *(options or ("--scope", "read")))
        assert made.exit_code == 0, made.output
        assert SECRET.fullmatch(made.stdout.strip())
        return made.stdout.strip()

    return create


@pytest.fixture
def use(client):
    """Call with an Authorization header."""
    return lambda authorization: client.get(KEY, headers={"Authorization": authorization})


@pytest.fixture
def forget(app):
    """Let the process forget the keys that it looked up in the last seconds."""
    return lambda: setattr(app.extensions["kamiyo"], "known_keys", authentication.KnownKeys())


def test_created_key_opens_the_door_and_knows_itself(created, use):
    secret = created("--scope", "read", "--scope", "payments", "--tier", "pro", "--expires", "90d")
    answer = use(f"Bearer {secret}")
    assert answer.status_code == 200
    assert (answer.json["name"], answer.json["tier"]) == ("Anna", "pro")
    assert answer.json["scopes"] == ["payments", "read"]
    assert (answer.json["key_prefix"], answer.json["wallet_address"]) == (secret[:15], None)
    lives = dt.datetime.fromisoformat(answer.json["expires_at"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=89) < lives <= dt.timedelta(days=90)


def test_only_the_hash_of_a_secret_is_stored(created, sql):
    secret = created()
    (row,) = sql("select row_to_json(k)::text as stored from api_keys as k")
    assert secret not in row["stored"]
    assert hashlib.sha256(secret.encode()).hexdigest() in row["stored"]


def test_wallet_of_a_write_key_is_kept_in_lower_case(created, use):
    secret = created("--scope", "write", "--wallet", "0xABCDEF0000000000000000000000000000000001")
    wallet = use(f"Bearer {secret}").json["wallet_address"]
    assert wallet == "0xabcdef0000000000000000000000000000000001"


def test_secret_is_all_that_secret_only_prints(flask):
    made = flask("create", "--name", "Anna", "--scope", "read", "--secret-only")
    assert SECRET.fullmatch(made.output.strip())


@pytest.mark.parametrize(
    "options",
    [
        ["--scope", "write"],
        ["--scope", "write", "--wallet", "0x1"],
        ["--scope", "fly"],
        ["--scope", "read", "--tier", "gold"],
        ["--scope", "read", "--expires", "soon"],
        ["--scope", "read", "--name", "x" * 101],
        ["--scope", "read", "--name", ""],
        [],
    ],
)
def test_key_that_makes_no_sense_is_not_created(flask, sql, options):
    made = flask("create", "--name", "Anna", *options)
    assert made.exit_code == 2
    assert "Traceback" not in made.output
    assert sql("select name from api_keys") == []


def test_admin_key_may_write_without_a_wallet(created, use):
    secret = created("--scope", "admin", "--scope", "write")
    assert use(f"Bearer {secret}").status_code == 200


@pytest.mark.parametrize(
    "authorization", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer   {}", "  Bearer {}  "]
)
def test_white_space_around_a_key_does_no_harm(created, use, authorization):
    assert use(authorization.format(created())).status_code == 200


@pytest.mark.parametrize("space", [" ", "  ", "\t", "\u00a0"])
def test_white_space_inside_a_key_is_named(created, use, space):
    secret = created()
    answer = use(f"Bearer {secret[:20]}{space}{secret[20:]}")
    assert outcome(answer) == (401, "INVALID_API_KEY")
    assert "white space" in answer.json["detail"]


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic YTpi", "kamiyo_x"])
def test_call_without_a_key_is_told_how_to_send_one(use, authorization):
    answer = use(authorization)
    assert outcome(answer) == (401, "MISSING_API_KEY")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.json["detail"]


@pytest.mark.parametrize("secret", ["kamiyo_unknown", "x" * 5000, "é", "'or"])
def test_unknown_key_is_invalid(use, secret):
    answer = use(f"Bearer {secret}")
    assert outcome(answer) == (401, "INVALID_API_KEY")
    assert answer.json["detail"].startswith("Invalid API key")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_hash_of_a_secret_is_not_a_key(created, use):
    digest = hashlib.sha256(created().encode()).hexdigest()
    assert outcome(use(f"Bearer {digest}")) == (401, "INVALID_API_KEY")


def test_key_past_its_time_has_expired(created, use, sql):
    secret = created("--scope", "read", "--expires", "1h")
    sql("update api_keys set expires_at = now() - interval '1 second'")
    assert outcome(use(f"Bearer {secret}")) == (401, "EXPIRED_API_KEY")


def test_revoked_key_is_invalid(created, flask, forget, use):
    secret = created()
    assert use(f"Bearer {secret}").status_code == 200
    assert flask("revoke", secret[:15]).output == f"revoked {secret[:15]}\n"
    forget()
    assert outcome(use(f"Bearer {secret}")) == (401, "INVALID_API_KEY")


def test_revoking_an_unknown_or_revoked_key_says_so(created, flask):
    prefix = created()[:15]
    flask("revoke", prefix)
    for unknown in (prefix, "kamiyo_nothing_"):
        revoked = flask("revoke", unknown)
        assert revoked.exit_code == 1
        assert revoked.output.startswith(f"Error: no active key has the prefix {unknown}")


def test_rotated_key_has_the_same_rights_and_the_old_one_lives_on_for_the_grace(
    created, flask, forget, use, sql
):
    wallet = factories.address()
    old = created("--scope", "read", "--scope", "write", "--wallet", wallet, "--tier", "team")
    new = flask("rotate", old[:15]).stdout.strip()
    same = ("name", "tier", "scopes", "wallet_address")
    before, after = use(f"Bearer {old}").json, use(f"Bearer {new}").json
    assert [before[each] for each in same] == [after[each] for each in same]
    assert after["expires_at"] is None
    sql("update api_keys set expires_at = expires_at - interval '24 hours'")
    forget()
    assert outcome(use(f"Bearer {old}")) == (401, "EXPIRED_API_KEY")
    assert use(f"Bearer {new}").status_code == 200


def test_rotation_never_lengthens_the_life_of_a_key(created, flask, use):
    old = created("--scope", "read", "--expires", "1h")
    expires = use(f"Bearer {old}").json["expires_at"]
    new = flask("rotate", old[:15], "--grace", "7d").stdout.strip()
    assert use(f"Bearer {old}").json["expires_at"] == expires
    assert use(f"Bearer {new}").json["expires_at"] == expires


def test_rotation_without_grace_ends_the_old_key_at_once(created, flask, use):
    old = created()
    new = flask("rotate", old[:15], "--grace", "0s").stdout.strip()
    assert outcome(use(f"Bearer {old}")) == (401, "EXPIRED_API_KEY")
    assert use(f"Bearer {new}").status_code == 200


def test_revoked_key_is_not_rotated(created, flask, sql):
    prefix = created()[:15]
    flask("revoke", prefix)
    assert flask("rotate", prefix).exit_code == 1
    assert len(sql("select name from api_keys")) == 1


def test_list_shows_every_key_newest_first_and_no_secret(created, flask, sql):
    first, second = created(), created("--scope", "read", "--expires", "1h")
    sql("update api_keys set expires_at = now() where expires_at is not null")
    flask("revoke", first[:15])
    lines = flask("list").output.splitlines()[1:]
    assert [line.split()[:2] for line in lines] == [
        [second[:15], "expired"],
        [first[:15], "revoked"],
    ]
    assert not [line for line in lines if first in line or second in line]


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("write", "GET", "/api/v1/agents/"),
        ("read", "POST", "/api/v1/agents/register"),
        ("write", "POST", "/api/v1/agents/link-payment"),
        ("payments", "GET", "/api/v1/stats"),
    ],
)
def test_key_without_the_scope_is_told_which_it_lacks(client, key_for, scope, method, path):
    answer = client.open(path, method=method, headers=key_for(factories.address(), scope))
    assert outcome(answer) == (403, "INSUFFICIENT_SCOPE")
    assert re.search(r"'(read|write|payments)'", answer.json["detail"])


def test_use_of_a_key_is_recorded(created, use, sql):
    secret = created()
    assert sql("select last_used_at from api_keys") == [{"last_used_at": None}]
    use(f"Bearer {secret}")
    (used,) = sql("select last_used_at from api_keys")
    assert used["last_used_at"] is not None


def test_list_has_a_header_above_its_columns(flask):
    flask("create", "--name", "Ada", "--tier", "team", "--scope", "read", "--secret-only")
    header, row = flask("list").stdout.splitlines()[:2]
    assert header.split() == ["PREFIX", "STATUS", "TIER", "SCOPES", "WALLET", "EXPIRES", "NAME"]
    for title, cell in (
        ("STATUS", "active"),
        ("TIER", "team"),
        ("SCOPES", "read"),
        ("NAME", "Ada"),
    ):
        assert row.startswith(cell, header.index(title))


def test_key_can_be_named_wherever_a_prefix_can(flask, forget, use):
    create = ("create", "--name", "Ada", "--scope", "read", "--secret-only")
    first = flask(*create).stdout.strip()
    second = flask("rotate", "Ada").stdout.strip()
    third = flask("rotate", "Ada").stdout.strip()
    revoked = flask("revoke", "Ada").stdout
    assert revoked.split() == [
        word for secret in (third, second, first) for word in ("revoked", secret[:15])
    ]
    forget()
    assert use(f"Bearer {third}").status_code == 401
    done = flask("revoke", "Ada")
    assert (done.exit_code, done.stderr) == (
        1,
        "Error: no active key has the prefix Ada or this name; see `flask api-keys list`\n",
    )


def test_name_of_several_keys_lists_them_and_changes_none(flask, forget, use):
    create = ("create", "--name", "Bob", "--scope", "read", "--secret-only")
    secrets = [flask(*create).stdout.strip() for _ in range(2)]
    for command in ("revoke", "rotate"):
        done = flask(command, "Bob")
        assert done.exit_code == 1
        assert done.stderr.startswith("Error: 2 keys are named Bob: kamiyo_")
        assert all(secret[:15] in done.stderr for secret in secrets)
    assert all(use(f"Bearer {secret}").status_code == 200 for secret in secrets)
    assert flask("revoke", secrets[0][:15]).exit_code == 0


def test_prefix_goes_before_a_name_that_looks_like_it(flask):
    secret = flask("create", "--name", "Eve", "--scope", "read", "--secret-only").stdout.strip()
    flask("create", "--name", secret[:15], "--scope", "read", "--secret-only")
    assert flask("revoke", secret[:15]).stdout == f"revoked {secret[:15]}\n"
