"""Operators add chains and names by inserting rows; one name means one chain, also at once."""

from __future__ import annotations

import psycopg2
import pytest

from kamiyo_api import chains
from tests.support import factories
from tests.support.clients import outcome
from tests.support.concurrency import at_once
from tests.support.database import empty, run_once
from tests.support.endpoints import AGENTS, REGISTER

ADD = """
insert into erc8004_chains
values (%s, %s, true, '0x' || repeat('a', 40), '0x' || repeat('b', 40), '0x' || repeat('c', 40))
"""
ALIAS = "insert into erc8004_chain_names (name, chain) values (%s, %s)"


@pytest.fixture(autouse=True)
def clean(sql, app):
    """Leave only the chains of a new database behind."""
    names = sql("select name, chain from erc8004_chain_names")
    yield
    empty(sql)
    sql("delete from erc8004_chains where chain_id between 700000 and 800000")
    sql("delete from erc8004_chain_names")
    for row in names:
        sql(ALIAS, row["name"], row["chain"])


@pytest.fixture
def immediately(monkeypatch):
    """Read the chains again for each unknown name, as a process does after a while."""
    monkeypatch.setattr(chains, "UNKNOWN_SECONDS", 0.0)


@pytest.fixture
def search(client, admin):
    return lambda chain: client.get(AGENTS, query_string={"chain": chain}, headers=admin)


NAMES = ("my-net", "My Net", "my_net", "MYNET", "700001", "eip155:700001", "0xaae61")


def test_chain_that_an_operator_adds_is_known_to_running_processes(
    sql, search, client, admin, immediately
):
    assert [outcome(search(name))[0] for name in NAMES] == [400] * len(NAMES)
    sql(ADD, "My Net", 700001)
    for name in NAMES:
        assert search(name).status_code == 200, name
        answer = client.post(REGISTER, json=factories.agent(chain=name), headers=admin)
        assert (answer.status_code, answer.json["chain"]) == (201, "My Net")
        assert answer.json["caip2"] == "eip155:700001"


def test_alias_that_an_operator_adds_is_known_and_listed(sql, search, get, immediately):
    sql(ADD, "mynet", 700001)
    assert outcome(search("moon"))[0] == 400
    sql(ALIAS, "moon", "mynet")
    assert search("Moon").status_code == 200
    (listed,) = [chain for chain in get("/chains")["chains"] if chain["name"] == "mynet"]
    assert listed["aliases"] == ["moon"]


def test_names_of_a_chain_that_is_changed_follow_it(sql, search, immediately):
    sql(ADD, "mynet", 700001)
    sql(ALIAS, "moon", "mynet")
    sql("update erc8004_chains set name = 'ournet', chain_id = 700002 where name = 'mynet'")
    for name in ("ournet", "700002", "eip155:700002", "moon"):
        assert search(name).status_code == 200, name
    rows = sql("select name from erc8004_chain_names where chain = 'ournet' order by name")
    assert [row["name"] for row in rows] == ["700002", "eip155:700002", "moon", "ournet"]
    sql("delete from erc8004_chains where name = 'ournet'")
    assert sql("select 1 from erc8004_chain_names where name = 'moon'") == []


def test_name_in_other_letters_is_known_as_it_is_written(sql, search, immediately):
    sql(ADD, "цепь", 700001)
    for name in ("цепь", "700001", "eip155:700001"):
        assert search(name).status_code == 200
    assert outcome(search("ЦЕПЬ"))[0] == 400


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (ALIAS, ("bnb", "base")),
        (ALIAS, ("base", "bsc")),
        (ALIAS, ("8453", "bsc")),
        (ALIAS, ("eip155:8453", "bsc")),
        (ALIAS, ("bnbchain", "base")),
        (ALIAS, ("ba-se", "bsc")),
        (ADD, ("bnb", 700001)),
        (ADD, ("BNB Chain", 700001)),
        (ADD, ("Base", 700001)),
        (ADD, ("8453", 700001)),
        (ADD, ("another", 8453)),
    ],
)
def test_name_of_one_chain_cannot_be_given_to_another(sql, statement, values):
    before = sql("select name, chain from erc8004_chain_names order by name")
    with pytest.raises(psycopg2.errors.UniqueViolation):
        sql(statement, *values)
    assert sql("select name, chain from erc8004_chain_names order by name") == before


@pytest.mark.parametrize(
    "name", ["", "Moon", "my net", "my_net", "-moon", "луна", "x" * 65, "a\nb"]
)
def test_alias_is_in_the_form_in_which_names_are_compared(sql, name):
    with pytest.raises(psycopg2.errors.CheckViolation):
        sql(ALIAS, name, "base")


def test_of_two_operators_at_once_one_gives_the_name(servers, sql):
    def add(number):
        try:
            run_once(servers.database_url, ADD, f"my{'-' * number}net", 700001 + number)
        except psycopg2.errors.UniqueViolation:
            return False
        return True

    assert sorted(at_once(2, add)) == [False, True]
    added = sql("select 1 from erc8004_chains where chain_id between 700000 and 800000")
    assert len(added) == 1


def test_name_that_moves_to_another_chain_is_followed_even_where_answers_were_sent_before(
    sql, search, make_agent, monkeypatch
):
    sql(ALIAS, "moon", "celo")
    there = make_agent(chain="celo")["agent_uuid"]
    here = make_agent(chain="scroll")["agent_uuid"]
    for _ in range(4):
        assert [each["agent_uuid"] for each in search("moon").json["agents"]] == [there]
    sql("update erc8004_chain_names set chain = 'scroll' where name = 'moon'")
    monkeypatch.setattr(chains, "KNOWN_SECONDS", 0.0)
    assert search("scroll").status_code == 200
    for _ in range(4):
        assert [each["agent_uuid"] for each in search("moon").json["agents"]] == [here]
