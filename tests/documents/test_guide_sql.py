"""The statements of the troubleshooting guide, as an operator types them into psql."""

from __future__ import annotations

import shlex

import pytest

FRESHNESS = """
SELECT MAX(last_feedback_at),
         EXTRACT(EPOCH FROM (NOW() - MAX(last_feedback_at))) as age_seconds
         FROM mv_erc8004_agent_reputation;
"""
PLAN = "EXPLAIN ANALYZE SELECT * FROM v_erc8004_agent_stats WHERE status = 'active' LIMIT 50;"
REFRESH = "SELECT refresh_erc8004_stats();"
INDEXES = """
SELECT indexname FROM pg_indexes
   WHERE tablename LIKE 'erc8004%';
"""
ANALYZE = """
ANALYZE erc8004_agents;
   ANALYZE erc8004_reputation;
"""
KEY_STATUS = "SELECT status, created_at FROM api_keys WHERE key = 'YOUR_API_KEY';"
LONG_RUNNING = """
SELECT pid, now() - pg_stat_activity.query_start AS duration, query
         FROM pg_stat_activity
         WHERE state != 'idle'
         ORDER BY duration DESC;
"""
VIEW_AGE = """
-- Check view age
SELECT EXTRACT(EPOCH FROM (NOW() - MAX(last_feedback_at)))::int as age_seconds
FROM mv_erc8004_agent_reputation;

-- Should be < 300 seconds (5 minutes)
"""
MANUAL_REFRESH = """
-- Manual refresh
REFRESH MATERIALIZED VIEW CONCURRENTLY mv_erc8004_agent_reputation;
REFRESH MATERIALIZED VIEW CONCURRENTLY mv_erc8004_agent_payment_stats;

-- Or use helper function
SELECT refresh_erc8004_stats();
"""
CONNECTIONS = """
-- Check active connections
SELECT count(*) FROM pg_stat_activity
WHERE datname = 'kamiyo';

-- Check connection limit
SHOW max_connections;
"""
END_IDLE = """
SELECT pg_terminate_backend(pid)
   FROM pg_stat_activity
   WHERE datname = 'kamiyo'
   AND state = 'idle'
   AND state_change < now() - interval '5 minutes';
"""
VACUUM = "VACUUM ANALYZE erc8004_agents;"
MISSING_INDEXES = """
SELECT schemaname, tablename, attname, n_distinct
   FROM pg_stats
   WHERE schemaname = 'public'
   AND tablename LIKE 'erc8004%'
   AND n_distinct > 100;
"""
SLOW_STATEMENTS = """
SELECT query, mean_exec_time, calls
   FROM pg_stat_statements
   WHERE query LIKE '%erc8004%'
   ORDER BY mean_exec_time DESC
   LIMIT 10;
"""
CRON = '*/5 * * * * psql -c "SELECT refresh_erc8004_stats();"'


@pytest.fixture
def psql(shell):
    """What psql answers to statements, without its frame."""
    return lambda statements: shell(
        f"psql -X -A -t -v ON_ERROR_STOP=1 <<'GUIDE'\n{statements}\nGUIDE"
    ).splitlines()


@pytest.fixture
def rated(make_agent, give_feedback, link_payment, refresh):
    """An agent with a record, in the statistics."""
    agent = make_agent()
    give_feedback(agent_uuid=agent["agent_uuid"])
    link_payment(agent_uuid=agent["agent_uuid"])
    refresh()
    return agent


def test_freshness_tells_the_last_feedback_and_its_age(psql, rated):
    (line,) = psql(FRESHNESS)
    last_feedback_at, age = line.split("|")
    assert last_feedback_at.startswith("20")
    assert float(age) >= 0
    (age,) = psql(VIEW_AGE)
    assert 0 <= int(age) < 300


def test_plan_of_the_statistics_of_active_agents_is_explained(psql, rated):
    assert any("erc8004_agents" in line for line in psql(PLAN))


def test_refresh_is_done_and_fills_the_views(make_agent, give_feedback, psql):
    give_feedback(agent_uuid=make_agent()["agent_uuid"])
    psql(REFRESH)
    assert psql("SELECT total_feedback FROM mv_erc8004_agent_reputation;") == ["1"]


def test_manual_refresh_of_each_view_works_too(psql, rated):
    assert psql(MANUAL_REFRESH)[:2] == ["REFRESH MATERIALIZED VIEW"] * 2


def test_refresh_answers_true_in_every_way_to_call_it(psql, rated):
    assert psql(REFRESH) == ["t"]
    assert psql(MANUAL_REFRESH)[-1] == "t"


def test_indexes_are_shown(psql, app):
    assert "uq__erc8004_agents__chain_registry_agent" in psql(INDEXES)


def test_tables_are_analyzed_and_vacuumed(psql, app):
    assert psql(ANALYZE) == ["ANALYZE", "ANALYZE"]
    assert psql(VACUUM) == ["VACUUM"]


def test_status_of_a_key_is_found_by_what_the_key_column_holds(psql, key_for):
    key_for(None, "read")
    assert psql(KEY_STATUS) == []
    (hash_of_key,) = psql("SELECT key FROM api_keys;")
    (line,) = psql(KEY_STATUS.replace("YOUR_API_KEY", hash_of_key))
    assert line.startswith("active|20")


def test_activity_of_the_database_is_shown(psql, app):
    assert "|" in "".join(psql(LONG_RUNNING))
    count, limit = psql(CONNECTIONS)
    assert 0 < int(count) <= int(limit)
    assert "f" not in psql(END_IDLE)


def test_statistics_of_the_planner_are_shown(psql, sql, app):
    from_guide = psql(MISSING_INDEXES)
    assert all(line.startswith("public|erc8004") for line in from_guide)


def test_slow_statements_are_listed_with_their_mean_time(psql, sql, app):
    sql("select pg_stat_statements_reset()")
    sql("select count(*) as erc8004_counted from erc8004_agents")
    (line,) = [line for line in psql(SLOW_STATEMENTS) if "erc8004_counted" in line]
    statement, milliseconds, calls = line.split("|")
    assert statement == "select count(*) as erc8004_counted from erc8004_agents"
    assert float(milliseconds) > 0
    assert calls == "1"


def test_cron_line_refreshes(shell, rated, sql):
    (before,) = sql("select max(began_at) as began_at from erc8004_stats_refreshes")
    command = CRON.split(maxsplit=5)[5]
    assert shlex.split(command)[0] == "psql"
    assert "refresh_erc8004_stats" in shell(command)
    (after,) = sql("select max(began_at) as began_at from erc8004_stats_refreshes")
    assert after["began_at"] > before["began_at"]
