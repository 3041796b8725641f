-- The identity of the database, so that a restored copy never uses the cache of the original.

-- Return the properties that distinguish this database from every other: from those of other
-- servers; from a copy of its files, which has another timeline after a promotion and another start
-- time otherwise; from other databases of the server; and from itself before its tables were
-- restored or truncated. A value that may not be read, as on some managed servers, is null. A
-- standby may be behind its primary, so it counts as another database.
create or replace function erc8004_database_marks() returns jsonb
language plpgsql stable
as $$
declare
  is_standby constant boolean := pg_is_in_recovery();
  server text;
  timeline text;
begin
  begin
    server := (select c.system_identifier from pg_control_system() as c);
  exception when others then
    server := null;
  end;
  begin
    timeline := case
      when is_standby then (select c.timeline_id::text from pg_control_checkpoint() as c)
      else left(pg_walfile_name(pg_current_wal_lsn()), 8)
    end;
  exception when others then
    timeline := null;
  end;
  return jsonb_build_object(
    'server', server,
    'timeline', timeline,
    'started', extract(epoch from pg_postmaster_start_time())::text,
    'is_standby', is_standby,
    'database', (select d.oid::text from pg_database as d where d.datname = current_database()),
    'agents', pg_relation_filenode(to_regclass('erc8004_agents'))::text,
    'refreshes', pg_relation_filenode(to_regclass('erc8004_stats_refreshes'))::text
  );
end;
$$;

-- Return a hash of these properties in twelve characters, which prefixes the keys of the cache.
create or replace function erc8004_database_identity() returns text
language sql stable
return left(encode(sha256(convert_to(erc8004_database_marks()::text, 'UTF8')), 'hex'), 12);
