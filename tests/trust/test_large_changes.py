"""A refresh reads what changed, however wrong the planner is about how much there is."""

from __future__ import annotations

import pytest

from tests.support import factories

CLIENTS = 2000
GIVE = """
insert into erc8004_reputation (agent_uuid, client_address, value, score, chain)
select a.id, '0x' || lpad(to_hex(n), 40, '0'), 80, 80, a.chain
from erc8004_agents as a
cross join generate_series(%s + 1, %s + %s) as n
"""
PAY = """
insert into erc8004_agent_payments (
  agent_uuid, chain, tx_hash, amount_usdc, status, verified_at, payer_address, payee_address,
  endpoint
)
select
  a.id, a.chain, '0x' || md5(n::text) || md5(a.id::text), 1, 'verified', now(),
  '0x' || lpad(to_hex(n), 40, '0'), a.owner_address, '/' || n
from erc8004_agents as a
cross join generate_series(%s + 1, %s + %s) as n
"""
TAKE_BACK = """
with revoked as (
  update erc8004_reputation set is_revoked = true, revoked_at = now()
)
update erc8004_agent_payments set status = 'failed', verified_at = null
"""
READ = """
select sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint as rows
from pg_stat_user_tables
where relname like 'erc8004%'
"""


@pytest.fixture
def write(sql):
    """Let so many new clients rate and pay each of two agents."""
    written = 0

    def run(clients):
        nonlocal written
        for statement in (GIVE, PAY):
            sql(statement, written, written, clients)
        written += clients

    return run


@pytest.fixture
def rows_read(sql):
    """Refresh in the session of the test; how many rows PostgreSQL read."""

    def counted():
        sql("select pg_stat_force_next_flush()")
        return sql(READ)[0]["rows"]

    def refresh(from_history=False):
        before = counted()
        sql("select refresh_erc8004_stats(%s)", from_history)
        return counted() - before

    return refresh


@pytest.fixture
def agents(app, sql):
    factories.insert_agents(sql, 2)


def assert_few(rows, figures, name):
    """Assert that as many rows are read of each record as indexes find (usually 7 to 31), not those
    of all (over 1,000)."""
    figures(**{name: f"{rows / CLIENTS / 4:.1f} of each record"})
    assert rows < 100 * 4 * CLIENTS


def test_many_changes_are_counted_by_what_they_are_after_all_was_deleted(
    agents, empty_tables, sql, write, rows_read, figures
):
    write(CLIENTS // 4)
    rows_read()
    empty_tables()
    sql("analyze")
    factories.insert_agents(sql, 2)
    write(CLIENTS)
    assert_few(rows_read(), figures, "rows_at_first")
    assert_few(rows_read(from_history=True), figures, "rows_of_history")


def test_many_changes_are_counted_by_what_they_are_after_many_small_ones(
    agents, sql, write, rows_read, figures
):
    for _ in range(12):
        write(1)
        rows_read()
    sql("analyze")
    for name in ("first", "then"):
        write(CLIENTS // 2)
        assert_few(rows_read(), figures, f"rows_{name}")


def test_many_records_are_taken_back_by_what_they_are(agents, sql, write, rows_read, figures):
    for _ in range(12):
        write(1)
        rows_read()
    write(CLIENTS)
    rows_read()
    sql(TAKE_BACK)
    assert_few(rows_read(), figures, "rows_taken_back")


def test_many_agents_are_counted_by_what_they_are_after_all_was_deleted(
    agents, empty_tables, sql, write, rows_read, figures
):
    write(CLIENTS // 4)
    rows_read()
    empty_tables()
    rows_read()
    sql("analyze")
    factories.insert_agents(sql, CLIENTS)
    for name in ("first", "then"):
        write(1)
        assert_few(rows_read(), figures, f"rows_{name}")
    sql(TAKE_BACK)
    assert_few(rows_read(), figures, "rows_taken_back")


def test_few_changes_read_the_evidence_of_few_agents(app, sql, rows_read, figures):
    factories.insert_agents(sql, CLIENTS)
    sql(GIVE, 0, 0, 1)
    rows_read()
    sql("analyze")
    sql(f"{GIVE} order by a.id limit 20", 1, 1, 1)
    read = "select seq_tup_read + idx_tup_fetch as rows from pg_stat_user_tables where relname = %s"
    before = sql(read, "erc8004_evidence")[0]["rows"]
    rows_read()
    rows = sql(read, "erc8004_evidence")[0]["rows"] - before
    figures(rows_of_evidence=rows)
    assert rows < 20 * 20
