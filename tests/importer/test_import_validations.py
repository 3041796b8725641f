"""Importing validations from lines of JSON: requests and responses, together or apart."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.imports import figures

VALIDATIONS = "select * from erc8004_validations order by created_at, request_hash"
VALIDATOR = "0x7777777777777777777777777777777777777777"
REGISTRY = "0x8cf6ec5b545f87fa08d3c910d3cb58569892b1ea"
DEFAULT_REGISTRY = "0x8004cc8439f36fd5f9f049d9ff86523df6daab58"
HASH = f"0x{'ab' * 32}"
REQUEST = {
    "chain": "base",
    "agent_id": 77,
    "request_hash": HASH,
    "validator_address": VALIDATOR,
}
ASKED = REQUEST | {"request_uri": "ipfs://ask", "created_at": "2026-02-01T00:00:00Z"}


@pytest.fixture
def agent(make_agent):
    return make_agent(agent_id="77")


def responded(response, day, **overrides):
    """A response of a day of February 2026."""
    return REQUEST | {
        "response": response,
        "response_uri": f"ipfs://{response}",
        "response_hash": HASH,
        "tag": "audit",
        "responded_at": f"2026-02-{day:02}T00:00:00Z",
        **overrides,
    }


def test_a_validation_is_stored_with_its_own_times(run_import_of, agent, get):
    assert figures(run_import_of("validations", [ASKED | responded(90, 2)])) == (1, 0, 0, 0, 0)
    answer = get(f"/agents/{agent['agent_uuid']}/validations")
    assert answer["summary"] == {"count": 1, "completed": 1, "mean": 90.0}
    (stored,) = answer["validations"]
    assert (stored["status"], stored["response"], stored["tag"]) == ("completed", 90, "audit")
    assert (stored["request_hash"], stored["validator_address"]) == (HASH, VALIDATOR)
    assert (stored["chain"], stored["registry_address"]) == ("base", DEFAULT_REGISTRY)
    assert (stored["request_uri"], stored["response_uri"]) == ("ipfs://ask", "ipfs://90")
    assert (stored["created_at"][:10], stored["responded_at"][:10]) == ("2026-02-01", "2026-02-02")


LINES = [ASKED, responded(10, 3), responded(20, 4), responded(30, 2)]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 2, 0, 3), (2, 3, 1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_the_newest_response_counts_in_any_order_in_one_file_or_several(
    run_import_of, agent, sql, order, together
):
    lines = [LINES[place] for place in order]
    files = [lines] if together else [[each] for each in lines]
    done = [figures(run_import_of("validations", each)) for each in files]
    assert sum(each[0] for each in done) == 1
    assert sum(each[4] for each in done) == 0
    (stored,) = sql(VALIDATIONS)
    assert (stored["response"], stored["responded_at"].day) == (20, 4)
    assert (stored["request_uri"], stored["response_uri"]) == ("ipfs://ask", "ipfs://20")
    assert stored["created_at"].day == 1
    assert figures(run_import_of("validations", [ASKED, responded(20, 4)])) == (0, 0, 2, 0, 0)
    assert figures(run_import_of("validations", [responded(10, 3)])) == (0, 0, 0, 1, 0)
    assert sql(VALIDATIONS) == [stored]


def test_an_older_response_in_the_same_file_counts_as_older(run_import_of, agent):
    assert figures(run_import_of("validations", LINES)) == (1, 0, 1, 2, 0)


def test_requests_in_other_registries_and_of_other_agents_are_others(
    run_import_of, agent, make_agent, sql
):
    make_agent(agent_id="78")
    lines = [ASKED, ASKED | {"validation_registry": REGISTRY.upper().replace("X", "x")}]
    assert figures(run_import_of("validations", [*lines, ASKED | {"agent_id": 78}])) == (
        *(3, 0, 0, 0, 0),
    )
    stored = {(each["registry_address"]) for each in sql(VALIDATIONS)}
    assert stored == {REGISTRY, DEFAULT_REGISTRY}


def test_a_validation_that_came_over_http_stays_one_row(
    run_import_of, agent, request_validation, sql
):
    requested = request_validation(
        agent_uuid=agent["agent_uuid"], request_hash=HASH, validator_address=VALIDATOR
    )
    assert figures(run_import_of("validations", [responded(50, 2)])) == (0, 1, 0, 0, 0)
    (stored,) = sql(VALIDATIONS)
    assert str(stored["id"]) == requested["validation_id"]
    assert (stored["status"], stored["response"]) == ("completed", 50)


def test_a_response_without_a_time_stays_as_it_is_when_it_is_repeated(run_import_of, agent, sql):
    line = responded(50, 2, responded_at=None)
    assert figures(run_import_of("validations", [line])) == (1, 0, 0, 0, 0)
    before = sql(VALIDATIONS)
    assert figures(run_import_of("validations", [line])) == (0, 0, 1, 0, 0)
    assert sql(VALIDATIONS) == before
    assert figures(run_import_of("validations", [line | {"response": 51}])) == (0, 1, 0, 0, 0)


def test_a_request_past_its_time_expires_and_a_response_of_the_chain_completes_it(
    run_import_of, agent, refresh, sql
):
    run_import_of("validations", [ASKED | {"expires_at": "2026-02-02T00:00:00Z"}])
    refresh()
    assert sql(VALIDATIONS)[0]["status"] == "expired"
    assert figures(run_import_of("validations", [responded(5, 1)])) == (0, 1, 0, 0, 0)
    assert sql(VALIDATIONS)[0]["status"] == "completed"


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"request_hash": None}, "request_hash must be a hash"),
        ({"request_hash": 7}, "request_hash must be a hash"),
        ({"validator_address": None}, "validator_address must be an address"),
        ({"validation_registry": "0x1"}, "validation_registry must be an address"),
        ({"response": 101}, "response must be a whole number from 0 to 100"),
        ({"response": -1}, "response must be a whole number"),
        ({"response": "x"}, "response must be a whole number"),
        ({"response_uri": "ipfs://x"}, "response_uri needs a response"),
        ({"tag": "x"}, "tag needs a response"),
        ({"responded_at": 1770000000}, "responded_at needs a response"),
        ({"response": 1, "responded_at": "2100-01-01T00:00:00Z"}, "responded_at must be between"),
        ({"created_at": 5}, "created_at must be between 2015 and now"),
        ({"expires_at": "9500-01-01T00:00:00Z"}, "expires_at must be between 2015 and 9000"),
        ({"expires_at": "x"}, "expires_at must be a time"),
        ({"request_uri": 7}, "request_uri must be a text"),
        ({"agent_id": 78}, "its agent is not known here"),
        ({"registry_address": DEFAULT_REGISTRY}, "is the validation registry of base"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason_and_the_rest_is_stored(
    run_import_of, agent, sql, overrides, reason
):
    lines = [ASKED, REQUEST | overrides, ASKED | {"request_hash": factories.hash32()}]
    result = run_import_of("validations", lines)
    assert figures(result) == (2, 0, 0, 0, 1)
    assert result.stderr.startswith("line 2 refused: ")
    assert reason in result.stderr
    assert len(sql(VALIDATIONS)) == 2


def test_odd_texts_are_stored_and_marked(run_import_of, agent, sql):
    assert figures(run_import_of("validations", [responded(5, 1, tag="a\0b")])) == (1, 0, 0, 0, 0)
    (stored,) = sql(VALIDATIONS)
    assert stored["tag"] == "a\ufffe0000b"
    assert stored["unstorable"]["tag"]["reasons"] == ["nul"]
