-- name: get_server
-- Return the version, database and role of the server, and its clock.
select
  current_setting('server_version') as version,
  current_database() as database,
  pg_is_in_recovery() as is_replica,
  extract(epoch from clock_timestamp())::float8 as clock;

-- name: get_writes
-- Return whether the server takes writes from this session, and what decides that.
select
  pg_is_in_recovery() as is_replica,
  current_setting('transaction_read_only')::boolean as is_read_only,
  s.source,
  quote_ident(current_database()) as database,
  quote_ident(current_user) as user_name
from pg_settings as s
where s.name = 'default_transaction_read_only';

-- name: get_size
-- Return the size of the database, and how close it is to the wraparound of transaction ids.
select
  pg_database_size(d.datname) as bytes,
  age(d.datfrozenxid) as transactions
from pg_database as d
where d.datname = current_database();

-- name: list_server_settings
-- Return the settings of the server that should never be off, by name.
select
  s.name,
  s.setting
from pg_settings as s
where s.name in ('autovacuum', 'fsync', 'full_page_writes', 'track_counts')
order by s.name
limit 10;

-- name: get_connections
-- Return how many connections there are over all databases, and the maximum.
select
  count(a.pid) as connections,
  count(a.pid) filter (where a.datname = current_database()) as here,
  count(a.pid) filter (
    where a.datname = current_database()
      and a.state = 'idle'
      and a.state_change < now() - interval '5 minutes'
  ) as idle,
  current_setting('max_connections')::int as most,
  current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved
from pg_stat_activity as a
where a.backend_type = 'client backend';

-- name: list_ended_idle_sessions
-- End the sessions that have been idle for five minutes, and return them, oldest first; a command
-- for the operator, as the service itself ends no sessions of others.
select
  i.pid,
  pg_terminate_backend(i.pid) as is_ended
from (
  select a.pid
  from pg_stat_activity as a
  where a.datname = current_database()
    and a.state = 'idle'
    and a.state_change < now() - interval '5 minutes'
) as i
order by i.pid
limit 1000;

-- name: list_transactions
-- Return the transactions of other sessions that are older than the given seconds, oldest first.
select
  a.pid,
  a.usename as user_name,
  a.application_name,
  a.state in ('idle in transaction', 'idle in transaction (aborted)') as is_idle,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
  a.query
from pg_stat_activity as a
where a.datname = current_database()
  and a.backend_type = 'client backend'
  and a.pid <> pg_backend_pid()
  and a.xact_start < clock_timestamp() - %(seconds)s * interval '1 second'
order by a.xact_start, a.pid
limit 20;

-- name: list_lock_waits
-- Return the sessions that have waited for a lock for more than the given seconds, and the
-- sessions that block them, longest wait first.
select
  a.pid,
  pg_blocking_pids(a.pid) as blockers,
  extract(epoch from clock_timestamp() - a.query_start)::float8 as seconds,
  a.query
from pg_stat_activity as a
where a.datname = current_database()
  and a.wait_event_type = 'Lock'
  and a.query_start < clock_timestamp() - %(seconds)s * interval '1 second'
order by a.query_start, a.pid
limit 20;

-- name: list_refreshes
-- Return the last refreshes, newest first.
select
  extract(epoch from clock_timestamp() - f.began_at)::float8 as age,
  extract(epoch from f.ended_at - f.began_at)::float8 as seconds,
  f.fold_seconds,
  f.reputation_seconds,
  f.payment_seconds,
  f.search_seconds
from erc8004_stats_refreshes as f
order by f.id desc
limit 12;

-- name: list_active_stats
-- Return some active agents with all their statistics, by id, to measure how fast the view is.
select
  v.agent_uuid,
  v.average_score,
  v.success_rate,
  v.trust_level
from v_erc8004_agent_stats as v
where v.status = 'active'
order by v.agent_uuid
limit 50;

-- name: get_expired
-- Count the expired rows that a refresh should have deleted or updated long ago, up to a thousand
-- of each.
select
  (
    select count(*)
    from (
      select i.api_key_id
      from idempotency_keys as i
      where i.created_at < now() - interval '25 hours'
      limit 1000
    ) as expired
  ) as idempotency_keys,
  (
    select count(*)
    from (
      select v.id
      from erc8004_validations as v
      where v.status = 'pending'
        and v.expires_at < now() - interval '1 hour'
      limit 1000
    ) as pending
  ) as validations;

-- name: list_indexes
-- Return every index of our schema, by name, and whether it is valid.
select
  c.relname as index_name,
  t.relname as table_name,
  i.indisvalid and i.indisready as is_valid
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
join pg_class as t on t.oid = i.indrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = current_schema()
order by c.relname
limit 10000;

-- name: list_unindexed_foreign_keys
-- Return the foreign keys of a cascading delete that have no index to find the rows to delete.
select
  t.relname as table_name,
  k.conname as constraint_name,
  (
    select string_agg(quote_ident(a.attname), ', ' order by u.place)
    from unnest(k.conkey) with ordinality as u (attnum, place)
    join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
  ) as column_names
from pg_constraint as k
join pg_class as t on t.oid = k.conrelid
join pg_namespace as n on n.oid = t.relnamespace
where k.contype = 'f'
  and k.confdeltype in ('c', 'n', 'd')
  and n.nspname = current_schema()
  and not exists (
    select
    from pg_index as i
    where i.indrelid = k.conrelid
      and i.indisvalid
      and i.indpred is null
      and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey
  )
order by t.relname, k.conname
limit 100;

-- name: list_tables
-- Return every table of ours with the server's counts of its rows, most dead rows first.
select
  s.relname as table_name,
  s.n_live_tup as live,
  s.n_dead_tup as dead,
  greatest(s.last_analyze, s.last_autoanalyze) is not null as is_analyzed
from pg_stat_user_tables as s
where s.schemaname = current_schema()
order by s.n_dead_tup desc, s.relname
limit 1000;

-- name: analyze_all
-- Update the planner's statistics of every table, without waiting for locks.
analyze (skip_locked);

-- name: get_statement_statistics
-- Return whether pg_stat_statements is loaded, and whether this database has its view.
select
  exists (
    select from pg_settings as s where s.name = 'pg_stat_statements.max'
  ) as is_loaded,
  to_regclass('pg_stat_statements') is not null as is_shown;

-- name: list_slow_statements
-- Return our statements that read or write and whose mean time exceeds the given milliseconds,
-- slowest first; the refresh is excluded, because it may take long.
select
  s.query,
  s.mean_exec_time as milliseconds,
  s.calls
from pg_stat_statements as s
join pg_database as d on d.oid = s.dbid
where d.datname = current_database()
  and s.query ~ '(erc8004|api_keys|idempotency_keys)'
  and s.query !~ 'refresh_erc8004_stats'
  and s.query ~* '\m(select|insert|update|delete)\M'
  and s.mean_exec_time > %(milliseconds)s
order by s.mean_exec_time desc, s.queryid
limit 10;

-- name: get_keys
-- Count the API keys by their state.
select
  count(k.id) filter (
    where k.status = 'active' and (k.expires_at is null or k.expires_at > now())
  ) as active,
  count(k.id) filter (where k.status = 'active' and k.expires_at <= now()) as expired,
  count(k.id) filter (where k.status = 'revoked') as revoked
from api_keys as k;

-- name: list_expiring_keys
-- Return the keys that expire within the given days and have no successor, neither by rotation nor
-- with the same name and rights, soonest first.
select
  k.key_prefix,
  k.name,
  k.tier,
  k.scopes,
  k.wallet_address,
  k.expires_at,
  extract(epoch from k.expires_at - now())::float8 as seconds
from api_keys as k
where k.status = 'active'
  and k.expires_at > now()
  and k.expires_at <= now() + %(days)s * interval '1 day'
  and k.rotated_at is null
  and not exists (
    select
    from api_keys as s
    where s.status = 'active'
      and s.name = k.name
      and s.tier = k.tier
      and s.scopes @> k.scopes
      and s.wallet_address is not distinct from k.wallet_address
      and (s.expires_at is null or s.expires_at > now() + %(days)s * interval '1 day')
  )
order by k.expires_at, k.key_prefix
limit 100;
