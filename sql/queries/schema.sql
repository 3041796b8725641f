-- name: get_lock
-- Wait until no other machine changes the schema, and lock others out until the transaction ends.
select pg_advisory_xact_lock(hashtext('kamiyo migrate')) is not null as locked;

-- name: create_migrations
-- Create the record of the migrations that were applied, or that a new database did not need.
create table if not exists schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamptz not null default now(),

  constraint pk__schema_migrations primary key (version)
);

-- name: create_functions
-- Create the record of the files in sql/functions, each with the hash of what was applied.
create table if not exists schema_functions (
  name text not null,
  sha256 text not null,
  applied_at timestamptz not null default now(),

  constraint pk__schema_functions primary key (name)
);

-- name: get_records
-- Return whether the two records exist.
select
  to_regclass('schema_migrations') is not null as has_migrations,
  to_regclass('schema_functions') is not null as has_functions;

-- name: list_migrations
-- Return the migrations that were applied, oldest first.
select m.version
from schema_migrations as m
order by m.version
limit 10000;

-- name: list_functions
-- Return the files in sql/functions that were applied, by name.
select
  f.name,
  f.sha256
from schema_functions as f
order by f.name
limit 10000;

-- name: insert_migration
-- Record a migration.
insert into schema_migrations (version, name)
values (%(version)s, %(name)s);

-- name: upsert_functions
-- Record a file in sql/functions.
insert into schema_functions (name, sha256)
values (%(name)s, %(sha256)s)
on conflict on constraint pk__schema_functions do update
set
  sha256 = excluded.sha256,
  applied_at = now();
