-- name: get_lock
-- Waits until no other machine changes the schema; held until the transaction ends.
select pg_advisory_xact_lock(hashtext('kamiyo migrate')) is not null as locked;

-- name: create_migrations
-- The record of the migrations that ran, or that a new database did not need.
create table if not exists schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamptz not null default now(),

  constraint pk__schema_migrations primary key (version)
);

-- name: create_functions
-- The record of the files of sql/functions, each with the hash of what was applied.
create table if not exists schema_functions (
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null default now(),

  constraint pk__schema_functions primary key (name)
);

-- name: get_records
-- Whether the two records exist.
select
  to_regclass('schema_migrations') is not null as has_migrations,
  to_regclass('schema_functions') is not null as has_functions;

-- name: list_migrations
-- The migrations that ran, oldest first.
select m.version
from schema_migrations as m
order by m.version
limit 10000;

-- name: list_functions
-- The files of sql/functions that were applied, by name.
select
  f.name,
  f.sha256
from schema_functions as f
order by f.name
limit 10000;

-- name: insert_migration
-- Records a migration.
insert into schema_migrations (version, name)
values (%(version)s, %(name)s);

-- name: upsert_functions
-- Records a file of sql/functions.
insert into schema_functions (name, sha256)
values (%(name)s, %(sha256)s)
on conflict on constraint pk__schema_functions do update
set
  sha256 = excluded.sha256,
  applied_at = now();
