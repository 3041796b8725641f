"""Folded counts equal the counts of history, whatever is written and refreshed concurrently."""

from __future__ import annotations

import random
import threading
from contextlib import closing

import psycopg2
import pytest

from tests.support import factories
from tests.support.statistics import FIGURES

FEEDBACK_OF_HISTORY = """
select
  a.id,
  count(r.id) filter (where not r.is_revoked),
  round(avg(r.score) filter (where not r.is_revoked), 2),
  count(r.id) filter (where not r.is_revoked and r.score >= 80),
  count(r.id) filter (where not r.is_revoked and r.score < 50),
  count(r.id) filter (where r.is_revoked),
  count(r.id) filter (where not r.is_revoked and r.score is null),
  count(distinct r.client_address) filter (where not r.is_revoked),
  max(r.created_at) filter (where not r.is_revoked)
from erc8004_agents as a
left join erc8004_reputation as r on r.agent_uuid = a.id
group by a.id
order by a.id
"""
FEEDBACK_NOW = "select a.id, f.* from erc8004_agents a, erc8004_feedback_now(a.id) f order by a.id"
PAYMENTS_OF_HISTORY = """
select
  a.id,
  count(p.id),
  coalesce(sum(p.amount_usdc) filter (where p.status = 'verified'), 0),
  count(p.id) filter (where p.status = 'verified'),
  count(p.id) filter (where p.status in ('failed', 'rejected')),
  round(avg(p.amount_usdc) filter (where p.status = 'verified'), 6),
  round(
    100.0 * count(p.id) filter (where p.status = 'verified')
    / nullif(count(p.id) filter (where p.status <> 'pending'), 0),
    2
  ),
  max(p.created_at),
  count(distinct p.endpoint)
from erc8004_agents as a
left join erc8004_agent_payments as p on p.agent_uuid = a.id
group by a.id
order by a.id
"""
PAYMENTS_NOW = "select a.id, p.* from erc8004_agents a, erc8004_payments_now(a.id) p order by a.id"
GIVE = """
insert into erc8004_reputation (agent_uuid, client_address, value, chain, tag1)
values (%(agent)s, %(client)s, %(value)s, 'base', %(tag)s)
"""
REVOKE = """
update erc8004_reputation set is_revoked = true, revoked_at = now()
where id = (
  select id from erc8004_reputation where agent_uuid = %(agent)s and not is_revoked
  limit 1 for update skip locked
)
"""
DELETE = """
delete from erc8004_reputation
where id = (
  select id from erc8004_reputation where agent_uuid = %(agent)s limit 1 for update skip locked
)
"""
PAY = """
insert into erc8004_agent_payments
  (agent_uuid, chain, tx_hash, amount_usdc, status, endpoint, verified_at)
values (
  %(agent)s, 'base', '0x' || md5(random()::text) || md5(random()::text), %(amount)s, %(status)s,
  %(endpoint)s, case %(status)s when 'verified' then now() end
)
"""
SETTLE = """
update erc8004_agent_payments set status = 'verified', verified_at = now()
where id = (
  select id from erc8004_agent_payments
  where agent_uuid = %(agent)s and status in ('pending', 'failed')
  limit 1 for update skip locked
)
"""
# What a column of each type does not contain.
OTHER = {
    "bigint": "4711",
    "integer": "2",
    "numeric": "47.11",
    "boolean": "true",
    "ARRAY": "'{47}'",
    "timestamp with time zone": "now() - interval '400 days'",
}
COLUMNS = """
select column_name as name, data_type as type
from information_schema.columns
where table_name = %s
  and column_name not like all (array['%%_uuid', '%%_address', '%%_hash'])
  and (table_name, column_name) <> ('erc8004_evidence', 'is_established')
"""
COUNTED = (
    "erc8004_feedback_counts",
    "erc8004_client_counts",
    "erc8004_payment_counts",
    "erc8004_endpoint_counts",
    "erc8004_evidence",
    "erc8004_reviewers",
    "erc8004_rated_parties",
    "erc8004_money_flows",
)
PHANTOMS = (
    """
    insert into erc8004_client_counts
    select %s, '0x' || repeat('e', 40), 1, 1, 90, 1, 0, 0, 1, 9000, now(), now(), 1, 9000, 0, 1
    """,
    "insert into erc8004_feedback_counts select %s, 1, 1, 90, 1, 0, 0, 1, now(), 1",
    "insert into erc8004_payment_counts select %s, 1, 1, 0, 1, 1, now()",
    "insert into erc8004_endpoint_counts select %s, md5('/other')::uuid, 1",
    """
    insert into erc8004_evidence
    select
      %s, true, 1, 9000, 0, 0, 0, 0, 0, array_fill(1, array[6]), array_fill(1, array[6]),
      array_fill(1, array[10]), array_fill(1, array[10])
    """,
    "insert into erc8004_reviewers values ('0x' || repeat('e', 40), now(), 3, true, true)",
    """
    insert into erc8004_rated_parties
    values ('0x' || repeat('e', 40), '0x' || repeat('c', 40), 1, 1)
    """,
    "insert into erc8004_money_flows values ('0x' || repeat('e', 40), '0x' || repeat('c', 40), 1)",
)
WRITES = [GIVE] * 5 + [REVOKE] * 2 + [DELETE] + [PAY] * 3 + [SETTLE]

ITEMS = """
jsonb_build_array(jsonb_build_object(
  'place', 1, 'agent_uuid', a.id, 'stake_places', array[1, 3, 6],
  'trusted', array['0x' || lpad('1', 40, '0'), '0x' || lpad('2', 40, '0')], 'trusted_only', false
))
"""
ANSWERS = {
    "feedback": "erc8004_feedback_of(a.id, {})",
    "payments": "erc8004_payments_of(a.id, {})",
    "statistics": "erc8004_agent_stats_of(a.id, {})",
    "trust": "erc8004_trust_report(a.id, {})",
    "reputation": "erc8004_reputation_body(a.id, {})",
    "decision": f"erc8004_decision_evidence({ITEMS}, {{}})",
}
CHANGED = "select a.id::text from erc8004_agents as a where erc8004_are_changed(array[a.id])"


@pytest.fixture
def agents(app, sql):
    factories.insert_agents(sql, 12)
    return [row["id"] for row in sql("select id::text from erc8004_agents order by id")]


def write(address, agents, seed, transactions):
    """Run random transactions, some of which are rolled back."""
    dice = random.Random(seed)
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        for _ in range(transactions):
            for _ in range(dice.randint(1, 3)):
                params = {
                    "agent": dice.choice(agents),
                    "client": f"0x{dice.randint(1, 5):040x}",
                    "value": dice.randint(-10, 120),
                    "tag": dice.choice([None, "starred", "responseTime"]),
                    "amount": dice.randint(0, 100),
                    "status": dice.choice(["pending", "verified", "failed", "rejected"]),
                    "endpoint": dice.choice([None, "/a", "/b", "/c"]),
                }
                cursor.execute(dice.choice(WRITES), params)
            (connection.commit if dice.random() < 0.8 else connection.rollback)()


def refresh_until(address, done, seed):
    """Refresh without a pause, sometimes from history."""
    dice = random.Random(seed)
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        while not done.is_set():
            cursor.execute("select refresh_erc8004_stats(%s)", [dice.random() < 0.2])
            connection.commit()


def compare_until(address, done, unlike):
    """Compare the counts with history in one snapshot, repeatedly."""
    with closing(psycopg2.connect(address)) as connection, connection.cursor() as cursor:
        connection.set_session(isolation_level="REPEATABLE READ")
        while not done.is_set():
            for history, now in (
                (FEEDBACK_OF_HISTORY, FEEDBACK_NOW),
                (PAYMENTS_OF_HISTORY, PAYMENTS_NOW),
            ):
                cursor.execute(history)
                expected = cursor.fetchall()
                cursor.execute(now)
                if (counted := cursor.fetchall()) != expected:
                    unlike.append((expected, counted))
            connection.commit()


@pytest.mark.slow
def test_counts_are_those_of_history_while_all_write_and_refresh(agents, servers, sql):
    done, unlike = threading.Event(), []
    address = servers.database_url
    writers = [
        threading.Thread(target=write, args=(address, agents, seed, 150)) for seed in range(3)
    ]
    others = [
        threading.Thread(target=refresh_until, args=(address, done, 1)),
        threading.Thread(target=refresh_until, args=(address, done, 2)),
        threading.Thread(target=compare_until, args=(address, done, unlike)),
    ]
    for thread in writers + others:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in others:
        thread.join()
    assert unlike == []
    sql("select refresh_erc8004_stats()")
    assert sql("select count(*) as left_over from erc8004_feedback_changes") == [{"left_over": 0}]
    folded = [sql(figures) for figures in FIGURES]
    sql("select refresh_erc8004_stats(true)")
    assert [sql(figures) for figures in FIGURES] == folded


@pytest.fixture
def counted(agents, give_feedback, link_payment, sql):
    """An agent with a customer, one with a reviewer, and one who is both of each other."""
    client = "0x" + "c" * 40
    sql("update erc8004_agents set owner_address = %s where id = %s", client, agents[2])
    for agent in agents[:2]:
        give_feedback(agent_uuid=agent, client_address=client)
    paid = {"payer_address": client, "payee_address": "0x" + "d" * 40, "endpoint": "/paid"}
    link_payment(agent_uuid=agents[0], **paid)
    link_payment(agent_uuid=agents[3], **paid)
    sql("select refresh_erc8004_stats()")


@pytest.mark.parametrize("table", COUNTED)
def test_full_refresh_repairs_counts_that_were_tampered_with(table, counted, sql, app):
    rows = f"select * from {table} order by 1, 2"
    before = [sql(figures) for figures in (*FIGURES, rows)]
    assert before[-1]
    for column in sql(COLUMNS, table):
        sql(f"update {table} set {column['name']} = {OTHER[column['type']]}")
        sql("select refresh_erc8004_stats(true)")
        assert [sql(figures) for figures in (*FIGURES, rows)] == before, column["name"]
    sql(f"delete from {table}")
    done = app.test_cli_runner().invoke(args=["refresh-stats", "--full"])
    assert done.exit_code == 0, done.output
    assert [sql(figures) for figures in (*FIGURES, rows)] == before


def test_full_refresh_deletes_counts_of_what_is_not_there(counted, agents, sql, refresh):
    before = [sql(figures) for figures in FIGURES]
    for phantom in PHANTOMS:
        sql(phantom, *([agents[5]] if "%s" in phantom else []))
    refresh(from_history=True)
    assert [sql(figures) for figures in FIGURES] == before


def test_times_of_a_client_are_correct_if_it_changes_during_a_full_refresh(agents, sql):
    client = "0x" + "c" * 40
    for days in (90, 60, 30, 0):
        sql(
            "insert into erc8004_reputation (agent_uuid, client_address, value, score, chain, "
            "created_at) values (%s, %s, 80, 80, 'base', now() - %s * interval '1 day')",
            agents[0],
            client,
            days,
        )
    one = "(select id from erc8004_reputation order by created_at {} limit 1)"
    sql(f"delete from erc8004_reputation where id = {one.format('asc')}")
    sql(
        "update erc8004_reputation set is_revoked = true, revoked_at = now() "
        f"where id = {one.format('desc')}"
    )
    sql("select erc8004_fold_feedback(true)")
    times = """
    select
      extract(day from now() - first_feedback_at)::integer as first_days,
      extract(day from now() - last_rating_at)::integer as last_days
    from erc8004_client_counts
    """
    assert sql(times) == [{"first_days": 60, "last_days": 30}]


def test_first_refresh_after_deleting_all_updates_the_planner_statistics(
    make_agent, give_feedback, sql, refresh
):
    give_feedback(agent_uuid=make_agent()["agent_uuid"])
    refresh()
    sql("delete from erc8004_agents")
    sql("analyze erc8004_client_counts, erc8004_feedback_counts, erc8004_evidence")
    give_feedback(agent_uuid=make_agent()["agent_uuid"])
    refresh()
    known = sql("""
        select distinct reltuples as rows from pg_class
        where relname in ('erc8004_client_counts', 'erc8004_feedback_counts', 'erc8004_evidence')
    """)
    assert known == [{"rows": 1}]


@pytest.mark.parametrize("answer", ANSWERS)
def test_folded_counts_alone_answer_for_agents_without_changes(
    sql, refresh, servers, agents, answer
):
    write(servers.database_url, agents, 1, 100)
    refresh()
    write(servers.database_url, agents[:1], 2, 5)
    changed = {row["id"] for row in sql(CHANGED)}
    assert changed == {agents[0]}
    one, other = (
        f"select a.id::text, r::text from erc8004_agents as a, {ANSWERS[answer].format(which)} as r"
        for which in ("true", "false")
    )
    # One statement, as the answers say when they were made.
    differing = sql(f"({one} except {other}) union all ({other} except {one})")
    assert {row["id"] for row in differing} == changed
