"""A stranger registers tokens that are not theirs: what a client says of a token does not outlive
what its registry says."""

from __future__ import annotations

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from tests.support import factories
from tests.support.imports import counts, line
from tests.support.statistics import FIGURES

STRANGER, OWNER = f"0x{'a' * 40}", f"0x{'b' * 40}"
API = "/api/v1/agents/"
METADATA = [{"key": "payTo", "value": base64.b64encode(STRANGER.encode()).decode()}]
WAITING = "select pid from pg_stat_activity where wait_event_type = 'Lock'"
LOCK = "select from erc8004_agents where id = %s for no key update"
WRITE_METADATA = "insert into erc8004_agent_metadata (agent_uuid, key, value) values (%s, 'k', 'v')"
RATE = """
insert into erc8004_reputation (agent_uuid, client_address, value, chain)
values (%s, %s, 90, 'base')
"""
_tokens = itertools.count(1000)


@pytest.fixture
def ask(server, key_for):
    """Send a request as a wallet, or as an admin where none is named."""
    keys = {wallet: key_for(wallet) for wallet in (STRANGER, OWNER)}
    keys[None] = key_for(None, "read", "write", "payments", "admin")

    def send(wallet, method, path, body=None):
        return server.request(method, API + path, json=body, headers=keys[wallet])

    return send


@pytest.fixture
def squat(ask):
    """A stranger registers a token and says what they like of it; the agent, as it was made."""

    def make(**overrides):
        body = factories.agent(
            owner_address=STRANGER, agent_id=next(_tokens), metadata=METADATA, **overrides
        )
        made = ask(STRANGER, "POST", "register", body)
        assert made.status_code == 201, made.text
        return made.json()

    return make


@pytest.fixture
def tell(run_import):
    """Import what the registry says of an agent."""

    def run(agent, **overrides):
        told = {"chain": agent["chain"], "agent_id": agent["agent_id"], "owner_address": OWNER}
        return counts(run_import([line(**told | {"tx_hash": None} | overrides)]))

    return run


def change(ask, wallet, agent, **body):
    answer = ask(wallet, "PATCH", agent["agent_uuid"], body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rate(ask, wallet, agent):
    body = {"agent_uuid": agent["agent_uuid"], "client_address": wallet, "score": 100}
    return ask(wallet, "POST", "feedback", body)


def ask_validator(ask, wallet, agent):
    request = factories.validation(agent_uuid=agent["agent_uuid"])
    answer = ask(wallet, "POST", "validations", request)
    assert answer.status_code == 201, answer.text
    return request


def below(ask, agent, what, wallet=None):
    answer = ask(wallet, "GET", f"{agent['agent_uuid']}{what}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_import_gives_a_squatted_and_revoked_token_back_to_its_owner(ask, squat, tell):
    agent = squat()
    change(ask, STRANGER, agent, token_uri="https://evil.example/agent.json", status="revoked")
    assert "1 updated" in tell(agent)
    shown = below(ask, agent, "", OWNER)
    assert (shown["owner_address"], shown["status"], shown["claimed"]) == (OWNER, "active", False)
    assert (shown["token_uri"], shown["registration_file"]) == (None, None)
    assert below(ask, agent, "/metadata")["metadata"] == []
    assert change(ask, OWNER, agent, status="suspended")["status"] == "suspended"
    assert ask(STRANGER, "PATCH", agent["agent_uuid"], {"status": "active"}).status_code == 403


def test_import_ends_what_only_the_claimant_asked_validators(ask, squat, tell):
    agent = squat()
    ask_validator(ask, STRANGER, agent)
    answered = ask_validator(ask, STRANGER, agent)
    path = f"validations/{answered['request_hash']}/response"
    assert ask(None, "POST", path, {"response": 100}).status_code == 200
    tell(agent)
    summary = below(ask, agent, "/validations")["summary"]
    assert summary == {"count": 0, "completed": 0, "mean": None}


def test_owner_is_the_one_who_cannot_rate_the_agent_once_the_registry_spoke(ask, squat, tell):
    agent = squat()
    assert rate(ask, OWNER, agent).status_code == 201
    tell(agent)
    assert rate(ask, OWNER, agent).json()["code"] == "SELF_FEEDBACK"
    (given,) = below(ask, agent, "/feedback?include_revoked=true")["feedback"]
    assert given["is_revoked"]
    assert "owner" in given["revocation_reason"]
    assert rate(ask, STRANGER, agent).status_code == 201
    figures = below(ask, agent, "/stats")
    assert (figures["total_feedback"], figures["revoked_feedback"]) == (1, 1)


@pytest.mark.parametrize("is_refreshed", [False, True])
def test_figures_follow_what_an_import_ends(ask, squat, tell, sql, refresh, is_refreshed):
    agent = squat()
    assert rate(ask, OWNER, agent).status_code == 201
    if is_refreshed:
        refresh()
    tell(agent)
    counted = below(ask, agent, "/reputation")
    of_history = below(ask, agent, f"/reputation?client_address={OWNER}")
    assert counted["revoked_feedback"] == 1
    assert counted | {"as_of": None} == of_history | {"as_of": None}
    refresh()
    folded = [sql(figures) for figures in FIGURES]
    sql("select refresh_erc8004_stats(true)")
    assert [sql(figures) for figures in FIGURES] == folded


def test_sale_between_confirmed_owners_ends_what_the_seller_said_and_keeps_the_rest(
    ask, squat, tell
):
    agent = squat()
    tell(agent, owner_address=STRANGER, block_number=1, token_uri="https://a.b/c")
    assert rate(ask, OWNER, agent).status_code == 201
    ask_validator(ask, STRANGER, agent)
    assert below(ask, agent, "/metadata")["metadata"]
    change(ask, STRANGER, agent, status="revoked")
    tell(agent, owner_address=OWNER, block_number=2)
    shown = below(ask, agent, "")
    assert (shown["status"], shown["token_uri"], shown["claimed"]) == ("active", None, False)
    assert below(ask, agent, "/metadata")["metadata"] == []
    assert below(ask, agent, "/validations")["summary"]["count"] == 1
    assert below(ask, agent, "/stats")["total_feedback"] == 1


def test_import_that_names_the_claimant_confirms_what_they_said(ask, squat, tell):
    agent = squat()
    change(ask, STRANGER, agent, status="suspended", token_uri="https://a.b/c")
    entries = below(ask, agent, "/metadata")["metadata"]
    tell(agent, owner_address=STRANGER, registration_file=agent["registration_file"])
    shown = below(ask, agent, "")
    assert (shown["claimed"], shown["status"]) == (False, "suspended")
    assert shown["token_uri"] == "https://a.b/c"
    assert below(ask, agent, "/metadata")["metadata"] == entries != []


def test_admin_makes_a_revoked_agent_active_again_and_its_owner_cannot(ask, squat, tell):
    agent = squat()
    change(ask, STRANGER, agent, status="revoked")
    refused = ask(STRANGER, "PATCH", agent["agent_uuid"], {"status": "active"})
    assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_TRANSITION")
    assert change(ask, None, agent, status="active")["status"] == "active"


def test_claim_is_shown_wherever_the_agent_is(ask, squat, refresh):
    agent = squat()
    uuid = agent["agent_uuid"]
    assert agent["claimed"] is True
    assert change(ask, STRANGER, agent, status="active")["claimed"] is True
    for what in ("", "/stats", "/reputation", "/reputation?tag1=starred"):
        assert below(ask, agent, what)["claimed"] is True, what
    (found,) = ask(STRANGER, "GET", "?claimed=true").json()["agents"]
    assert (found["agent_uuid"], found["claimed"]) == (uuid, True)
    own = ask(STRANGER, "POST", "register", factories.agent(owner_address=STRANGER)).json()
    assert own["claimed"] is False
    refresh()
    totals = ask(None, "GET", "../stats").json()["agents"]
    base = {"chain": "base", "chain_id": 8453, "caip2": "eip155:8453"}
    assert totals == [{**base, "status": "active", "agents": 2, "claimed": 1}]


@pytest.mark.parametrize("sort", ["-registered_at", "last_activity_at", "-total_feedback"])
@pytest.mark.parametrize(
    "query", ["", "q=weather", "service=mcp", "min_feedback=1", "chain=base", "x402=true"]
)
def test_claims_are_found_only_where_they_are_asked_for(ask, squat, refresh, query, sort):
    claimed = squat()["agent_uuid"]
    body = factories.agent(owner_address=STRANGER)
    own = ask(STRANGER, "POST", "register", body).json()["agent_uuid"]
    for uuid in (claimed, own):
        assert rate(ask, OWNER, {"agent_uuid": uuid}).status_code == 201
    refresh()
    for asked, expected in (
        ("", {own}),
        ("claimed=false", {own}),
        ("claimed=true", {claimed}),
        ("claimed=any", {own, claimed}),
    ):
        page = ask(STRANGER, "GET", f"?{query}&sort={sort}&{asked}").json()
        assert {each["agent_uuid"] for each in page["agents"]} == expected, asked
        assert page["total"] == len(expected)


def test_owner_of_a_squatted_token_is_told_what_to_do(ask, squat):
    agent = squat()
    body = factories.agent(owner_address=OWNER, agent_id=agent["agent_id"])
    refused = ask(OWNER, "POST", "register", body)
    assert (refused.status_code, refused.json()["code"]) == (409, "AGENT_ALREADY_EXISTS")
    assert "ask the operator to import" in refused.json()["detail"]
    query = f"?chain=base&agent_id={agent['agent_id']}&status=any&claimed=any"
    (found,) = ask(OWNER, "GET", query).json()["agents"]
    assert found["agent_uuid"] == agent["agent_uuid"]
    assert query.split("&", 2)[2] in refused.json()["detail"]


@pytest.mark.parametrize("asked", ["", "perhaps", "2", "true,false"])
def test_what_is_no_answer_to_claimed_is_refused(ask, asked):
    refused = ask(STRANGER, "GET", f"?claimed={asked}")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["claimed"])


def test_thousand_squatted_tokens_are_all_given_back(ask, sql, run_import):
    sql(
        """
        insert into erc8004_agents
          (agent_id, claimed, chain, registry_address, owner_address, status)
        select n, true, 'base', '0x8004a169fb4a3325136eb29fa0ceb6d2e539a432', %s, 'revoked'
        from generate_series(1, 1000) as n
        """,
        STRANGER,
    )
    told = [
        line(chain="base", agent_id=number, owner_address=OWNER, block_number=None, tx_hash=None)
        for number in range(1, 1001)
    ]
    assert "0 inserted, 1000 updated" in counts(run_import(told))
    assert ask(OWNER, "GET", f"?owner_address={OWNER}").json()["total"] == 1000


@pytest.mark.parametrize("change_of_owner", ["a claim", "a sale"])
def test_what_is_written_while_an_import_waits_is_ended_too(
    squat, tell, sql, servers, change_of_owner
):
    agent = squat()
    if change_of_owner == "a sale":
        tell(agent, owner_address=STRANGER, block_number=1)
    with closing(psycopg2.connect(servers.database_url)) as other, other.cursor() as cursor:
        cursor.execute(LOCK, [agent["agent_uuid"]])
        cursor.execute(WRITE_METADATA, [agent["agent_uuid"]])
        cursor.execute(RATE, [agent["agent_uuid"], OWNER])
        with ThreadPoolExecutor(1) as threads:
            ended = threads.submit(tell, agent, block_number=2)
            while not sql(WAITING):
                assert not ended.done()
            other.commit()
            assert "1 updated" in ended.result()
    assert sql("select * from erc8004_agent_metadata") == []
    (given,) = sql("select is_revoked from erc8004_reputation")
    assert given["is_revoked"] == (change_of_owner == "a claim")


def test_agent_without_a_token_can_never_be_a_claim(sql, make_agent):
    make_agent()
    with pytest.raises(Exception, match="ck__erc8004_agents__claimed_has_token"):
        sql("update erc8004_agents set claimed = true")
