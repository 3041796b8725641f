"""A URI that a client gives may become a link: its scheme is safe, and it is not disguised."""

from __future__ import annotations

import re

import pytest

from kamiyo_api.schemas.uris import Uri
from tests.support import factories
from tests.support.clients import document, outcome
from tests.support.endpoints import AGENTS, FEEDBACK

PLAIN = [
    "http://a.example",
    "https://a.example/x?y#z",
    "ipfs://bafy",
    "ar://x",
    "data:text/plain,x",
]
TAKEN = [*PLAIN, "HTTPS://A.EXAMPLE", "Ipfs://bafy", "dAtA:,", "https://größe.example/é"]
FOREIGN = ["javascript:alert(1)", "JavaScript:alert(1)", "vbscript:x", "file:///etc/passwd"]
FOREIGN += ["ftp://a.example", "blob:https://a.example/x", "view-source:https://a.example"]
FOREIGN += ["httpx://a.example", "about:blank", "mailto:a@a.example", "javascript:1/alert(1)"]
DISGUISED = ["java\tscript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)"]
DISGUISED += ["\x01javascript:alert(1)", "https://a\u202egpj.example", "https://a\u2028b"]
DISGUISED += [
    "https://a\u200bb.example",
    "https://a\x7fb",
    "\ufeffjavascript:x",
    "ja\u00advascript:x",
]
SPACED = ["https://a b", " https://a", "https://a ", "https://a\u00a0b", "https://a\u3000b"]
NOT_URIS = ["a", "/path", "//a.example", "a.example:80", "https", ":", "https//a"]
NAMES = ["get_weather", "/v1/weather", "GET /v1/weather", "weather.example:8080/mcp", "weather:80"]
NAMES += ["localhost:3000", "10.0.0.1:80?x", "[::1]:80", "1:2", "größe", ":", "Weather now: today"]


@pytest.fixture
def give(client, admin, make_agent, give_feedback, request_validation):
    """Give a value where a URI is taken."""
    agent_uuid = make_agent()["agent_uuid"]

    def change(value):
        return client.patch(f"{AGENTS}{agent_uuid}", json={"token_uri": value}, headers=admin)

    def feedback(field):
        def send(value):
            body = factories.feedback(agent_uuid=agent_uuid, **{field: value})
            return client.post(FEEDBACK, json=body, headers=admin)

        return send

    def respond(value):
        feedback_id = give_feedback(agent_uuid=agent_uuid)["feedback_id"]
        body = {"responder_address": factories.address(), "response_uri": value}
        return client.post(f"{FEEDBACK}/{feedback_id}/responses", json=body, headers=admin)

    def request(value):
        body = factories.validation(agent_uuid=agent_uuid, request_uri=value)
        return client.post(f"{AGENTS}validations", json=body, headers=admin)

    def validate(value):
        request_hash = request_validation(agent_uuid=agent_uuid)["request_hash"]
        path = f"{AGENTS}validations/{request_hash}/response"
        return client.post(path, json={"response": 1, "response_uri": value}, headers=admin)

    def pay(value):
        body = factories.payment(agent_uuid=agent_uuid, endpoint=value)
        return client.post(f"{AGENTS}link-payment", json=body, headers=admin)

    return {
        "token_uri": change,
        "file_uri": feedback("file_uri"),
        "response_uri": respond,
        "request_uri": request,
        "validator's response_uri": validate,
        "endpoint": feedback("endpoint"),
        "payment's endpoint": pay,
    }


def is_endpoint(where):
    return where.endswith("endpoint")


def field_of(where):
    return where.split(" ")[-1]


def test_uri_of_a_safe_scheme_is_taken_everywhere(give):
    for where, send in give.items():
        for value in TAKEN:
            answer = send(value)
            assert answer.status_code in (200, 201), (where, value)
            if where != "response_uri":
                assert answer.json[field_of(where)] == value


@pytest.mark.parametrize("value", FOREIGN + DISGUISED)
def test_uri_of_another_scheme_is_refused_everywhere(give, value):
    for where, send in give.items():
        answer = send(value)
        assert outcome(answer) == (422, "VALIDATION_ERROR"), where
        (message,) = answer.get_json(force=True)["errors"][field_of(where)]
        assert "http, https, ipfs, ar, data" in message


@pytest.mark.parametrize("value", SPACED + NOT_URIS)
def test_what_is_no_uri_is_refused_but_as_an_endpoint(give, value):
    for where, send in give.items():
        if not is_endpoint(where):
            assert outcome(send(value)) == (422, "VALIDATION_ERROR"), where


@pytest.mark.parametrize("value", NAMES)
def test_endpoint_may_be_a_name_a_path_or_a_host_with_its_port(give, value):
    for where in filter(is_endpoint, give):
        assert give[where](value).json["endpoint"] == value


def test_pattern_in_the_document_is_what_is_taken(app):
    schemas = document()["components"]["schemas"]
    names = {"token_uri", "file_uri", "request_uri", "response_uri"}
    found = [
        part["pattern"]
        for name, schema in schemas.items()
        for field, part in schema.get("properties", {}).items()
        if field in names and "pattern" in part
    ]
    assert found == [Uri.PATTERN] * 5
    for value in TAKEN:
        assert re.search(Uri.PATTERN, value)
    for value in FOREIGN + DISGUISED + SPACED + NOT_URIS:
        assert not re.fullmatch(Uri.PATTERN[1:-1], value)
