"""Every error code over HTTP, and input that means harm: always a clear refusal."""

from __future__ import annotations

import json

import pytest

from kamiyo_api import errors
from tests.support import factories
from tests.support.clients import PROBLEM, outcome
from tests.support.endpoints import AGENTS, BODIES, FAR_UUID, FEEDBACK, READS, REGISTER

JSON = "application/json"
TEXT_FIELDS = [
    (path, field)
    for path, body in BODIES.items()
    for field, value in body.items()
    if isinstance(value, str)
]


@pytest.fixture
def post(client, admin):
    """Post bytes, as JSON unless another type is given."""

    def send(path, data, content_type=JSON):
        return client.post(path, data=data, content_type=content_type, headers=admin)

    return send


def test_error_has_the_one_shape_and_says_what_to_do(client):
    answer = client.get(AGENTS, headers={"X-Request-ID": "me-1"})
    assert answer.content_type == PROBLEM
    assert answer.get_json(force=True) == {
        "type": "/docs/errors#MISSING_API_KEY",
        "title": "Missing API key",
        "status": 401,
        "detail": errors.MissingApiKey().detail,
        "code": "MISSING_API_KEY",
        "request_id": "me-1",
    }


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b"\xff\xfe",
        b'{"name": "\xed\xa0\x80"}',
        b'{"chain": "\\ud800"}',
        b"[" * 50_000,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
        b"{} {}",
        b'{"a": 1e999}',
    ],
    ids=[
        "cut off",
        "single quotes",
        "NaN",
        "not UTF-8",
        "lone surrogate in UTF-8",
        "lone surrogate escaped",
        "deep list",
        "deep object",
        "two documents",
        "infinity",
    ],
)
@pytest.mark.parametrize("path", [REGISTER, f"{FEEDBACK}/{FAR_UUID}/revoke"])
def test_what_is_not_json_is_malformed(post, path, body):
    assert outcome(post(path, body)) == (400, "MALFORMED_JSON")


@pytest.mark.parametrize("depth", [100, 200, 300, 480, 520, 1000])
@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]")])
def test_deeply_nested_file_is_taken_and_read_or_refused(
    client, admin, post, depth, opening, closing
):
    body = (
        b'{"owner_address":"%s","chain":"base","registration_file":{"deep":'
        % factories.address().encode()
        + opening * depth
        + b"1"
        + closing * depth
        + b"}}"
    )
    answer = post(REGISTER, body)
    if answer.status_code == 201:
        path = AGENTS + answer.json["agent_uuid"]
        assert client.get(path, headers=admin).json == answer.json
        assert client.get(f"{path}/registration").status_code == 200
    else:
        assert outcome(answer) in [(422, "VALIDATION_ERROR"), (400, "MALFORMED_JSON")]
    assert client.get(AGENTS, headers=admin).status_code == 200


@pytest.mark.parametrize("body", [b"[]", b"1", b'"text"', b"null", b"true", b""])
@pytest.mark.parametrize("path", [each for each in BODIES if not each.endswith("revoke")])
def test_body_that_is_no_object_is_invalid(post, path, body):
    assert outcome(post(path, body)) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data"]
)
@pytest.mark.parametrize("path", [REGISTER, f"{FEEDBACK}/{FAR_UUID}/revoke"])
def test_body_of_another_type_is_unsupported(post, path, content_type):
    assert outcome(post(path, b"{}", content_type)) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("path", BODIES)
def test_body_of_5_mb_is_too_large(post, path):
    answer = post(path, b'{"a": "' + b"x" * 5_000_000 + b'"}')
    assert outcome(answer) == (413, "BODY_TOO_LARGE")
    assert str(1024 * 1024) in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize("path", BODIES)
def test_unknown_field_is_refused_by_name(client, admin, path):
    answer = client.post(path, json={**BODIES[path], "colour": 1}, headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.get_json(force=True)["errors"]) == ["colour"]


@pytest.mark.parametrize(
    "path",
    [
        *READS,
        AGENTS + FAR_UUID,
        f"{AGENTS}{FAR_UUID}/stats",
        f"{AGENTS}{FAR_UUID}/registration",
        f"{AGENTS}{FAR_UUID}/metadata",
        "/api/v1/key",
        "/api/v1/stats",
    ],
)
def test_unknown_parameter_is_refused_by_name(client, admin, path):
    answer = client.get(f"{path}?colour=1", headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.get_json(force=True)["errors"]) == ["colour"]


@pytest.mark.parametrize(("path", "field"), TEXT_FIELDS)
def test_nul_in_a_field_is_refused(client, admin, path, field):
    answer = client.post(path, json={**BODIES[path], field: "a\0b"}, headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.get_json(force=True)["errors"]) == [field]


@pytest.mark.parametrize(
    "file", [{"name": "a\0b"}, {"a\0b": 1}, {"services": [{"name": "\0"}]}, {"a": {"b": ["\0"]}}]
)
def test_nul_anywhere_in_a_registration_file_is_refused(client, admin, file):
    body = factories.agent(registration_file=file)
    answer = client.post(REGISTER, json=body, headers=admin)
    assert outcome(answer) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "file",
    [
        '{"x": 1e-20000}',
        f'{{"x": 0.{"1" * 20_000}}}',
        '{"x": 0e2147483648}',
        r'{"a": "\u0000"}, "registration_file": {}',
    ],
    ids=["exponent", "decimals", "zero", "hidden"],
)
def test_json_that_jsonb_cannot_hold_is_refused(client, admin, make_agent, file):
    headers = {**admin, "Content-Type": JSON}
    body = json.dumps(factories.agent(registration_file={})).replace("{}", file)
    change = f'{{"registration_file": {file}}}'
    path = f"/api/v1/agents/{make_agent()['agent_uuid']}"
    for method, where, sent in (("POST", REGISTER, body), ("PATCH", path, change)):
        answer = client.open(where, method=method, data=sent, headers=headers)
        assert outcome(answer) == (422, "VALIDATION_ERROR")
        assert "can store no" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize(("path", "field"), TEXT_FIELDS)
@pytest.mark.parametrize(
    "value", [True, [], {}, "x" * 10_000], ids=["bool", "list", "object", "long"]
)
def test_value_of_another_kind_or_length_is_refused(client, admin, path, field, value):
    answer = client.post(path, json={**BODIES[path], field: value}, headers=admin)
    assert answer.status_code in (400, 422)
