-- name: create_table
-- The record of the migrations that ran.
create table if not exists schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamptz not null default now(),

  constraint pk__schema_migrations primary key (version)
);

-- name: get_lock
-- Waits until no other machine migrates; held until the transaction ends.
select pg_advisory_xact_lock(hashtext('kamiyo migrate')) is not null as locked;

-- name: insert
-- Claims one version; no row where it ran before.
insert into schema_migrations (version, name)
values (%(version)s, %(name)s)
on conflict on constraint pk__schema_migrations do nothing
returning version;

-- name: list
-- The versions that ran, oldest first.
select m.version
from schema_migrations as m
order by m.version
limit 10000;
