"""Every metadata key that can be stored is reached under its percent-encoded form, and no path
leads to the entry of another key."""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import closing
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import factories
from tests.support.endpoints import AGENTS, REGISTER

KEYS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=128)
ODD = st.text(st.sampled_from("/.%2Fa\n\r ?#;\\\ufffdé\u2028😀"), min_size=1, max_size=12)
HOSTILE = ["/", "//", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "%2F", "%", "a\nb", "\n"]
HOSTILE += [
    "\r\n",
    "?",
    "#",
    "a?b#c",
    "\ufffd",
    " ",
    "a ",
    "é",
    "e\u0301",
    "\x7f",
    "feedback/x",
    "+",
]


@pytest.fixture
def call(server, admin):
    """Send a request with a target as it is, over a connection of its own."""
    host = server.url.removeprefix("http://")

    def send(method, target, body=None):
        headers = {**admin, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body)
        with closing(http.client.HTTPConnection(host, timeout=60)) as connection:
            connection.request(method, target, data, headers)
            answer = connection.getresponse()
            content = answer.read()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, json.loads(content) if content and is_json else None, answer.headers

    return send


@pytest.fixture
def of_agent(call):
    """Call the entry of an agent under an encoded key; without one, the path of all."""
    body = factories.agent()
    _, agent, _ = call("POST", REGISTER, body)

    def send(method, encoded, body=None):
        return call(method, f"{AGENTS}{agent['agent_uuid']}/metadata{encoded}", body)

    return send


def value_of(key):
    return base64.b64encode(key.encode()[:5]).decode()


def check(of_agent, key):
    """Set, read and remove an entry, beside its neighbours, which stay as they are."""
    encoded = "/" + quote(key, safe="")
    status, entry, _ = of_agent("PUT", encoded, {"value": value_of(key)})
    assert (status, entry["key"]) == (200, key)
    status, read, _ = of_agent("GET", encoded)
    assert (status, read) == (200, entry)
    assert of_agent("HEAD", encoded)[0] == 200
    assert of_agent("DELETE", encoded)[0] == 204
    assert of_agent("GET", encoded)[0] == 404
    assert of_agent("GET", "")[1]["metadata"] == []


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(key=KEYS | ODD)
def test_every_key_is_set_read_and_removed(of_agent, key):
    check(of_agent, key)


@pytest.mark.parametrize("key", HOSTILE)
def test_hostile_key_is_set_read_and_removed(of_agent, key):
    check(of_agent, key)


def test_keys_that_look_alike_are_kept_apart(call):
    entries = [{"key": key, "value": value_of(key)} for key in HOSTILE]
    status, agent, _ = call("POST", REGISTER, factories.agent(metadata=entries))
    assert status == 201
    path = f"{AGENTS}{agent['agent_uuid']}/metadata"
    for key in HOSTILE:
        status, entry, _ = call("GET", f"{path}/{quote(key, safe='')}")
        assert (status, entry["key"], entry["value"]) == (200, key, value_of(key))
    for number, key in enumerate(HOSTILE, 1):
        assert call("DELETE", f"{path}/{quote(key, safe='')}")[0] == 204
        assert len(call("GET", path)[1]["metadata"]) == len(HOSTILE) - number


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("encoded", ["/%FF", "/a%C3", "/%ED%A0%80", "/%C0%AF"])
def test_path_that_is_not_utf8_is_refused(of_agent, method, encoded):
    of_agent("PUT", "/%EF%BF%BD", {"value": "cmVk"})
    body = {"value": "Ymx1ZQ=="} if method == "PUT" else None
    status, problem, _ = of_agent(method, encoded, body)
    assert (status, problem["code"]) == (400, "MALFORMED_PATH")
    assert "percent-encode" in problem["detail"]
    (kept,) = of_agent("GET", "")[1]["metadata"]
    assert (kept["key"], kept["value"]) == ("\ufffd", "cmVk")


def test_nul_answers_no_other_key(of_agent):
    of_agent("PUT", "/%EF%BF%BD", {"value": "cmVk"})
    assert of_agent("GET", "/%00")[1]["code"] == "METADATA_NOT_FOUND"
    for method in ("PUT", "DELETE"):
        assert of_agent(method, "/%00", {"value": ""})[1]["code"] == "VALIDATION_ERROR"


def test_slashes_before_the_key_lead_to_no_other_key(call, of_agent):
    of_agent("PUT", "/a", {"value": "cmVk"})
    assert of_agent("GET", "//a")[1]["code"] == "METADATA_NOT_FOUND"
    _, agent, _ = call("POST", REGISTER, factories.agent())
    target = f"/api//v1/agents/{agent['agent_uuid']}/metadata//a"
    status, problem, _ = call("PUT", target, {"value": "cmVk"})
    assert status in (404, 405)
    assert problem["code"] in ("NOT_FOUND", "METHOD_NOT_ALLOWED")
    assert call("GET", f"{AGENTS}{agent['agent_uuid']}/metadata")[1]["metadata"] == []


def test_list_is_found_with_and_without_a_slash(of_agent):
    for end in ("", "/"):
        status, listed, _ = of_agent("GET", end)
        assert (status, listed["metadata"]) == (200, [])


def test_other_methods_are_told_which_are_taken(of_agent):
    for encoded in ("/a", "/%2Fa", "/a%0Ab"):
        status, problem, headers = of_agent("POST", encoded, {})
        assert (status, problem["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert set(headers["Allow"].split(", ")) == {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}


@pytest.mark.parametrize("path", ["/api//v1/stats", "//docs//errors", "/api/v1//stats"])
def test_other_routes_still_merge_slashes(call, path):
    status, _, headers = call("GET", path)
    assert status == 308
    assert "//" not in headers["Location"].removeprefix("http://")
