-- name: copy_lines
-- Copy the valid lines of metadata.
copy lines_staging (
  line_number, agent_uuid, chain, metadata_key, metadata_value, updated_at, unstorable
)
from stdin with (encoding 'utf8');

-- name: delete_repeated
-- Delete staged lines whose entry occurs again in the file, and count those that are older: of
-- several lines the newest is used, and of those of the same time or without one the last.
with newest as (
  select
    agent_uuid,
    metadata_key,
    (
      array_agg(line_number order by updated_at desc nulls first, line_number desc)
    )[1] as line_number,
    max(coalesce(updated_at, 'infinity')) as updated_at
  from lines_staging
  group by agent_uuid, metadata_key
  having count(*) > 1
),
deleted as (
  delete from lines_staging as s
  using newest as n
  where s.agent_uuid = n.agent_uuid
    and s.metadata_key = n.metadata_key
    and s.line_number <> n.line_number
  returning s.updated_at < n.updated_at as is_older
)
select count(*) filter (where is_older) as older
from deleted;

-- name: delete_older
-- Delete staged lines that are older than the stored entry, and count them.
with deleted as (
  delete from lines_staging as s
  using erc8004_agent_metadata as m
  where m.agent_uuid = s.agent_uuid
    and m.key = s.metadata_key
    and s.updated_at < m.updated_at
  returning s.line_number
)
select count(*) as older
from deleted;

-- name: upsert_entries
-- Insert or update the entries of which a line says something new, and count them; one that a
-- request writes at the same time stays if it is newer, and those of a chain's agents stay.
with news as (
  select
    s.agent_uuid,
    s.metadata_key,
    s.metadata_value,
    coalesce(s.updated_at, now()) as updated_at,
    s.unstorable
  from lines_staging as s
  left join erc8004_agent_metadata as m
    on m.agent_uuid = s.agent_uuid
    and m.key = s.metadata_key
  where (m.key is null or m.value <> s.metadata_value or m.updated_at < s.updated_at)
    and not exists (
      select
      from erc8004_agents as a
      where a.id = s.agent_uuid
        and a.source = 'chain'
    )
  order by s.agent_uuid, s.metadata_key
),
changed as (
  insert into erc8004_agent_metadata as m (agent_uuid, key, value, updated_at, unstorable)
  select agent_uuid, metadata_key, metadata_value, updated_at, unstorable
  from news
  on conflict on constraint pk__erc8004_agent_metadata do update
  set
    value = excluded.value,
    updated_at = excluded.updated_at,
    unstorable = excluded.unstorable
  where m.updated_at <= excluded.updated_at
  returning (xmax = 0) as is_new
)
select
  count(*) filter (where is_new) as inserted,
  count(*) filter (where not is_new) as updated
from changed;

-- name: analyze_metadata
-- Update the planner's statistics after many new rows.
analyze erc8004_agent_metadata;
