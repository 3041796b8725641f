-- part: entry
-- An entry with its value in base64, cut to the given length, and whether it is cut.
e.key,
  translate(encode(substring(e.value for %(longest)s), 'base64'), E'\n', '') as value,
  e.updated_at,
  erc8004_shown_marks(e.unstorable, %(longest)s) as unstorable,
  case when octet_length(e.value) > %(longest)s then array['value'] else '{}' end as truncated

-- name: list_by_agent
-- Return the metadata of one agent, by key, from the row after the cursor; one row without a key if
-- there is none, no row if there is no such agent.
select
  {entry}
from erc8004_agents as a
left join lateral erc8004_metadata_of(a.id, %(after_key)s, %(limit)s) as e on true
where a.id = %(agent_uuid)s
order by e.key
limit %(limit)s;

-- name: get
-- Return one metadata entry of one agent; without a value if it has none under this key, no row if
-- there is no such agent.
select
  {entry}
from erc8004_agents as a
left join lateral (
  (
    select m.key, m.value, m.updated_at, m.unstorable
    from erc8004_agent_metadata as m
    where m.agent_uuid = a.id
      and m.key = %(key)s
      and (m.key <> 'agentWallet' or a.source <> 'chain')
  )
  union all
  (
    select
      'agentWallet' as key,
      erc8004_wallet_value(a.agent_wallet) as value,
      a.updated_at,
      null::jsonb as unstorable
    where a.source = 'chain'
      and a.agent_wallet is not null
      and %(key)s::text = 'agentWallet'
  )
) as e on true
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
  updated_at,
  unstorable,
  '{}'::text[] as truncated;

-- name: delete
-- Delete one entry.
delete from erc8004_agent_metadata as m
where m.agent_uuid = %(agent_uuid)s
  and m.key = %(key)s;
