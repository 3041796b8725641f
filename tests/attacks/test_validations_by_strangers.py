"""What strangers ask of validators takes no hash away, hides no request and changes no answer."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api.db.queries import QUERIES
from tests.support import factories
from tests.support.clients import outcome

VALIDATIONS = "/api/v1/agents/validations"


@pytest.fixture
def ask(client, key_for):
    """Request a validation, as the owner of its agent."""

    def post(agent, **body):
        key = key_for(agent["owner_address"])
        body = factories.validation(agent_uuid=agent["agent_uuid"], **body)
        return client.post(VALIDATIONS, json=body, headers=key)

    return post


@pytest.fixture
def respond(client, key_for):
    """Respond to a hash, as the validator of a request."""

    def post(asked, **body):
        key = key_for(asked["validator_address"])
        path = f"{VALIDATIONS}/{asked['request_hash']}/response"
        return client.post(path, json={"response": 90, **body}, headers=key)

    return post


@pytest.fixture
def agent(make_agent):
    """The agent whose work is checked."""
    return make_agent()


@pytest.fixture
def stranger(make_agent):
    """An agent of somebody else."""
    return make_agent()


@pytest.fixture
def asked(agent, ask):
    """What the owner of the agent asked of a validator."""
    return ask(agent, request_uri="ipfs://work").json


def same(asked, *names):
    """What another request takes over from one."""
    return {name: asked[name] for name in ("request_hash", *names)}


def assert_is_for(answer, asked):
    assert answer.status_code == 200, answer.json
    assert answer.json["validation_id"] == asked["validation_id"]


@pytest.mark.parametrize("taken_over", [(), ("validator_address",)])
@pytest.mark.parametrize(
    "place",
    [{"registry_address": "0x" + "e" * 40}, {"chain": "ethereum"}, {}],
    ids=["invented registry", "another chain", "same registry"],
)
def test_later_request_of_a_stranger_changes_nothing(
    ask, asked, respond, stranger, taken_over, place
):
    assert ask(stranger, **same(asked, *taken_over), **place).status_code == 201
    assert_is_for(respond(asked), asked)


@pytest.mark.parametrize("taken_over", [(), ("validator_address",)])
def test_earlier_request_in_an_invented_registry_changes_nothing(
    ask, agent, respond, stranger, taken_over
):
    first = ask(stranger, registry_address=factories.address(), request_uri="ipfs://trap").json
    asked = ask(agent, **same(first, *taken_over)).json
    assert_is_for(respond(asked), asked)


def test_hash_that_a_stranger_used_first_can_be_used_still(ask, agent, respond, stranger):
    taken = ask(stranger).json
    asked = ask(agent, **same(taken, "validator_address"))
    assert asked.status_code == 201
    assert_is_for(respond(asked.json, agent_uuid=agent["agent_uuid"]), asked.json)
    assert_is_for(respond(taken), taken)


def test_agent_uses_a_hash_once_in_a_registry(ask, agent, asked):
    again = ask(agent, **same(asked))
    assert outcome(again) == (409, "VALIDATION_ALREADY_EXISTS")


def test_request_that_names_another_validator_is_not_found_by_a_stranger(
    asked, client, key_for, stranger
):
    key = key_for(stranger["owner_address"])
    path = f"{VALIDATIONS}/{asked['request_hash']}/response"
    answer = client.post(path, json={"response": 100}, headers=key)
    assert outcome(answer) == (403, "NOT_VALIDATOR")
    path = f"{VALIDATIONS}/{factories.hash32()}/response"
    answer = client.post(path, json={"response": 100}, headers=key)
    assert outcome(answer) == (404, "VALIDATION_NOT_FOUND")


@pytest.fixture
def flooded(asked, stranger, sql):
    """The request, before and behind two thousand of a stranger with its hash and validator."""
    sql(
        """
        insert into erc8004_validations (
          agent_uuid, chain, registry_address, request_hash, validator_address, created_at
        )
        select
          %s, 'abstract', '0x' || lpad(to_hex(n), 40, '0'), %s, %s,
          now() + (n - 1000) * interval '1 second'
        from generate_series(1, 2000) as n
        """,
        *(stranger["agent_uuid"], asked["request_hash"], asked["validator_address"]),
    )
    sql("analyze erc8004_validations")
    return asked


@pytest.mark.parametrize(
    "spoil",
    [
        "update erc8004_validations set expires_at = now() where agent_uuid = %s",
        "update erc8004_agents set status = 'revoked' where id = %s",
        "update erc8004_agents set claimed = true, agent_id = 7 where id = %s",
    ],
    ids=["expired", "of a revoked agent", "of a claim"],
)
def test_earlier_request_that_cannot_count_takes_no_response(
    agent, stranger, ask, respond, sql, spoil
):
    first = ask(stranger).json
    asked = ask(agent, **same(first, "request_hash", "validator_address")).json
    sql(spoil, stranger["agent_uuid"])
    assert_is_for(respond(asked), asked)


def test_expired_request_is_found_where_there_is_no_other(agent, ask, respond, sql):
    asked = ask(agent).json
    sql("update erc8004_validations set expires_at = now()")
    assert outcome(respond(asked)) == (409, "INVALID_TRANSITION")


def test_thousands_of_requests_do_not_hide_the_one_that_is_meant(flooded, respond, key_for):
    assert_is_for(respond(flooded), flooded)


def test_response_reads_and_locks_no_row_of_strangers(flooded, servers, respond, sql):
    connection = psycopg2.connect(servers.database_url)
    with connection.cursor() as cursor:
        cursor.execute(
            "select from erc8004_validations where id <> %s for update", [flooded["validation_id"]]
        )
        assert_is_for(respond(flooded), flooded)
    connection.close()
    nothing = dict.fromkeys(("agent_uuid", "chain", "registry_address"))
    with psycopg2.connect(servers.database_url) as reader, reader.cursor() as cursor:
        given = {"is_any": False, **nothing, **same(flooded, "validator_address")}
        cursor.execute(
            f"explain (analyze, format json) {QUERIES['validations.list_by_request']}", given
        )
        found = cursor.fetchone()[0][0]["Plan"]
        assert rows_read(found) < 10, found
    reader.close()


def rows_read(node):
    """How many validations a plan read, those that it passed over too."""
    read = 0
    if node.get("Relation Name") == "erc8004_validations":
        passed = node.get("Rows Removed by Filter", 0)
        read = (node["Actual Rows"] + passed) * node["Actual Loops"]
    return read + sum(rows_read(each) for each in node.get("Plans", ()))
