"""Evidence: folded evidence equals that of a full recount and that of exact fractions."""

from __future__ import annotations

import random
import threading
from contextlib import closing
from datetime import timedelta
from fractions import Fraction

import psycopg2
import pytest

from tests.support import factories
from tests.support.statistics import FIGURES
from tests.trust.history import History

PEOPLE = [f"0x{number:040x}" for number in range(1, 13)]
OWNERS = PEOPLE[:6]
GIVE = """
insert into erc8004_reputation (agent_uuid, client_address, value, chain, tag1, created_at)
values (%(agent)s, %(one)s, %(value)s, 'base', %(tag)s, now() - %(days)s * interval '1 day')
"""
GIVE_AS_SCORE = """
insert into erc8004_reputation (agent_uuid, client_address, value, value_decimals, score, chain)
values (%(agent)s, %(one)s, %(value)s * 100 + 33, 2, %(value)s + 0.33, 'base')
"""
ONE_OF_THE_AGENT = """(
  select id from erc8004_reputation where agent_uuid = %(agent)s and not is_revoked
  order by id limit 1 for update skip locked
)"""
REVOKE = f"""
update erc8004_reputation set is_revoked = true, revoked_at = now() where id = {ONE_OF_THE_AGENT}
"""
DELETE = f"delete from erc8004_reputation where id = {ONE_OF_THE_AGENT}"
PAY = """
insert into erc8004_agent_payments
  (agent_uuid, chain, tx_hash, amount_usdc, status, verified_at, payer_address, payee_address)
values (
  %(agent)s, %(chain)s, '0x' || md5(random()::text) || md5(random()::text), %(amount)s, %(status)s,
  case %(status)s when 'verified' then now() end, %(one)s, %(other)s
)
"""
SETTLE = """
update erc8004_agent_payments set status = 'verified', verified_at = now()
where id = (
  select id from erc8004_agent_payments
  where agent_uuid = %(agent)s and status = 'pending'
  order by id limit 1 for update skip locked
)
"""
TRANSFER = "update erc8004_agents set owner_address = %(owner)s where id = %(agent)s"
TRANSFER_ON_CHAIN = """
update erc8004_agents
set owner_address = %(owner)s, owner_since = now() - %(days)s * interval '1 day'
where id = %(agent)s
"""
SET_WALLET = """
insert into erc8004_agent_metadata (agent_uuid, key, value)
values (%(agent)s, 'agentWallet', decode(substr(%(one)s, 3), 'hex'))
on conflict (agent_uuid, key) do update set value = excluded.value
"""
UNSET_WALLET = "delete from erc8004_agent_metadata where agent_uuid = %(agent)s"
TRUST = """
insert into erc8004_trusted_reviewers (client_address) values (%(one)s) on conflict do nothing
"""
DISTRUST = "delete from erc8004_trusted_reviewers where client_address = %(one)s"
WRITES = (
    [GIVE] * 16
    + [GIVE_AS_SCORE] * 4
    + [REVOKE] * 4
    + [DELETE] * 2
    + [PAY] * 12
    + [SETTLE] * 2
    + [TRANSFER, TRANSFER_ON_CHAIN, SET_WALLET, UNSET_WALLET, TRUST, DISTRUST]
)
EVIDENCE = """
select
  e.agent_uuid::text as agent, e.is_established, e.reviewers, e.voices, e.paying, e.trusted,
  e.reciprocal, e.net_usdc, e.returned_usdc, e.weights, e.weighted_voices
from erc8004_evidence as e
where e.reviewers > 0
"""
SCORES = """
select
  f.agent_uuid::text as agent, f.score, f.score_middle as middle, f.score_low as low,
  f.score_high as high, f.effective_reviewers
from erc8004_feedback_counts as f
where f.score is not null
"""


@pytest.fixture
def agents(app, sql):
    """Return eight agents of six owners, the last two on a testnet."""
    factories.insert_agents(sql, 8)
    rows = sql("select id::text from erc8004_agents order by agent_id")
    for number, row in enumerate(rows):
        owner = OWNERS[number % len(OWNERS)]
        chain = "base" if number < 6 else "base-sepolia"
        update = "update erc8004_agents set owner_address = %s, chain = %s, owner_since = null"
        sql(f"{update} where id = %s", owner, chain, row["id"])
    return [row["id"] for row in rows]


def write(cursor, dice, agents):
    """Run one random write."""
    params = {
        "agent": dice.choice(agents),
        "one": dice.choice(PEOPLE),
        "other": dice.choice([None, *PEOPLE]),
        "owner": dice.choice(OWNERS),
        "value": dice.randint(0, 99),
        "tag": dice.choice([None, None, "starred", "uptime", "miner-vouch"]),
        "days": dice.choice([0, 10, 29, 31, 90]),
        "chain": dice.choice(["base", "base", "base-sepolia"]),
        "amount": str(Fraction(dice.randint(0, 3_000_000), 1) / 10**6 * 1.0),
        "status": dice.choice(["pending", "verified", "verified", "failed"]),
    }
    cursor.execute(dice.choice(WRITES), params)


def moment(sql):
    return sql("select now() as now")[0]["now"]


def assert_is_history(sql, as_of):
    """Assert that the evidence and the scores equal those of history."""
    history = History(sql, as_of)
    evidence = {(row.pop("agent"), row.pop("is_established")): row for row in sql(EVIDENCE)}
    assert evidence == history.evidence()
    expected = history.scores()
    scores = {row.pop("agent"): row for row in sql(SCORES)}
    assert scores.keys() == expected.keys()
    for agent, figures in scores.items():
        found = {name: float(value) for name, value in figures.items()}
        assert found == pytest.approx(expected[agent], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_folded_evidence_equals_history_and_a_full_recount(agents, servers, sql, seed):
    dice = random.Random(seed)
    with closing(psycopg2.connect(servers.database_url)) as connection:
        connection.autocommit = True
        for _ in range(8):
            with connection.cursor() as cursor:
                for _ in range(dice.choice([1, 5, 60])):
                    write(cursor, dice, agents)
            sql("select refresh_erc8004_stats()")
            assert_is_history(sql, moment(sql))
    folded = [sql(figures) for figures in FIGURES]
    sql("select refresh_erc8004_stats(true)")
    assert [sql(figures) for figures in FIGURES] == folded


def write_until_done(address, agents, seed, transactions):
    """Run random transactions, some of which are rolled back."""
    dice = random.Random(seed)
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        for _ in range(transactions):
            try:
                for _ in range(dice.randint(1, 3)):
                    write(cursor, dice, agents)
                (connection.commit if dice.random() < 0.8 else connection.rollback)()
            except psycopg2.errors.DeadlockDetected:
                connection.rollback()


def refresh_until(address, done, seed):
    """Refresh without a pause, sometimes from history."""
    dice = random.Random(seed)
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        while not done.is_set():
            # These writers change several agents in a transaction without the refresh lock, which
            # the service takes in this case.
            try:
                cursor.execute("select refresh_erc8004_stats(%s)", [dice.random() < 0.2])
                connection.commit()
            except psycopg2.errors.DeadlockDetected:
                connection.rollback()


@pytest.mark.slow
def test_evidence_equals_history_during_writes_and_refreshes(agents, servers, sql):
    done, address = threading.Event(), servers.database_url
    writers = [
        threading.Thread(target=write_until_done, args=(address, agents, seed, 120))
        for seed in range(3)
    ]
    refreshers = [
        threading.Thread(target=refresh_until, args=(address, done, seed)) for seed in range(2)
    ]
    for thread in writers + refreshers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in refreshers:
        thread.join()
    sql("select refresh_erc8004_stats()")
    assert_is_history(sql, moment(sql))
    folded = [sql(figures) for figures in FIGURES]
    sql("select refresh_erc8004_stats(true)")
    assert [sql(figures) for figures in FIGURES] == folded


def test_reviewers_become_established_after_their_time(agents, sql):
    for agent in agents[:3]:
        sql(
            "insert into erc8004_reputation (agent_uuid, client_address, score, value, chain, "
            "created_at) values (%s, %s, 90, 90, 'base', now() - interval '20 days')",
            agent,
            PEOPLE[11],
        )
    sql("select refresh_erc8004_stats()")
    known = "select is_established from erc8004_reviewers"
    assert sql(known) == [{"is_established": False}]
    for days in (9, 11):
        as_of = moment(sql) + timedelta(days=days)
        sql("select erc8004_count_all(%s, false)", as_of)
        assert sql(known) == [{"is_established": days == 11}]
        assert_is_history(sql, as_of)


def test_current_statistics_equal_those_of_the_next_refresh(agents, servers, sql):
    """Except for new known, trusted and reciprocal reviewers, for owners, and for the time of the
    last paying reviewer, if its rating was just revoked."""
    dice = random.Random(7)
    now = """
    select a.id, to_jsonb(t) - 'last_backed_at' as trust
    from erc8004_agents as a
    cross join lateral erc8004_trust_of(a.id, 3, true) as t
    order by a.id
    """
    with closing(psycopg2.connect(servers.database_url)) as connection:
        connection.autocommit = True
        for _ in range(6):
            with connection.cursor() as cursor:
                for _ in range(25):
                    write_simply(cursor, dice, agents)
            at_once = sql(now)
            sql("select refresh_erc8004_stats()")
            assert sql(now) == at_once


def write_simply(cursor, dice, agents):
    """Run one random write by a new client without agents and returned money."""
    params = {
        "agent": dice.choice(agents),
        "one": dice.choice(PEOPLE[6:]),
        "other": None,
        "value": dice.randint(0, 99),
        "tag": dice.choice([None, "starred", "uptime"]),
        "days": dice.choice([0, 10]),
        "chain": dice.choice(["base", "base-sepolia"]),
        "amount": str(dice.randint(0, 3_000_000) / 10**6),
        "status": dice.choice(["pending", "verified"]),
    }
    cursor.execute(dice.choice([GIVE, GIVE, GIVE_AS_SCORE, REVOKE, PAY, PAY, SETTLE]), params)
