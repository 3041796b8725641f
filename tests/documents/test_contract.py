"""What the service promises of itself: scopes, documentation, settings."""

from __future__ import annotations

import re

import jsonschema_rs
import pytest

from tests.support import ROOT
from tests.support.clients import document, documented_path
from tests.support.documents import REFERENCE, settings

# Pages for people and for monitoring, which the document does not describe.
PAGES = {"openapi.document", "docs.show", "docs.error_codes", "assets.asset", "metrics"}
SCOPES = {"read", "write", "payments", "any", None}
ENDPOINTS = """
GET    /api/v1                                            none
GET    /api/v1/agents/                                    read
POST   /api/v1/agents/register                            write
GET    /api/v1/agents/{agent_uuid}                        read
PATCH  /api/v1/agents/{agent_uuid}                        write
GET    /api/v1/agents/{agent_uuid}/registration           none
GET    /api/v1/agents/{agent_uuid}/registration/lint      read
GET    /api/v1/agents/{agent_uuid}/reputation             read
GET    /api/v1/agents/{agent_uuid}/reputation/on-chain    read
GET    /api/v1/agents/{agent_uuid}/ownership              read
GET    /api/v1/agents/{agent_uuid}/stats                  read
GET    /api/v1/agents/{agent_uuid}/decision               read
POST   /api/v1/decisions                                  read
GET    /api/v1/reviewers/{address}                        read
GET    /api/v1/reviewers/{address}/agents                 read
GET    /api/v1/reviewers/{address}/tags                   read
GET    /api/v1/owners/{address}                           read
POST   /api/v1/decisions/batch                            read
GET    /api/v1/agents/{agent_uuid}/feedback               read
POST   /api/v1/agents/feedback                            write
GET    /api/v1/agents/feedback/{feedback_id}              read
POST   /api/v1/agents/feedback/{feedback_id}/revoke       write
GET    /api/v1/agents/feedback/{feedback_id}/responses    read
POST   /api/v1/agents/feedback/{feedback_id}/responses    write
GET    /api/v1/agents/feedback/{feedback_id}/responses/{response_id} read
GET    /api/v1/agents/{agent_uuid}/payments               read
GET    /api/v1/agents/payments/{payment_id}               read
POST   /api/v1/agents/link-payment                        payments
GET    /api/v1/agents/{agent_uuid}/validations            read
POST   /api/v1/agents/validations                         write
GET    /api/v1/agents/validations/{validation_id}         read
POST   /api/v1/agents/validations/{request_hash}/response write
GET    /api/v1/agents/{agent_uuid}/metadata               read
GET    /api/v1/agents/{agent_uuid}/metadata/{key}         read
PUT    /api/v1/agents/{agent_uuid}/metadata/{key}         write
DELETE /api/v1/agents/{agent_uuid}/metadata/{key}         write
GET    /api/v1/chains                                     read
GET    /api/v1/key                                        any
GET    /api/v1/stats                                      read
GET    /health                                            none
GET    /health/live                                       none
"""
OPERATIONS = {
    (method, path): None if scope == "none" else scope
    for method, path, scope in map(str.split, ENDPOINTS.strip().splitlines())
}


@pytest.fixture
def openapi(client):
    """The OpenAPI document as a client gets it."""
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    return answer.json


def operations(openapi):
    return {
        (method.upper(), path): operation
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def test_every_endpoint_declares_who_may_call_it(app):
    for endpoint, view in app.view_functions.items():
        assert view.policy.scope in SCOPES, endpoint


def test_every_route_is_documented(app):
    routes = {
        (method, documented_path(rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.endpoint not in PAGES and not rule.endpoint.startswith(("metrics", "explorer."))
    }
    assert routes == set(operations(document()))


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_operation_is_documented_with_the_scope_it_asks_for(openapi, method, path):
    operation = operations(openapi)[method, path]
    scope = OPERATIONS[method, path]
    if scope is None:
        assert operation["security"] == []
    else:
        assert operation["security"] == [{"apiKey": []}]
        assert operation["x-required-scope"] == scope
    assert len(operation["summary"]) > 5


def filled(path):
    """A path with an address or a uuid for each of its parameters."""
    uuid = "019fffff-ffff-7fff-bfff-ffffffffffff"
    return re.sub(r"{\w+}", uuid, path.replace("{address}", "0x" + "1" * 40))


@pytest.mark.parametrize(
    ("method", "path"), [each for each, scope in OPERATIONS.items() if scope is not None]
)
def test_operation_refuses_a_caller_without_a_key(client, method, path):
    answer = client.open(filled(path), method=method)
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path"), [each for each, scope in OPERATIONS.items() if scope not in (None, "any")]
)
def test_operation_refuses_a_key_without_its_scope(client, key_for, method, path):
    others = {"read", "write", "payments"} - {OPERATIONS[method, path]}
    key = key_for("0x" + "1" * 40, *others)
    answer = client.open(filled(path), method=method, headers=key)
    assert answer.status_code == 403


def test_every_operation_documents_its_errors(openapi):
    for name, operation in operations(openapi).items():
        assert operation["responses"]["default"] == {"$ref": "#/components/responses/DEFAULT_ERROR"}
        successes = [status for status in operation["responses"] if status.startswith("2")]
        assert successes, name
    error = openapi["components"]["responses"]["DEFAULT_ERROR"]["content"]
    assert error == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


def test_document_is_openapi_3_1(openapi):
    assert openapi["openapi"].startswith("3.1")
    jsonschema_rs.Draft202012Validator(OPENAPI).validate(openapi)
    for schema in openapi["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})


def test_every_reference_of_the_document_leads_somewhere(openapi):
    references = set(re.findall(r"'\$ref': '([^']+)'", str(openapi)))
    assert len(references) > 20
    for reference in references:
        place = openapi
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_path_parameter_is_documented(openapi):
    for path, item in openapi["paths"].items():
        for method, operation in item.items():
            if method == "parameters":
                continue
            parameters = item.get("parameters", []) + operation.get("parameters", [])
            named = {each["name"] for each in parameters if each["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), (method, path)


def test_front_door_is_the_explorer(client):
    assert "Should I trust this agent?" in client.get("/").text


def test_settings_are_read_in_one_place():
    for path in (ROOT / "kamiyo_api").rglob("*.py"):
        # Whatever starts servers for development passes its environment on.
        if path.name != "config.py" and path.parent.name != "dev":
            assert not re.search(r"os\.(environ|getenv)", path.read_text()), path


def test_settings_are_found():
    assert {"DATABASE_URL", "REDIS_URL", "DATABASE_POOL_SIZE", "WEB_CONCURRENCY", "PORT"} <= set(
        settings()
    )


@pytest.mark.parametrize("name", settings())
def test_setting_is_in_the_table_of_the_reference(name):
    rest = r"[\w<>]+" if name.endswith("_") else ""
    assert re.search(rf"^\|[^|]*`{name}{rest}`", REFERENCE, re.MULTILINE)


DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What matters here of the schema of OpenAPI 3.1 (https://spec.openapis.org/oas/3.1/schema).
OPENAPI = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components"],
    "properties": {
        "openapi": {"pattern": r"^3\.1\.\d+$"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {"license": {"type": "object", "required": ["name"]}},
        },
        "paths": {
            "propertyNames": {"pattern": "^/"},
            "additionalProperties": {"$ref": "#/$defs/path"},
        },
    },
    "$defs": {
        "path": {
            "properties": {"parameters": {"$ref": "#/$defs/parameters"}},
            "patternProperties": {
                "^(get|put|post|delete|patch)$": {"$ref": "#/$defs/operation"},
                "^(?!get|put|post|delete|patch|parameters)": False,
            },
        },
        "parameters": {
            "type": "array",
            "uniqueItems": True,
            "items": {
                "required": ["name", "in", "schema"],
                "properties": {"in": {"enum": ["query", "path", "header"]}},
                "if": {"properties": {"in": {"const": "path"}}},
                "then": {"required": ["required"], "properties": {"required": {"const": True}}},
            },
        },
        "operation": {
            "type": "object",
            "required": ["responses"],
            "properties": {
                "parameters": {"$ref": "#/$defs/parameters"},
                "requestBody": {"type": "object", "required": ["content"]},
                "responses": {
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": {"pattern": "^([1-5]\\d\\d|default)$"},
                    "additionalProperties": {
                        "oneOf": [{"required": ["$ref"]}, {"required": ["description"]}]
                    },
                },
                "security": {"type": "array"},
            },
        },
    },
}
