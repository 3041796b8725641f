"""Decisions about who is paid: by a wallet, a URL or the answer of HTTP 402, and what is proved."""

from __future__ import annotations

import pytest

from tests.support import factories
from tests.support.payments import OTHER, RESOURCE, SOLANA, V1, V2, WALLET
from tests.trust.planted import Planted, Voice, plant


@pytest.fixture
def ask(client, key_for):
    headers = key_for(None, "read")

    def send(**body):
        answer = client.post("/api/v1/decisions", json=body, headers=headers)
        assert answer.status_code == 200, answer.json
        return answer.json

    return send


@pytest.fixture
def known(sql):
    """An agent that eight paying reviewers are content with; its uuid."""
    voices = [Voice(factories.address(), 9000, "1") for _ in range(8)]
    return plant(sql, Planted(voices, settled=12, success_rate="100", agent_id=77))


def sign_wallet(sql, agent_uuid, wallet=WALLET):
    """Make a wallet the one that the registry of the chain names for an agent."""
    sql(
        "update erc8004_agents set source = 'chain', agent_wallet = %s where id = %s",
        wallet,
        agent_uuid,
    )


def prove_domain(sql, agent_uuid, host):
    """Make a host name an agent."""
    sql(
        "insert into erc8004_file_fetches (agent_uuid, kind, domain, status, sha256, is_checked, "
        "reference, resolved_at) "
        "values (%s, 'domain', %s, 'resolved', '', true, 'verified', now())",
        *(agent_uuid, host),
    )


def claim(*places):
    """The file of an agent that claims places."""
    services = [{"name": "web", "endpoint": place} for place in places]
    return {"registration_file": {"name": "Weather", "services": services}}


@pytest.mark.parametrize(
    "shape",
    [
        V1,
        V2,
        [V1],
        [SOLANA, V2],
        [V1 | {"network": "iotex"}, V1],
        [V1 | {"asset": OTHER, "maxAmountRequired": "1"}, V1],
        {"x402Version": 1, "error": "Payment required", "accepts": [V1]},
        {"x402Version": 2, "error": "", "resource": RESOURCE, "accepts": [SOLANA, V2]},
        V1 | {"maxAmountRequired": 10000},
    ],
)
def test_answer_of_402_is_understood_as_it_came(ask, known, sql, shape):
    sign_wallet(sql, known)
    decision = ask(payment_requirements=shape)
    assert decision["agent"]["agent_uuid"] == known
    assert decision["amount_usdc"] == "0.010000"
    assert decision["payment"]["chain"] == "base"
    assert decision["payment"]["pay_to"] == WALLET
    (candidate,) = decision["candidates"]
    assert (candidate["agent"]["agent_uuid"], candidate["proved"]) == (known, ["agent_wallet"])
    assert "agent_wallet" in candidate["agent"]["matched"]


def test_amount_of_the_caller_goes_before_that_of_the_answer(ask, known, sql):
    sign_wallet(sql, known)
    decision = ask(payment_requirements=V1 | {"asset": OTHER}, amount_usdc="3")
    assert decision["amount_usdc"] == "3.000000"


def test_wallet_proves_only_on_its_own_chain(ask, known, sql):
    sign_wallet(sql, known)
    decision = ask(pay_to=WALLET, chain="polygon", amount_usdc="1")
    assert decision["checks"][0]["code"] == "AGENT_UNCONFIRMED"
    assert decision["candidates"][0]["proved"] == []


def test_what_agents_only_say_decides_nothing(ask, make_agent, sql):
    host = "https://api.weather.example/v1"
    honest = make_agent(**claim(host))["agent_uuid"]
    decision = ask(url=f"{host}/forecast", amount_usdc="1")
    assert decision["decision"] == "warn"
    assert [each["code"] for each in decision["checks"]] == ["AGENT_UNCONFIRMED"]
    (candidate,) = decision["candidates"]
    assert candidate["agent"]["agent_uuid"] == honest
    assert candidate["agent"]["matched"] == ["registration_file.web"]
    make_agent(**claim(host))
    assert ask(url=f"{host}/forecast", amount_usdc="1")["checks"] == decision["checks"]


def test_host_that_names_an_agent_decides_whoever_else_says_so(ask, make_agent, sql):
    host = "https://api.weather.example/v1"
    honest = make_agent(**claim(host))["agent_uuid"]
    for _ in range(12):
        make_agent(**claim(host))
    prove_domain(sql, honest, "api.weather.example")
    decision = ask(url=f"{host}/forecast?city=Rome", amount_usdc="1")
    assert decision["agent"]["agent_uuid"] == honest
    assert decision["candidates"][0]["proved"] == ["domain"]
    assert len(decision["candidates"]) <= 10


def test_of_several_agents_of_a_host_the_one_of_the_path_is_meant(ask, make_agent, sql):
    first, second = (
        make_agent(**claim(f"https://host.example/{name}"))["agent_uuid"] for name in ("a", "b")
    )
    prove_domain(sql, first, "host.example")
    prove_domain(sql, second, "host.example")
    found = ask(url="https://host.example/b/quote", amount_usdc="1")
    assert found["agent"]["agent_uuid"] == second
    unclear = ask(url="https://host.example/c", amount_usdc="1")
    assert [each["code"] for each in unclear["checks"]] == ["SEVERAL_AGENTS"]


def test_of_many_who_name_a_host_those_who_name_the_path_come_first(ask, make_agent):
    for place in range(25):
        make_agent(**claim(f"https://busy.example/{place}"))
    meant = make_agent(**claim("https://busy.example/api/v2"))["agent_uuid"]
    decision = ask(url="https://busy.example/api/v2/quote/9?x=1", amount_usdc="1")
    assert decision["candidates"][0]["agent"]["agent_uuid"] == meant
    assert [each["code"] for each in decision["checks"]] == ["AGENT_UNCONFIRMED"]


def test_wallet_goes_before_the_host(ask, make_agent, known, sql):
    host = make_agent(**claim("https://api.weather.example"))["agent_uuid"]
    prove_domain(sql, host, "api.weather.example")
    sign_wallet(sql, known)
    assert ask(payment_requirements=V1)["agent"]["agent_uuid"] == known


def test_owner_and_file_only_say_that_a_wallet_is_theirs(ask, make_agent):
    make_agent(owner_address=WALLET)
    make_agent(registration_file={"name": "Imitator", "payTo": WALLET})
    decision = ask(pay_to=WALLET, chain="base", amount_usdc="1")
    assert [each["code"] for each in decision["checks"]] == ["AGENT_UNCONFIRMED"]
    matched = sorted(each["agent"]["matched"] for each in decision["candidates"])
    assert matched == [["owner_address"], ["registration_file.payTo"]]


def test_nobody_who_claims_a_url_is_unknown(ask):
    decision = ask(url="https://nobody.example/x", amount_usdc="1")
    assert [each["code"] for each in decision["checks"]] == ["UNKNOWN_AGENT"]
    assert decision["candidates"] == []
