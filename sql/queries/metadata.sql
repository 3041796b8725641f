-- name: list_by_agent
-- Return the metadata of one agent, by key; one row without a key if the agent has none, no row if
-- there is no such agent.
select
  m.key,
  translate(encode(m.value, 'base64'), E'\n', '') as value,
  m.updated_at
from erc8004_agents as a
left join erc8004_agent_metadata as m on m.agent_uuid = a.id
where a.id = %(agent_uuid)s
order by m.key
limit 50;

-- name: get
-- Return one metadata entry of one agent; without a value if it has none under this key, no row if
-- there is no such agent.
select
  m.key,
  translate(encode(m.value, 'base64'), E'\n', '') as value,
  m.updated_at
from erc8004_agents as a
left join erc8004_agent_metadata as m on m.agent_uuid = a.id and m.key = %(key)s
where a.id = %(agent_uuid)s;

-- name: count_others
-- Count the metadata entries of an agent under other keys than this one.
select count(*) as others
from erc8004_agent_metadata as m
where m.agent_uuid = %(agent_uuid)s
  and m.key <> %(key)s;

-- name: insert_many
-- Insert the metadata of a new agent.
insert into erc8004_agent_metadata (agent_uuid, key, value)
select %(agent_uuid)s, entry.key, entry.value
from unnest(%(keys)s::text[], %(values)s::bytea[]) as entry (key, value);

-- name: upsert
-- Insert or update one entry.
insert into erc8004_agent_metadata (agent_uuid, key, value)
values (%(agent_uuid)s, %(key)s, %(value)s)
on conflict on constraint pk__erc8004_agent_metadata do update
set
  value = excluded.value,
  updated_at = now()
returning
  key,
  translate(encode(value, 'base64'), E'\n', '') as value,
  updated_at;

-- name: delete
-- Delete one entry.
delete from erc8004_agent_metadata as m
where m.agent_uuid = %(agent_uuid)s
  and m.key = %(key)s;
