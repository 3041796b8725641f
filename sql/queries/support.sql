-- name: list_settings
-- Return the settings of the server that differ from their defaults, by name; none that hold a
-- secret.
select
  s.name,
  s.setting,
  s.unit,
  s.source
from pg_settings as s
where s.source <> 'default'
  and s.name not in ('primary_conninfo', 'ssl_passphrase_command')
  and s.name !~ '(archive|restore|recovery).*command'
order by s.name
limit 1000;

-- name: list_migrations
-- Return the migrations that were applied, oldest first.
select
  m.version,
  m.name,
  m.applied_at
from schema_migrations as m
order by m.version
limit 10000;

-- name: list_tables
-- Return our tables and materialized views with their sizes and their last maintenance, largest
-- first.
select
  s.relname as table_name,
  pg_table_size(s.relid) as table_bytes,
  pg_indexes_size(s.relid) as index_bytes,
  s.n_live_tup as live,
  s.n_dead_tup as dead,
  s.seq_scan,
  s.idx_scan,
  greatest(s.last_vacuum, s.last_autovacuum) as vacuumed_at,
  greatest(s.last_analyze, s.last_autoanalyze) as analyzed_at
from pg_stat_user_tables as s
where s.schemaname = current_schema()
order by table_bytes desc, s.relname
limit 1000;

-- name: list_sessions
-- Return all sessions of this database, oldest first.
select
  a.pid,
  a.usename as user_name,
  a.application_name,
  a.backend_type,
  a.state,
  a.wait_event_type,
  a.wait_event,
  a.backend_start,
  a.xact_start,
  a.query_start,
  a.state_change,
  pg_blocking_pids(a.pid) as blockers,
  a.query
from pg_stat_activity as a
where a.datname = current_database()
order by a.backend_start, a.pid
limit 1000;

-- name: get_log_place
-- Return where the server writes its log, as far as this role may know.
select
  (select s.setting from pg_settings as s where s.name = 'data_directory') as data_directory,
  (select s.setting from pg_settings as s where s.name = 'log_directory') as log_directory;
