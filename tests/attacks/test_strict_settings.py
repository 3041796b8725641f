"""Settings: what is not exactly right ends the start with one line that names the setting and shows
no secret, whoever starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from bench.serving import ROOT, serving
from kamiyo_api import create_app
from kamiyo_api.config import Config, ConfigError
from tests.support.documents import rows

SECRET = "hunter2hunter2"
AGENTS = "/api/v1/agents/"
BAD = {
    "DATABASE_URL": [
        "mysql://a/b",
        f"postgresql://kamiyo:{SECRET}@host:99999/kamiyo",
        f"postgresql://kamiyo:{SECRET}@host:port/kamiyo",
        f"postgresql://kamiyo:{SECRET}@host/kamiyo?sslmode=on",
        f"postgresql://kamiyo:{SECRET}@host/kamiyo?no_such_option=1",
        f"postgresql://kamiyo:{SECRET} @host/kamiyo",
        f"postgresql://kamiyo:{SECRET}@host/kamiyo\npostgresql://other/kamiyo",
        f"postgresql://kamiyo:{SECRET}%zz@host/kamiyo",
    ],
    "REDIS_URL": [
        "http://host/0",
        f"redis://:{SECRET}@host:99999/0",
        f"redis://:{SECRET}@host:port/0",
        f"redis://:{SECRET}@host/0?no_such_option=1",
        f"redis://:{SECRET}@host/0?socket_timeout=soon",
        f"redis://:{SECRET} @host/0",
    ],
    "SENTRY_DSN": ["nowhere", f"https://{SECRET}@sentry.example", f"https://{SECRET}@[::/1"],
    "METRICS_TOKEN": ["short", f"{SECRET} {SECRET}", f" {SECRET}", f"{SECRET}\n", f"{SECRET}ü"],
    "CORS_ORIGINS": [
        "https://example.com/",
        "https://example.com/path",
        "example.com",
        "https://*",
        "https://*.com",
        "https://a*.example.com",
        "https://*.*.example.com",
        r"https://.+\.example\.com",
        "https://example.com:0",
        "https://example.com:65536",
        "* https://example.com",
        "null",
        "https://exämple.com",
        "https://user@example.com",
    ],
    "TRUSTED_PROXIES": ["-1", "11", "yes", "٣"],
    "LOG_FORMAT": ["xml", "json5"],
    "LOG_LEVEL": ["trace", "info,debug"],
    "ENVIRONMENT": ["pro duction", "a/b", "x" * 65, "prödüction"],
    "RELEASE": ["kamiyo api", "a\\b", "x" * 201],
    "IPFS_GATEWAYS": [
        "gateway.example",
        "ftp://gateway.example",
        "https://",
        f"https://user:{SECRET}@gateway.example",
        f"https://gateway.example/?key={SECRET}",
        "https://gateway.example/#ipfs",
        "https://a.example gateway.example",
    ],
    "ARWEAVE_GATEWAYS": ["arweave", "https://gatewäy.example"],
    "PROMETHEUS_MULTIPROC_DIR": ["/no/such/folder", "/etc/hostname"],
    "RATE_LIMITS_FREE": [
        "60",
        "60,1000,10",
        "60,1000,10,0",
        "60,1000,10,-1",
        "٦,1,1,1",
        "1,1,1,1x",
    ],
}
NUMBER = re.compile(r"\b(\d[\d,]*) to (\d[\d,]*)\b")
OF_GUNICORN = ("PORT", "WEB_CONCURRENCY", "WEB_THREADS", "WEB_TIMEOUT")


def numbers():
    """The numbers among the settings of the reference, with the least and the most of each."""
    found = {}
    for names, _, meaning in rows("Settings"):
        if bounds := NUMBER.search(meaning):
            (name,) = re.findall(r"`(\w+)`", names)
            found[name] = tuple(int(text.replace(",", "")) for text in bounds.groups())
    return found


def cases():
    """Every bad value of every setting."""
    of_numbers = {
        name: [str(least - 1), str(most + 1), "٣", "1e3", "1_000", "0x10", "9" * 400, "1 1"]
        for name, (least, most) in numbers().items()
    }
    return [(name, value) for name, values in {**BAD, **of_numbers}.items() for value in values]


def started(name, value):
    """What `gunicorn --check-config` says, and with which code it ends."""
    command = [sys.executable, "-m", "gunicorn", "--check-config", "wsgi:app"]
    return subprocess.run(
        command, cwd=ROOT, env={**os.environ, name: value}, capture_output=True, text=True
    )


@pytest.mark.parametrize(("name", "value"), [each for each in cases() if each[0] != "WEB_TIMEOUT"])
def test_bad_value_ends_the_making_of_the_application(session_app, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as ended:
        create_app(Config.from_environment())
    assert_is_one_line(str(ended.value), name)


def assert_is_one_line(said, name):
    """Whether a start ended with one short line that names the setting and no secret."""
    assert said.startswith("kamiyo-api: ")
    assert re.search(rf"\b{name}\b", said)
    assert said.count("\n") == 0
    assert SECRET not in said
    assert len(said) < 250


@pytest.mark.parametrize("name", [*BAD, *OF_GUNICORN])
def test_bad_value_ends_the_start_of_gunicorn(session_app, name):
    value = next(value for each, value in cases() if each == name)
    done = started(name, value)
    assert done.returncode == 1
    assert_is_one_line(done.stderr.removesuffix("\n"), name)
    assert done.stdout == ""


@pytest.mark.parametrize("name", numbers())
def test_least_and_most_of_the_readme_are_taken(session_app, monkeypatch, name):
    for number in numbers()[name]:
        monkeypatch.setenv(name, str(number))
        Config.from_environment()


def test_readme_bounds_every_number(session_app):
    told = {
        name
        for names, default, _ in rows("Settings")
        for name in re.findall(r"`(\w+)`", names)
        if re.fullmatch(r"`?\d+`?", default) or name == "PORT"
    }
    assert told == numbers().keys()


@pytest.mark.parametrize("name", OF_GUNICORN)
def test_gunicorn_itself_reads_its_numbers_as_strictly(session_app, name):
    assert started(name, "1").returncode == 0
    assert started(name, "٣").returncode == 1


def test_value_of_blanks_is_one_that_is_not_set(session_app, monkeypatch):
    unset = Config.from_environment()
    for name in ("CORS_ORIGINS", "METRICS_TOKEN", "PORT", "SENTRY_DSN", "TRUSTED_PROXIES"):
        monkeypatch.setenv(name, "  ")
    assert Config.from_environment() == unset


@pytest.fixture(scope="module")
def shared(session_app):
    """A gunicorn whose answers scripts of some origins may read."""
    origins = "https://app.example.com, http://localhost:3000 https://*.example.org"
    with serving(CORS_ORIGINS=origins) as server:
        yield server


def let_in(server, origin):
    """What the service says to a script of an origin, to its question and to its request."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    answers = [server.request(each, "/health/live", headers=asked) for each in ("OPTIONS", "GET")]
    said = {answer.headers.get("Access-Control-Allow-Origin") for answer in answers}
    (told,) = said
    return told


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "http://localhost:3000",
        "https://a.example.org",
        "https://a.b-c.example.org",
    ],
)
def test_origin_that_is_meant_is_let_in(shared, origin):
    assert let_in(shared, origin) == origin


@pytest.mark.parametrize(
    "origin",
    [
        "https://xexampleXorg.evil.net",
        "https://a.exampleXorg",
        "https://a.example.org.evil.net",
        "https://example.org",
        "https://evil.net/.example.org",
        "https://evil.net#.example.org",
        "https://user@a.example.org",
        "http://a.example.org",
        "https://a.example.org:444",
        "https://.example.org",
        "https://appXexample.com",
        "https://app.example.com.evil.net",
        "https://app.example.com:443x",
        "http://localhost:30000",
        "null",
        "*",
    ],
)
def test_origin_that_only_looks_like_one_is_not_let_in(shared, origin):
    assert let_in(shared, origin) is None


def test_origins_are_told_to_nobody_who_names_none(shared):
    answer = shared.request("GET", "/health/live")
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_star_lets_every_origin_in(session_app):
    with serving(CORS_ORIGINS="*") as server:
        assert let_in(server, "https://anybody.example") == "*"
