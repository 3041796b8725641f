"""The OpenAPI document is one from which clients can be generated, whatever operation is added."""

from __future__ import annotations

import re

import pytest

from kamiyo_api import error_codes
from kamiyo_api.schemas.agents import TRUST_LEVELS
from kamiyo_api.schemas.keys import SCOPES
from tests.support import ROOT
from tests.support.clients import OF_HTTP
from tests.support.documents import rows

# The names of the functions of generated clients: never rename one, only add.
OPERATION_IDS = {
    *("search_agents", "register_agent", "get_agent", "change_agent", "get_registration"),
    "lint_registration",
    *("get_agent_stats", "get_reputation", "get_on_chain_reputation", "list_owners", "get_totals"),
    *("get_reviewer", "list_reviewed_agents", "list_reviewer_tags", "get_owner"),
    *("get_decision", "make_decision", "make_decisions"),
    *("get_agent_trust", "list_trust_history"),
    *("list_feedback", "get_feedback", "give_feedback", "revoke_feedback"),
    *("append_response", "list_responses", "get_response"),
    *("list_payments", "get_payment", "link_payment"),
    *("list_validations", "get_validation", "request_validation", "respond_to_validation"),
    *("list_metadata", "get_metadata", "set_metadata", "delete_metadata"),
    *("get_agent_by_token", "look_up_agents", "list_chains"),
    *("get_index", "get_key", "get_health", "get_live", "get_metrics"),
}


@pytest.fixture
def openapi(client):
    """The OpenAPI document as a client gets it."""
    return client.get("/openapi.json").json


@pytest.fixture
def operations(openapi):
    """Every operation, with the parameters of its path."""
    return {
        (method, path): operation
        | {"parameters": item.get("parameters", []) + operation.get("parameters", [])}
        for path, item in openapi["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    }


def schemas_in(part):
    """Every object inside a part of the document."""
    if isinstance(part, dict):
        yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from schemas_in(each)


def test_every_operation_has_an_id_that_never_changes(operations):
    found = [operation["operationId"] for operation in operations.values()]
    assert sorted(found) == sorted(OPERATION_IDS)
    assert len(set(found)) == len(found)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)+", each) for each in found)


def test_document_says_where_the_service_is(openapi):
    assert [each["url"] for each in openapi["servers"]] == ["/"]


def test_nothing_defaults_to_null(openapi):
    nulls = [part for part in schemas_in(openapi) if part.get("default", "") is None]
    assert nulls == []


def test_inputs_take_no_other_members_and_answers_may_get_more(openapi, operations):
    """A client that checks answers against this document must not refuse those of tomorrow."""
    bodies = [each["requestBody"] for each in operations.values() if "requestBody" in each]
    inputs = set(re.findall(r"#/components/schemas/(\w+)", str(bodies)))
    inputs |= {"AgentName", "MetadataToRegister"}  # parts of them
    assert len(inputs) > 10
    schemas = openapi["components"]["schemas"]
    assert {n for n in schemas if schemas[n].get("additionalProperties") is False} == inputs


def test_no_parameter_is_null_or_filled_into_the_form_of_docs(operations):
    parameters = [each for operation in operations.values() for each in operation["parameters"]]
    assert len(parameters) > 50
    for parameter in parameters:
        for part in schemas_in(parameter):
            assert not {"example", "examples"} & set(part), parameter
            assert "null" not in part.get("type", ()), parameter
            assert None not in part.get("enum", ()), parameter


def test_every_word_of_a_choice_is_explained(openapi):
    choices = [part for part in schemas_in(openapi) if isinstance(part.get("enum"), list)]
    assert len(choices) > 20
    for choice in choices:
        words = {each for each in choice["enum"] if each is not None}
        # A single word explains itself, as the whole header or field does.
        if len(words) > 1:
            assert words == set(choice["x-enumDescriptions"]), choice
            assert all(len(each) > 5 for each in choice["x-enumDescriptions"].values())


def test_every_code_is_in_the_document(openapi):
    code = openapi["components"]["schemas"]["Problem"]["properties"]["code"]
    assert set(code["enum"]) == {each for _, each, _ in error_codes.explained(0)} | {
        "INTERNAL_ERROR"
    }
    assert "`AGENT_NOT_FOUND`: There is no agent" in code["description"]


def test_every_error_has_its_own_answer_and_examples(openapi):
    answers = openapi["components"]["responses"]
    examples = {
        (example["value"]["status"], example["value"]["code"])
        for answer in answers.values()
        for media in answer["content"].values()
        for example in media.get("examples", {}).values()
    }
    coded = {(status, code) for code, status in error_codes.statuses().items()}
    assert examples == {each for each in coded if each[0] not in OF_HTTP}


def test_every_operation_says_in_words_which_scope_it_needs(operations):
    for operation in operations.values():
        scope = operation.get("x-required-scope")
        words = {None: "Needs no API key.", "any": "with any scope"}.get(scope, f"scope `{scope}`")
        assert words in operation["description"], operation["operationId"]


def test_scopes_are_explained_as_in_the_guide(openapi):
    scheme = openapi["components"]["securitySchemes"]["apiKey"]
    guide = (ROOT / "docs" / "api.md").read_text()
    for scope, allows in SCOPES.items():
        assert f"- `{scope}`: {allows}" in scheme["description"]
        assert f"| `{scope}` | {allows[0].lower()}{allows[1:-1]} |" in guide


def test_trust_levels_are_explained_as_in_the_readme():
    told = {level.strip("`"): "; ".join(cells) for level, *cells in rows("Scores and trust")}
    assert list(told) == list(TRUST_LEVELS)
    for level, meaning in TRUST_LEVELS.items():
        assert re.findall(r"\d+", meaning) == re.findall(r"\d+", told[level]), level


def test_every_answer_has_a_schema_and_the_headers_of_its_operation(openapi, operations):
    for (method, path), operation in operations.items():
        for status, answer in operation["responses"].items():
            answer = resolved(openapi, answer)
            headers = set(answer["headers"])
            assert "X-Request-ID" in headers
            if status not in ("204", "304"):
                assert all(media["schema"] for media in answer["content"].values()), path
            if operation["security"] and status != "401" and status != "default":
                assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} < headers
            if status in ("429", "503") and "$ref" in operation["responses"][status]:
                assert "Retry-After" in headers
            if method == "get" and path.startswith("/api/") and status in ("200", "304"):
                assert "ETag" in headers


def resolved(openapi, part):
    """The answer that a reference stands for."""
    name = part.get("$ref", "").removeprefix("#/components/responses/")
    return openapi["components"]["responses"][name] if name else part


def test_only_what_is_done_once_takes_an_idempotency_key(operations):
    for (method, path), operation in operations.items():
        names = {each["name"] for each in operation["parameters"] if each["in"] == "header"}
        is_read = method == "get" and path.startswith("/api/")
        is_done_once = method == "post" and "409" in operation["responses"]
        assert names == ({"Idempotency-Key"} if is_done_once else set()) | (
            {"If-None-Match"} if is_read else set()
        )
