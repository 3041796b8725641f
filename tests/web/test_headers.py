"""What every answer carries beside its body."""

from __future__ import annotations

import dataclasses
import gzip
import sys

import brotli
import pytest
from flask.testing import FlaskClient

from kamiyo_api import create_app
from kamiyo_api.config import Config
from tests.support import factories
from tests.support.clients import CheckedClient, outcome

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

AGENTS = "/api/v1/agents/"
READS = (
    "",
    "{}",
    "{}/stats",
    "{}/reputation",
    "{}/feedback",
    "{}/payments",
    "{}/validations",
    "{}/metadata",
    "{}/metadata/color",
    "{}/registration",
)
ENCODINGS = {"gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstd.decompress}
FAR_UUID = "019fffff-ffff-7fff-bfff-ffffffffffff"
SITE = "https://app.example"


@pytest.fixture
def service(app):
    """A client of the service with other settings than those of the environment."""

    def create(**settings):
        made = create_app(dataclasses.replace(Config.from_environment(), **settings))
        made.test_client_class = CheckedClient
        return made.test_client()

    return create


@pytest.fixture
def agent(make_agent):
    """The uuid of an agent with an entry under the key color."""
    return make_agent(metadata=[{"key": "color", "value": "cmVk"}])["agent_uuid"]


@pytest.fixture
def read(client, admin):
    """Read a path below /api/v1/agents/, perhaps with more headers."""
    return lambda path, method="GET", **headers: client.open(
        AGENTS + path, method=method, headers={**admin, **headers}
    )


@pytest.mark.parametrize("path", READS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_what_did_not_change_is_not_sent_again(read, agent, path, method):
    path = path.format(agent)
    first = read(path)
    again = read(path, method, **{"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    for name in ("ETag", "Cache-Control", "Vary"):
        assert again.headers[name] == first.headers[name]


@pytest.fixture
def read_compressed(app, admin):
    """Search with an Accept-Encoding, by a client that takes the body as it comes."""
    client = FlaskClient(app, app.response_class)
    return lambda encoding, **headers: client.get(
        AGENTS, headers={**admin, "Accept-Encoding": encoding, **headers}
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_tag_of_a_compressed_answer_counts_too(read_compressed, long_page, encoding):
    first = read_compressed(encoding)
    again = read_compressed(encoding, **{"If-None-Match": first.headers["ETag"]})
    assert (first.headers["Content-Encoding"], again.status_code) == (encoding, 304)


def test_what_changed_is_sent_again(read, client, admin, agent):
    tag = read(agent).headers["ETag"]
    client.patch(AGENTS + agent, json={"status": "suspended"}, headers=admin)
    answer = read(agent, **{"If-None-Match": tag})
    assert (answer.status_code, answer.json["status"]) == (200, "suspended")
    assert answer.headers["ETag"] != tag


@pytest.mark.parametrize("path", ["", "?limit=x", FAR_UUID])
def test_answers_are_kept_by_nobody_but_the_client_with_this_key(read, path):
    headers = read(path).headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Accept-Encoding"} <= set(headers["Vary"].split(", "))


def test_errors_have_no_tag(read):
    assert "ETag" not in read(FAR_UUID).headers


@pytest.fixture
def long_page(make_agent, read):
    """The first page of a search, which is longer than 1 KiB."""
    for _ in range(3):
        make_agent()
    page = read("").data
    assert len(page) > 1024
    return page


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_long_body_is_compressed_as_the_client_wants(read_compressed, long_page, encoding):
    answer = read_compressed(encoding)
    assert answer.headers["Content-Encoding"] == encoding
    assert int(answer.headers["Content-Length"]) == len(answer.data) < len(long_page)
    assert ENCODINGS[encoding](answer.data) == long_page


def test_body_is_not_compressed_for_who_does_not_ask(read, long_page):
    answer = read("")
    assert "Content-Encoding" not in answer.headers
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_short_body_is_not_compressed(read_compressed):
    answer = read_compressed("gzip")
    assert len(answer.data) < 1024
    assert "Content-Encoding" not in answer.headers


def test_other_origins_are_not_let_in_by_default(client, admin):
    for method in ("GET", "OPTIONS"):
        headers = {**admin, "Origin": SITE, "Access-Control-Request-Method": "GET"}
        answer = client.open(AGENTS, method=method, headers=headers)
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_origin_that_is_set_is_let_in(service, admin):
    client = service(cors_origins=[SITE, "https://other.example"])
    asked = {**admin, "Origin": SITE, "Accept-Encoding": "gzip"}
    answer = client.get(AGENTS, headers=asked)
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"ETag", "Link", "Location", "Retry-After", "X-RateLimit-Remaining"} <= set(exposed)
    assert "Idempotency-Replayed" in exposed
    varies = set(answer.headers["Vary"].split(", "))
    assert varies == {"Origin", "Authorization", "Accept-Encoding"}
    other = client.get(AGENTS, headers={**admin, "Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


def test_origin_that_is_set_may_ask_first(service):
    wanted = {
        "Origin": SITE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    answer = service(cors_origins=[SITE]).options(f"{AGENTS}register", headers=wanted)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "content-type", "idempotency-key"} <= set(allowed)


@pytest.mark.parametrize("path", [AGENTS, "/health", "/docs/errors", "/nothing", "/openapi.json"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'self'" in headers["Content-Security-Policy"]


def test_only_who_came_by_https_is_kept_there(service):
    forwarded = {"X-Forwarded-Proto": "https"}
    shown = [
        "Strict-Transport-Security" in client.get("/health/live", headers=headers).headers
        for client in (service(), service(trusted_proxies=1))
        for headers in ({}, forwarded)
    ]
    assert shown == [False, False, False, True]


def test_body_may_be_as_long_as_the_setting_says(monkeypatch, service, admin):
    monkeypatch.setenv("MAX_CONTENT_LENGTH", "2048")
    client = service()
    agent = factories.agent()
    agent["registration_file"]["description"] = "x" * 1000
    assert client.post(f"{AGENTS}register", json=agent, headers=admin).status_code == 201
    agent["registration_file"]["description"] = "x" * 2000
    answer = client.post(f"{AGENTS}register", json=agent, headers=admin)
    assert outcome(answer) == (413, "BODY_TOO_LARGE")
    assert "2048 bytes" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize("name", ["MAX_CONTENT_LENGTH", "TRUSTED_PROXIES"])
@pytest.mark.parametrize("text", ["-1", "many", "1.5"])
def test_setting_that_makes_no_sense_ends_the_start(monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    with pytest.raises(SystemExit, match=f"{name} must be a whole number"):
        Config.from_environment()
