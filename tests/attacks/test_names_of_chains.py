"""Names of chains from hostile clients: bounded in size, in time and in queries, and never taken
for another chain."""

from __future__ import annotations

import time

import pytest

from kamiyo_api import chains
from kamiyo_api.context import own_state
from kamiyo_api.web import fast_path
from tests.support import factories, request_costs
from tests.support.clients import outcome
from tests.support.endpoints import AGENTS, REGISTER

CHAINS_AT_MOST = 10_000


@pytest.fixture
def register(client, admin):
    return lambda chain: client.post(REGISTER, json=factories.agent(chain=chain), headers=admin)


@pytest.mark.parametrize(
    "name",
    ["x" * 900_000, " " * 900_000, "base" + " " * 900_000, "-" * 900_000, "0x" + "1" * 900_000],
)
def test_name_of_a_megabyte_is_refused_by_its_length(register, name):
    answer = register(name)
    assert outcome(answer) == (422, "VALIDATION_ERROR")
    assert len(answer.data) < 1_000


@pytest.mark.parametrize(
    "name",
    [
        "\uff42\uff41\uff53\uff45",  # full width
        "ba\u017fe",  # a long s, whose upper case is S
        "\u212aase",  # the sign of the kelvin
        "b\u0430se",  # a Cyrillic a
        "base\u200b",
        "ba\u00adse",
        "base\u0301",
        "\u0662\u0661",
        "8\u06644\u0665\u0663",
        "l\u0130nea",
        "base;",
        "base'--",
        "base%",
        "base/..",
        "ba\nse",
        "eip155::8453",
        "eip155:8453:",
        "eip155:+8453",
        "+8453",
        "8453.0",
        "8_453",
        "8e3",
        "0b1",
        "0x2105L",
    ],
)
def test_name_that_only_looks_like_one_is_none(register, sql, name):
    assert outcome(register(name)) == (400, "CHAIN_NOT_SUPPORTED")
    assert sql("select 1 from erc8004_agents") == []


@pytest.mark.parametrize("number", [-1, 0, 2**53, 2**63, 2**64 - 1, -(2**63)])
def test_number_that_is_no_chain_id_is_refused(register, number):
    assert outcome(register(number)) == (400, "CHAIN_NOT_SUPPORTED")


def test_white_space_around_a_name_is_ignored(register):
    for name in (" base", "base\t", "\n8453\r\n", "\u00a0base\u2003"):
        assert register(name).json["chain"] == "base"


def test_unknown_names_cause_one_query_in_a_while(app, client, admin):
    counted = []
    client.get(f"{AGENTS}?chain=base", headers=admin)
    for number in range(20):
        with own_state() as state:
            reader = Counting(state)
            with pytest.raises(Exception, match="is not a chain"):
                chains.require_chain(f"nowhere-{number}", reader)
            counted.append(reader.queries)
    assert sum(counted) <= 1


class Counting:
    """The database, which counts what is read."""

    def __init__(self, state):
        self.queries = 0

    def rows(self, query):
        self.queries += 1
        return chains.db.rows(query)


def test_known_names_cause_no_query_at_all(app, client, admin):
    client.get(f"{AGENTS}?chain=base", headers=admin)
    with own_state() as state:
        for name in ("Base", "8453", "eip155:8453", "bnb", "0x2105"):
            chains.find_chain(name, chains.db)
        assert state.queries == 0


def test_unknown_name_costs_little_however_many_chains_there_are(app, sql, admin):
    sql(
        "insert into erc8004_chains select 'chain-' || n || '-name', 20000000 + n, true, "
        "'0x' || repeat('a', 40), '0x' || repeat('b', 40), '0x' || repeat('c', 40) "
        f"from generate_series(1, {CHAINS_AT_MOST - 100}) as n"
    )
    try:
        for name in ("chain-1-nam", "chain-" * 10, "x" * 64, "n-a-m-e-" * 8):
            request_costs.once(app, "GET", f"{AGENTS}?chain={name}", b"", admin)
            result = request_costs.cost(app, "GET", f"{AGENTS}?chain={name}x", b"", admin)
            assert result.faults() == []
            assert len(result.body) < 1_000
    finally:
        sql("delete from erc8004_chains where chain_id > 20000000 and name like 'chain-%'")


def test_refusal_shows_at_most_a_line_of_what_was_sent(client, admin):
    answer = client.get(AGENTS, query_string={"chain": "\u00e9" * 64}, headers=admin)
    assert outcome(answer) == (400, "CHAIN_NOT_SUPPORTED")
    assert len(answer.json["detail"]) < 300


def test_search_by_a_known_chain_is_answered_from_the_cache_while_the_database_is_away(
    app, client, admin, monkeypatch
):
    path = f"{AGENTS}?chain=Base"
    first = client.get(path, headers=admin)
    monkeypatch.setattr(chains, "KNOWN_SECONDS", 0.0)
    monkeypatch.setattr(fast_path, "SENT_SECONDS", 0.0)
    monkeypatch.setattr(app.extensions["kamiyo"].db, "connect", refuse)
    for _ in range(3):
        answer = client.get(path, headers=admin)
        assert (answer.status_code, answer.json) == (200, first.json)


def refuse():
    raise chains.outages.DatabaseUnavailable


def test_answer_that_was_sent_is_looked_at_again_after_a_while(app, client, admin):
    path = f"{AGENTS}?chain=Base"
    for _ in range(3):
        client.get(path, headers=admin)
    (sent,) = app.extensions["kamiyo"].sent_answers.values()
    assert time.monotonic() < sent.until <= time.monotonic() + fast_path.SENT_SECONDS
    app.extensions["kamiyo"].chains = chains.Chains()
    client.get(path, headers=admin)
    assert app.extensions["kamiyo"].chains._known is None
    for key in app.extensions["kamiyo"].sent_answers:
        app.extensions["kamiyo"].sent_answers[key] = sent._replace(until=time.monotonic())
    client.get(path, headers=admin)
    assert app.extensions["kamiyo"].chains._known is not None
